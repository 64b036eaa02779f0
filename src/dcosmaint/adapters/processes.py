"""The process table: whether the process that a record names still runs, and not another that got its pid."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class Process:
    """A process, named so that a later one with the same pid is not taken for it."""

    pid: int
    born: str  # when it started: kernel ticks since a boot that is named, or the date that `ps` gives it

    @classmethod
    def now(cls, pid: int) -> Process:
        """The process that has this pid at this moment."""
        return cls(pid, _born(pid))

    @property
    def alive(self) -> bool:
        """Whether it runs. One that has ended and was not waited for does not."""
        return bool(self.born) and _born(self.pid) == self.born

    @property
    def since_boot(self) -> bool:
        """Whether it started after this machine's last start; where no boot has a name, it is taken for that."""
        return not BOOT.exists() or self.born.startswith(BOOT.read_text().strip())

    def terminate(self) -> None:
        """SIGTERM, where it still runs. Raises `PermissionError` where it is somebody else's."""
        if self.alive:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGTERM)


def _born(pid: int) -> str:
    """When the process started, or "" where there is none."""
    return _from_proc(pid) if BOOT.exists() else _from_ps(pid)


def _from_proc(pid: int) -> str:
    with suppress(FileNotFoundError, ProcessLookupError):
        # The name stands in parentheses and may itself hold spaces and parentheses.
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        if state not in ("Z", "X"):
            return f"{BOOT.read_text().strip()}/{fields[18]}"
    return ""


def _from_ps(pid: int) -> str:
    argv = ["ps", "-o", "stat=", "-o", "lstart=", "-p", str(pid)]
    answer = subprocess.run(argv, capture_output=True, text=True, timeout=10, env={"LC_ALL": "C"}, check=False)
    state, _, started = answer.stdout.strip().partition(" ")
    return "" if state.startswith("Z") else started.strip()
