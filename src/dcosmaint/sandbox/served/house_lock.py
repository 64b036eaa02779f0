"""One sandbox a folder: the daemon holds a lock that its death lets go, whatever it died of."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from dcosmaint.errors import Usage

PROBES_END = 2.0
"""Seconds in which somebody who only looks has long let go again."""


def take(root: Path) -> int:
    """The lock, for as long as the returned descriptor is open. Raises `Usage` where another daemon has it."""
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = os.open(root / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    end = time.monotonic() + PROBES_END
    while not _locked(lock, fcntl.LOCK_EX):
        if time.monotonic() > end:
            os.close(lock)
            raise Usage(f"A sandbox runs in {root} already: stop it first, or choose another folder.")
        time.sleep(0.05)
    return lock


def is_taken(root: Path) -> bool:
    try:
        lock = os.open(root / "lock", os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        return not _locked(lock, fcntl.LOCK_SH)
    finally:
        os.close(lock)


def _locked(lock: int, kind: int) -> bool:
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
