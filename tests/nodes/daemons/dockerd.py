"""A pretend dockerd: its containers are processes named as the real ones are, and it is spoken to by its socket.

`run`: one more container. SIGUSR1: it writes down its stacks and carries on. SIGTERM: it ends its containers, unless it
is told to leave them alive, and then itself.
"""

import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from tests.nodes.daemons import diary

WHO = "dockerd"
SHIM = "/usr/bin/containerd-shim-runc-v2"
LIVE_RESTORE = Path("/etc/docker/live-restore")
SLOW = Path("/etc/docker/slow")
"""How long a container takes to end, in seconds."""


def answer(listening: socket.socket, containers: list["subprocess.Popen[bytes]"]) -> None:
    connection, _ = listening.accept()
    with connection:
        words = connection.recv(100).decode().split()
        diary.tell(WHO, "asked", *words)
        if words == ["run"]:
            containers.append(subprocess.Popen([SHIM, "infinity"]))
        connection.sendall(b"done\n")


def notify(word: str) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to:
        to.sendto(word.encode(), os.environ["NOTIFY_SOCKET"])


def main() -> None:
    diary.name_process(WHO)
    heard = diary.listen(WHO, (signal.SIGUSR1, signal.SIGTERM))
    listening = socket.socket(fileno=3)
    listening.settimeout(0)
    containers: list[subprocess.Popen[bytes]] = []
    notify("READY=1")
    diary.tell(WHO, "started")
    while heard(0.05) != signal.SIGTERM:
        with suppress(BlockingIOError):
            answer(listening, containers)
    if not LIVE_RESTORE.exists():
        time.sleep(float(SLOW.read_text()) if SLOW.exists() else 0)
        for container in containers:
            container.kill()
            container.wait()
    diary.tell(WHO, "ended")


main()
