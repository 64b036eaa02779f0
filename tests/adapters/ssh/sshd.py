"""A farm of real sshd processes on loopback addresses, each with its own host keys."""

from __future__ import annotations

import getpass
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import paramiko

from dcosmaint.model import Instance

USER = getpass.getuser()

CONFIG = """\
Port {port}
ListenAddress {address}
HostKey {folder}/ed25519
HostKey {folder}/rsa
PidFile none
AuthorizedKeysFile {authorized}
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
AllowTcpForwarding {forwarding}
SetEnv NODE={address} PATH={path}
"""


@dataclass(frozen=True)
class Farm:
    """`addresses` answer on `port`; whoever holds `key` is let in."""

    folder: Path
    port: int
    addresses: tuple[str, ...]

    @property
    def key(self) -> Path:
        return self.folder / "user"

    def instance(self, number: int, name: str = "") -> Instance:
        address = self.addresses[number]
        return Instance(name or f"i-{number}", "ami-1", address, "us-east-1a", "running", 0.0)

    def host_key(self, number: int, kind: str = "ed25519") -> paramiko.PKey:
        kinds: dict[str, type[paramiko.PKey]] = {"ed25519": paramiko.Ed25519Key, "rsa": paramiko.RSAKey}
        return kinds[kind].from_private_key_file(str(self.folder / self.addresses[number] / kind))

    def known(self, number: int, kind: str = "ed25519", of: int | None = None) -> str:
        """A known_hosts line for one node, with its own key or that `of` another."""
        key = self.host_key(number if of is None else of, kind)
        return f"[{self.addresses[number]}]:{self.port} {key.get_name()} {key.get_base64()}\n"


def new_key(path: Path, kind: str = "ed25519") -> None:
    size = ["-b", "2048"] if kind == "rsa" else []
    subprocess.run(["ssh-keygen", "-q", "-t", kind, *size, "-N", "", "-C", "test", "-f", path], check=True)


@contextmanager
def farm(sshd: str, folder: Path, addresses: tuple[str, ...], path: str) -> Iterator[Farm]:
    """Nodes whose sessions find programs in `path`. The last node forbids to go on from there."""
    if os.geteuid() == 0:  # a root's sshd drops its rights there; its service would have made the folder
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    made = Farm(folder, free_port(), addresses)
    new_key(made.key)
    with ExitStack() as stack:
        for address in addresses:
            forwarding = "no" if address == addresses[-1] else "yes"
            config = _config(made, address).format(forwarding=forwarding, path=path)
            stack.enter_context(_node(sshd, folder / address, config))
        for address in addresses:
            _wait(address, made.port)
        yield made


def _config(made: Farm, address: str) -> str:
    return CONFIG.format(
        port=made.port,
        address=address,
        folder=made.folder / address,
        authorized=f"{made.key}.pub",
        forwarding="{forwarding}",
        path="{path}",
    )


@contextmanager
def _node(sshd: str, folder: Path, config: str) -> Iterator[None]:
    folder.mkdir()
    for kind in ("ed25519", "rsa"):
        new_key(folder / kind, kind)
    file = folder / "sshd_config"
    file.write_text(config)
    with (folder / "log").open("wb") as log, subprocess.Popen([sshd, "-D", "-e", "-f", file], stderr=log) as process:
        try:
            yield
        finally:
            process.terminate()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _wait(address: str, port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection((address, port), 1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError(f"no sshd at {address}:{port}")


@contextmanager
def agent(program: str, folder: Path, key: Path) -> Iterator[Path]:
    """An ssh-agent that holds one key; gives its socket."""
    path = folder / "agent"
    with subprocess.Popen([program, "-D", "-a", path], stdout=subprocess.DEVNULL) as process:
        try:
            while not path.exists():
                time.sleep(0.02)
            env = {**os.environ, "SSH_AUTH_SOCK": str(path)}
            subprocess.run(["ssh-add", "-q", key], env=env, check=True)
            yield path
        finally:
            process.terminate()
