"""A pretend Mesos agent. It keeps its id in its work dir, as the real one does, and its master is a folder.

SIGUSR1: it unregisters, ends its executors and exits. SIGTERM, and any other end: it just ends, and stays registered.
"""

import os
import signal
import time
from pathlib import Path

from tests.nodes.daemons import diary

WHO = "mesos-agent"
LATEST = Path("/var/lib/mesos/slave/meta/slaves/latest")
MASTER = Path("/var/lib/master")
GRACE = Path("/etc/grace")
"""How long its executors take to end, in seconds."""


def identity() -> str:
    if LATEST.is_symlink():
        return LATEST.readlink().name
    number = len(list((MASTER / "known").iterdir()))
    made = LATEST.with_name(f"S{number}")
    made.mkdir(parents=True)
    LATEST.symlink_to(made)
    return made.name


def main() -> None:
    diary.name_process(WHO)
    heard = diary.listen(WHO, (signal.SIGUSR1, signal.SIGTERM))
    for folder in ("known", "registered"):
        (MASTER / folder).mkdir(parents=True, exist_ok=True)
    agent = identity()
    (MASTER / "known" / agent).touch()
    (MASTER / "registered" / agent).touch()
    diary.tell(WHO, "started", agent, "by-socket" if "LISTEN_FDS" in os.environ else "alone")
    while (said := heard(3600)) is None:
        pass
    if said == signal.SIGUSR1:
        (MASTER / "registered" / agent).unlink(missing_ok=True)
        diary.tell(WHO, "unregistered", agent)
        until = time.monotonic() + float(GRACE.read_text())
        while (left := until - time.monotonic()) > 0 and heard(left) != signal.SIGTERM:
            pass
    diary.tell(WHO, "ended")


main()
