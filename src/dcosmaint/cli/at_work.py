"""A process on this machine that works on a roll: told to leave, and waited for."""

from __future__ import annotations

import time
from dataclasses import dataclass

import click

from dcosmaint.adapters.holder import Holder
from dcosmaint.adapters.processes import Process
from dcosmaint.errors import Locked

LEAVING = 120.0
"""Seconds: calls that get no answer come to their deadline first, and a survey of a large cluster to its end."""

LOOK = 0.1
"""Seconds between two looks at whether it has ended."""


@dataclass(frozen=True)
class AtWork:
    """Whoever has the local lock now, as its file says."""

    holder: Holder
    patience: float = LEAVING

    def leave(self) -> None:
        """SIGTERM: leave now, resumable. Comes back once it has ended, and with it its lock; raises `Locked` else.

        Never SIGKILL, and nothing at all to a process that only got the pid of the one that wrote the file.
        """
        process = Process(self.holder.pid, self.holder.born)
        if not process.alive:
            raise Locked(
                f"The lock is held, but not by the process that it names ({self.holder}): no signal was sent to it."
                " Nothing was touched. See who has the lock's file open, and end that"
            )
        try:
            process.terminate()
        except PermissionError as error:
            raise Locked(f"{self.holder} is not yours to stop: have it stopped. Nothing was touched") from error
        self._wait_for(process)

    def _wait_for(self, process: Process) -> None:
        asked = f"process {process.pid} was told to leave (SIGTERM)"
        click.echo(f"note: {asked}; waiting for it to end the calls that are under way", err=True)
        due = time.monotonic() + self.patience
        while process.alive:
            if time.monotonic() > due:
                raise Locked(
                    f"{asked} and has not ended within {self.patience:g} s, so the lock is still its own. It is not"
                    " killed: see what it hangs in, and end it yourself; then `dcosmaint abort` goes on"
                )
            time.sleep(LOOK)
