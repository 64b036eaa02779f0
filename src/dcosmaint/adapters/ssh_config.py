"""ssh_config files. paramiko reads their words but not their `Include`s, so these are put in place here first."""

from __future__ import annotations

import getpass
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import paramiko

from dcosmaint.adapters.ssh_patterns import covers
from dcosmaint.errors import Usage

DEEPEST = 16  # as in OpenSSH
EVERYBODY = "Host *"
SHIELD = {ord("%"): "\ue000", ord("~"): "\ue001"}  # characters that nobody uses
BARE = {0xE000: "%", 0xE001: "~"}


@dataclass(frozen=True)
class Hop:
    """One SSH connection, spelled out."""

    host: str
    port: int
    user: str
    identities: tuple[Path, ...] = ()  # key files
    identities_only: bool = False  # no other key of the agent may be shown
    known_hosts: tuple[Path, ...] = ()
    jumps: tuple[str, ...] = ()  # [user@]host[:port] each, first hop first
    proxy_command: str = ""  # what connects to it in place of a socket, its tokens as they stand in the file
    name: str = ""  # as whoever asked for it wrote it


@dataclass(frozen=True)
class SshConfig:
    """What a user's ssh_config says. `path` may be None, or not there: then it says nothing."""

    path: Path | None = None

    def hop(self, target: str) -> Hop:
        """The connection to `[user@]host[:port]`; what stands in the target comes before the file."""
        user, host, port = split(target)
        found = self._lookup(host)
        jumps, command = _proxies(found)
        return Hop(
            host=found.get("hostname", host),
            port=int(port or found.get("port", 22)),
            user=user or found.get("user", "") or getpass.getuser(),
            identities=tuple(path for name in found.get("identityfile", ()) if (path := Path(name)).is_file()),
            identities_only=found.get("identitiesonly", "no") == "yes",
            known_hosts=_paths(found.get("userknownhostsfile", "")),
            jumps=jumps,
            proxy_command=command,
            name=host,
        )

    def names_user(self, host: str) -> bool:
        return "user" in self._lookup(host)

    def _lookup(self, host: str) -> Mapping[str, Any]:
        if self.path is None or not self.path.is_file():
            return {}
        try:
            text = "\n".join(map(_shielded, expand(self.path, host)))
            return paramiko.SSHConfig.from_text(text).lookup(host)
        except (paramiko.SSHException, ImportError, ValueError) as error:
            raise Usage(f"{self.path} can't be read: {error}") from error


def split(target: str) -> tuple[str, str, str]:
    """User, host and port of `[user@]host[:port]`; "" for what is not said."""
    user, _, rest = target.rpartition("@")
    if rest.startswith("["):
        host, _, port = rest[1:].partition("]")
        return user, host, port.removeprefix(":")
    host, _, port = rest.partition(":") if rest.count(":") == 1 else (rest, "", "")
    return user, host, port


def expand(path: Path, host: str, depth: int = 0) -> Iterator[str]:
    """The lines of a file with its `Include`s in place, as far as they concern `host`.

    An include is part of the block that it stands in: below a `Host` that is not about us it is skipped, and behind it
    that block goes on.
    """
    if depth > DEEPEST:
        raise Usage(f"{path}: Include goes deeper than {DEEPEST} files; does one include itself?")
    block = EVERYBODY
    for line in _lines(path):
        word, _, rest = line.strip().replace("=", " ", 1).partition(" ")
        match word.lower():
            case "include":
                yield from _included(rest, host, block, path, depth)
                yield block
            case "host" | "match":
                block = line.strip()
                yield line
            case _:
                yield line


def _included(names: str, host: str, block: str, path: Path, depth: int) -> Iterator[str]:
    kind, patterns = _block(block)
    if kind == "match" and patterns != ["all"]:
        raise Usage(f"{path}: an Include below `{block}` is not supported: put it above the first Host or Match")
    if kind == "match" or covers(patterns, host):
        for name in shlex.split(names):
            wanted = Path.home() / ".ssh" / Path(name).expanduser()
            for found in sorted(Path(wanted.anchor).glob(str(wanted.relative_to(wanted.anchor)))):
                yield EVERYBODY
                yield from expand(found, host, depth + 1)


def _block(header: str) -> tuple[str, list[str]]:
    kind, *patterns = shlex.split(header.replace("=", " ", 1))
    return kind.lower(), patterns


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(errors="replace").splitlines()
    except OSError as error:
        raise Usage(f"{path} can't be read: {error.strerror}") from error


def _shielded(line: str) -> str:
    """paramiko would fill in a command's tokens before it is known which port and user are meant."""
    command = line.strip().lower().startswith("proxycommand")
    return line.translate(SHIELD) if command else line


def _proxies(found: Mapping[str, Any]) -> tuple[tuple[str, ...], str]:
    """Jumps, or a command: the first that is named counts, as in OpenSSH; that there be no jump ends only jumps."""
    for key in found:
        value = found[key] or "none"
        if key == "proxyjump" and value != "none":
            return tuple(jump.strip() for jump in value.split(",")), ""
        if key == "proxycommand":
            return (), _command(found) if value != "none" else ""
    return (), ""


def _command(found: Mapping[str, Any]) -> str:
    if found.get("proxyusefdpass") == "yes":
        raise Usage(f"ProxyUseFdpass (ssh_config, for {found['hostname']}) is not supported: use a plain ProxyCommand")
    return str(found["proxycommand"]).translate(BARE)


def _paths(words: str) -> tuple[Path, ...]:
    return tuple(Path(word).expanduser() for word in shlex.split(words) if word != "none")
