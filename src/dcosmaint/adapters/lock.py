"""One roll per cluster (R9), by a lock that the operating system holds for us and lets go of when we die.

The file says for people who holds it; the lock on it (flock) is what counts. So a file that a killed roll left behind
stops nobody, and a file that somebody removed or replaced no longer protects us: then our lease is lost.
"""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Self
from urllib.parse import quote

from dcosmaint.adapters.holder import WHAT_NOW, Holder, refusal
from dcosmaint.errors import LeaseLost, Locked, Usage
from dcosmaint.ports import Lease

WAY_OUT = "the lock is free as soon as that process has ended"


def lock_file(folder: Path, cluster: str) -> Path:
    return folder / f"{quote(cluster, safe='')}.lock"


class LocalLock(Lease):
    """The `Lease` of whoever took it. Closed by `release`, by `with`, or by the end of the process."""

    def __init__(self, path: Path, fd: int) -> None:
        """Use `take`: it opens and locks the file."""
        self._path, self._fd = path, fd

    @classmethod
    def take(cls, folder: Path, cluster: str, holder: Holder) -> Self:
        """Raises `Locked` when another roll holds it."""
        path = lock_file(folder, cluster)
        fd = _locked(path)
        if fd is None:
            raise Locked(refusal(cluster, _said(path), WAY_OUT))
        try:
            os.ftruncate(fd, 0)
            os.pwrite(fd, json.dumps(asdict(holder)).encode(), 0)
            os.fsync(fd)
        except OSError as error:
            os.close(fd)
            raise _unusable(path, error) from error
        return cls(path, fd)

    def check(self) -> None:
        if not _is(self._path, self._fd):
            raise LeaseLost(
                f"The lock {self._path} was removed or replaced, so another roll may have begun: {WHAT_NOW}"
            )
        if _free(self._path):
            raise LeaseLost(f"The lock {self._path} is no longer ours: {WHAT_NOW}")

    def release(self) -> None:
        """Let go. The file stays, empty: removing it could take it from under somebody who waits for it."""
        if self._fd >= 0:
            if _is(self._path, self._fd):
                os.ftruncate(self._fd, 0)
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def holder(folder: Path, cluster: str) -> Holder | None:
    """Who holds the lock now; None when nobody does, or nobody said so."""
    path = lock_file(folder, cluster)
    return None if not path.exists() or _free(path) else _said(path)


def _locked(path: Path) -> int | None:
    """The open and locked file, or None while somebody else has it."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        while True:
            fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            if not _flock(fd):
                os.close(fd)
                return None
            if _is(path, fd):
                return fd
            os.close(fd)  # the file was removed between our opening and locking it
    except OSError as error:
        raise _unusable(path, error) from error


def _flock(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _free(path: Path) -> bool:
    """Whether somebody could lock it now. A second opening of the file tells, also to the holder itself."""
    try:
        fd = os.open(path, os.O_RDWR)
    except OSError:
        return True
    try:
        return _flock(fd)
    finally:
        os.close(fd)


def _is(path: Path, fd: int) -> bool:
    """Whether the open file is still the one at this path."""
    with suppress(OSError):
        return os.path.samestat(path.stat(), os.fstat(fd))
    return False


def _said(path: Path) -> Holder | None:
    try:
        return Holder(**json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def _unusable(path: Path, error: OSError) -> Usage:
    return Usage(f"The lock {path} can't be taken: {error.strerror}. Correct state.journal")
