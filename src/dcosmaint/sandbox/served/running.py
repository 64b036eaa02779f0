"""Sandboxes from outside: start one that outlives us, find it again, ask it, stop it."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, build_opener

from dcosmaint.errors import Retryable, Usage
from dcosmaint.sandbox.served import house_lock
from dcosmaint.sandbox.served.files import Folder
from dcosmaint.sandbox.served.settings import Settings
from dcosmaint.sandbox.served.terraform import find_terraform

READY_WITHIN = {"builtin": 120.0, "real": 900.0}
"""Seconds: the real provider may have to be fetched, and takes ten seconds for each node."""

ENDS_WITHIN = 20.0
TAIL = 2000
_OPENER = build_opener(ProxyHandler({}))  # the cluster is on the loopback, whatever proxy the environment names


@dataclass(frozen=True)
class Running:
    """A sandbox that serves."""

    folder: Folder
    record: Mapping[str, Any]

    @property
    def url(self) -> str:
        return str(self.record["url"])

    @property
    def config(self) -> Path:
        """Its configuration file, whose cluster is named `sandbox`."""
        return self.folder.config

    @property
    def environment(self) -> dict[str, str]:
        """What the tool's own programs need in their environment to work on it."""
        return dict(self.record["environment"])

    def log(self) -> list[str]:
        """What has happened in the cluster so far: a line of JSON each."""
        return self._get("/sandbox/log").splitlines()

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._get("/sandbox/status"))
        return found

    def stop(self) -> None:
        """Returns when it has ended."""
        _end(self.folder, int(self.record["pid"]))

    def _get(self, path: str) -> str:
        try:
            with _OPENER.open(f"{self.url}{path}", timeout=30) as answer:
                text: str = answer.read().decode()
        except OSError as error:
            raise Retryable(f"The sandbox at {self.url} does not answer: {error}.") from error
        return text


def find(root: Path) -> Running | None:
    """The sandbox that serves from this folder, once it is ready."""
    folder = Folder(root.absolute())
    record = folder.read_record()
    return Running(folder, record) if record and house_lock.is_taken(folder.root) else None


def start(settings: Settings) -> Running:
    """Begin a daemon in a session of its own, and wait until it is ready. Raises `Usage` with its last words."""
    settings.check()
    find_terraform(os.environ)
    folder = settings.folder
    if house_lock.is_taken(folder.root):
        raise Usage(f"A sandbox runs in {folder.root} already: stop it first, or choose another folder.")
    folder.root.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.record.unlink(missing_ok=True)  # a daemon that was killed left it
    return _await(folder, _begin(settings, folder.log), READY_WITHIN[settings.provider])


def reset(root: Path) -> None:
    """Remove what a sandbox left in its folder. Raises `Usage` while one runs there."""
    lock = house_lock.take(root)
    try:
        Folder(root.absolute()).clear()
    finally:
        os.close(lock)


def _begin(settings: Settings, log: Path) -> int:
    argv = [sys.executable, "-P", "-m", "dcosmaint.sandbox.served", *settings.words]
    writes = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    return os.posix_spawn(
        sys.executable, argv, os.environ, setsid=True, setsigdef=[signal.SIGINT, signal.SIGTERM],
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), writes, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
    )  # fmt: skip


def _await(folder: Folder, pid: int, patience: float) -> Running:
    end = time.monotonic() + patience
    while time.monotonic() < end:
        running = find(folder.root)
        if running and running.record["pid"] == pid:
            return running
        if _ended(pid):
            raise Usage(f"The sandbox did not start. Its last words ({folder.log}):\n{_tail(folder.log)}")
        time.sleep(0.1)
    _end(folder, pid)
    raise Usage(f"The sandbox was not ready within {patience:g} s. Its last words ({folder.log}):\n{_tail(folder.log)}")


def _end(folder: Folder, pid: int) -> None:
    """SIGTERM, patience, SIGKILL. The lock tells that the pid is still the daemon's, and when it has ended."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        end = time.monotonic() + ENDS_WITHIN
        if house_lock.is_taken(folder.root):
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        while house_lock.is_taken(folder.root) and time.monotonic() < end:
            time.sleep(0.05)
    _ended(pid)


def _ended(pid: int) -> bool:
    """Whether a daemon of our own has ended; others are not ours to wait for."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return False


def _tail(log: Path) -> str:
    try:
        return log.read_text(errors="replace")[-TAIL:]
    except FileNotFoundError:
        return "(none)"
