"""Whether the process that a shared lock names still runs, as far as this machine can tell."""

from __future__ import annotations

import os
import socket

from dcosmaint.adapters.holder import Holder
from dcosmaint.adapters.processes import Process
from dcosmaint.errors import Locked


def ended(holder: Holder) -> bool:
    """Whether it ran here and has ended. Of one before the last start nobody can tell: machines share names."""
    process = Process(holder.pid, holder.born)
    if holder.machine != socket.gethostname() or (holder.born and not process.since_boot):
        return False
    if holder.pid == os.getpid():  # what this very process held before
        return True
    return not (process.alive if holder.born else Process.now(holder.pid).born)


def unharmed(holder: Holder) -> None:
    """Raises `Locked` where it is at work on this machine: nobody takes its lock away, whatever they type."""
    ours = holder.machine == socket.gethostname() and holder.pid != os.getpid()
    if ours and Process(holder.pid, holder.born).alive:
        raise Locked(
            f"{holder} is at work on this machine, so its lock is not taken away. Nothing was touched. Interrupt it"
            f" (Ctrl-C where it runs, or `kill {holder.pid}`): it gives the lock back, or leaves it to a resume"
        )
