"""What the pretend daemons of a node have in common: a diary that tells who saw what, in the order of events."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable

DIARY = "/var/log/diary"
HOOKS = "/etc/hooks"
"""`WHO-WORD` in it is run when that is told, and waited for: a daemon's way to its master."""


def tell(who: str, *words: object) -> None:
    """One line `who pid words`, written at once."""
    line = f"{who} {os.getpid()} {' '.join(map(str, words))}\n".encode()
    diary = os.open(DIARY, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.write(diary, line)
    os.close(diary)
    if os.access(hook := f"{HOOKS}/{who}-{words[0]}", os.X_OK):
        subprocess.run([hook], check=False)


def listen(who: str, signals: Iterable[signal.Signals]) -> Callable[[float], signal.Signals | None]:
    """Hear these signals from now on. Returns what waits for the next one, at most so many seconds."""
    wanted = set(signals)
    signal.pthread_sigmask(signal.SIG_BLOCK, wanted)

    def heard(seconds: float) -> signal.Signals | None:
        until = time.monotonic() + seconds
        info = signal.sigtimedwait(wanted, max(0.0, until - time.monotonic()))
        if info is None:
            return None
        tell(who, signal.Signals(info.si_signo).name)
        return signal.Signals(info.si_signo)

    return heard


def name_process(name: str) -> None:
    """As `ps -o comm` shows it."""
    with open("/proc/self/comm", "w") as comm:  # noqa: PTH123
        comm.write(name)
