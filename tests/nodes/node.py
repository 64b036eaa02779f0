"""A node that is a real systemd, in namespaces of its own on this machine, with a real sshd on a loopback address."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from dcosmaint.model import Instance
from tests.adapters.ssh.sshd import free_port, new_key
from tests.nodes.disk import Disk
from tests.nodes.layout import Layout

HERE = Path(__file__).parent
PROGRAMS = ("unshare", "nsenter", "setpriv", "sshd", "sudo", "pgrep", "systemctl")
SYSTEMD = Path("/lib/systemd/systemd")
NUMBERS = count(1)
PATIENCE = 60.0
"""Seconds: what is slower than that will not come."""

SIGHUP = signal.SIGHUP
"""What ends a systemd that reboots."""


def lacking() -> str:
    """What a node needs and is missing here, or ""."""
    if os.geteuid() != 0:
        return "only root may make a node with a systemd of its own"
    path = os.pathsep.join((os.environ["PATH"], "/usr/sbin", "/sbin"))
    missing = [program for program in PROGRAMS if shutil.which(program, path=path) is None]
    if missing or not SYSTEMD.exists():
        return f"no node with a systemd of its own without {', '.join(missing) or SYSTEMD}"
    argv = ["unshare", "--mount", "--pid", "--fork", "--cgroup", "true"]
    tried = subprocess.run(argv, capture_output=True, text=True, check=False)
    return f"no namespaces: {tried.stderr.strip()}" if tried.returncode else ""


@dataclass(frozen=True)
class Entry:
    """One line of the diary that the pretend daemons of a node keep."""

    who: str
    pid: int
    words: tuple[str, ...]


@dataclass
class Node:
    """Its disk outlives its boots. `pid` is that of its systemd, as seen from outside, while it is up."""

    folder: Path
    layout: Layout
    key: Path  # of whoever may log in
    address: str = field(default_factory=lambda: f"127.43.{os.getpid() % 250}.{next(NUMBERS)}")
    port: int = field(default_factory=free_port)
    pid: int = 0
    _keeper: subprocess.Popen[str] | None = None
    _machine: subprocess.Popen[bytes] | None = None

    @property
    def console(self) -> Path:
        """What was said before its systemd was there to say it."""
        return self.folder / "console"

    @property
    def instance(self) -> Instance:
        return Instance(f"i-{self.address}", "ami-1", self.address, "us-east-1a", "running", 0.0)

    @property
    def root(self) -> Path:
        """Its files while it is up, as it sees them."""
        return Path(f"/proc/{self.pid}/root")

    @property
    def cgroup(self) -> str:
        """The name of the control group that all of its processes are in, as seen from outside."""
        return f"dcosmaint-{self.address}"

    # ---- power

    def install(self) -> None:
        public = subprocess.run(["ssh-keygen", "-y", "-f", self.key], capture_output=True, text=True, check=True)
        Disk(self.folder).lay_out(self.layout, self.address, self.port, public.stdout)
        (self.folder / "kept").mkdir()
        with self.console.open("ab") as console:
            self._keeper = subprocess.Popen(
                ["unshare", "--mount", "--propagation", "private", "sh", HERE / "hold.sh", self.folder, self.cgroup],
                text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=console, start_new_session=True,
            )  # fmt: skip
        assert self._keeper.stdout
        assert self._keeper.stdout.readline() == "kept\n", self.console.read_text()

    def boot(self) -> None:
        assert self._keeper
        kept = self.folder / "kept"
        with self.console.open("ab") as console:
            self._machine = subprocess.Popen(
                ["setpriv", "--pdeathsig=KILL", "nsenter", f"--mount=/proc/{self._keeper.pid}/ns/mnt",
                 "sh", HERE / "boot.sh", kept / "disk", kept / "cgroup" / self.cgroup],
                stdin=subprocess.DEVNULL, stdout=console, stderr=console, start_new_session=True,
            )  # fmt: skip
        self._await(self._has_init, "its systemd")
        self._await(self._answers, "its sshd")
        self.sh("systemctl is-system-running --wait")

    def power_off(self) -> None:
        """As by pulling the plug."""
        os.kill(self.pid, signal.SIGKILL)
        self.fall()

    def fall(self) -> int:
        """Wait until it is down. Returns how its systemd ended: by SIGHUP for a reboot."""
        assert self._machine
        code = self._machine.wait(30)
        self._machine, self.pid = None, 0
        return -code

    def remove(self) -> None:
        if self._machine:
            self._machine.kill()  # and with it, all that runs in the node
            self.fall()
        if self._keeper:
            with self._keeper:
                assert self._keeper.stdin
                self._keeper.stdin.close()

    # ---- inside

    def sh(self, script: str) -> subprocess.CompletedProcess[str]:
        """What root would type at its console."""
        argv = ["nsenter", f"--target={self.pid}", "--mount", "--pid", "--uts", "--ipc", "--cgroup", "sh", "-c", script]
        return subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL)

    def show(self, unit: str, *properties: str) -> tuple[str, ...]:
        said = self.sh(f"systemctl show -p {','.join(properties)} {unit}").stdout
        values = dict(line.split("=", 1) for line in said.splitlines())
        return tuple(values[name] for name in properties)

    def diary(self, who: str = "") -> list[Entry]:
        lines = (self.root / "var/log/diary").read_text().splitlines()
        entries = [Entry(words[0], int(words[1]), tuple(words[2:])) for words in map(str.split, lines)]
        return [entry for entry in entries if not who or entry.who == who]

    def said(self, who: str) -> list[str]:
        """What one of its daemons saw or did, a word each."""
        return [entry.words[0] for entry in self.diary(who)]

    def docker(self, *words: str) -> subprocess.CompletedProcess[str]:
        """As by the docker CLI: over its socket."""
        return self.connect("/run/docker.sock", *words)

    def connect(self, path: str, *words: str) -> subprocess.CompletedProcess[str]:
        """Something on the node says words to a socket. Whether there was an answer is how it ends."""
        return self.sh(f"/opt/stubs/client {path} {' '.join(words)}")

    def hook(self, event: str, script: str) -> None:
        """Let a daemon run a script when it tells of `WHO-WORD`, with the key of whoever may log in at hand."""
        for name, text, mode in (("key", self.key.read_text(), 0o600), (event, f"#!/bin/sh\n{script}", 0o755)):
            file = self.root / "etc/hooks" / name
            file.parent.mkdir(exist_ok=True)
            file.write_text(text)
            file.chmod(mode)

    def registered(self) -> list[str]:
        """The ids under which its master lists it."""
        return sorted(path.name for path in (self.root / "var/lib/master/registered").iterdir())

    def until(self, look: Callable[[], bool], what: str, within: float = PATIENCE) -> None:
        self._await(look, what, within)

    # ---- how

    def _has_init(self) -> bool:
        assert self._machine
        outer = self._machine.pid
        for child in Path(f"/proc/{outer}/task/{outer}/children").read_text().split():
            with suppress(FileNotFoundError):
                if Path(f"/proc/{child}/comm").read_text() == "systemd\n":
                    self.pid = int(child)
        return bool(self.pid)

    def _answers(self) -> bool:
        try:
            with socket.create_connection((self.address, self.port), 1) as connection:
                return connection.recv(4) == b"SSH-"
        except OSError:
            return False

    def _await(self, look: Callable[[], bool], what: str, within: float = PATIENCE) -> None:
        end = time.monotonic() + within
        while not look():
            assert time.monotonic() < end, f"no {what}: {self.console.read_text()}"
            assert self._machine is None or self._machine.poll() is None, self.console.read_text()
            time.sleep(0.02)


@contextmanager
def node(folder: Path, layout: Layout, **others: Any) -> Iterator[Node]:
    """A node that has booted. Who logs in and at which port is as with an instance of EC2 that somebody launches."""
    if "key" not in others:
        new_key(folder / "user")
    made = Node(folder, layout, **{"key": folder / "user", **others})
    try:
        made.install()
        made.boot()
        yield made
    finally:
        made.remove()
