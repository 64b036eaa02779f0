"""known_hosts files, line by line: a line that we can't use never makes its file unusable.

paramiko gives up on a whole file for one `@cert-authority` line; here such a line is passed over, since host
certificates can't be checked, and `@revoked` is honoured.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import paramiko

from dcosmaint.adapters.ssh_patterns import covers
from dcosmaint.errors import Usage

REVOKED = "@revoked"
HASHED = "|1|"


@dataclass(frozen=True)
class Entry:
    """A key that a file names for a host."""

    where: str  # file:line
    key: paramiko.PKey
    revoked: bool


def name_of(host: str, port: int) -> str:
    """How known_hosts files name a host: the port is left out where it is the usual one."""
    return host if port == 22 else f"[{host}]:{port}"


def entries(path: Path, name: str) -> tuple[Entry, ...]:
    """What a file says of a host. A file that is not there says nothing."""
    return tuple(_entries(path, name))


def _entries(path: Path, name: str) -> Iterator[Entry]:
    for number, line in enumerate(_text(path).splitlines(), 1):
        words = line.split()
        marker = words.pop(0) if words and words[0].startswith("@") else ""
        if marker not in ("", REVOKED) or len(words) < 3 or not _about(words[0], name):
            continue
        if key := decode(words[1], words[2]):
            yield Entry(f"{path}:{number}", key, revoked=marker == REVOKED)


def decode(kind: str, text: str) -> paramiko.PKey | None:
    """A public key from its two words, or None for a kind that paramiko does not know or a damaged one."""
    try:
        entry = paramiko.hostkeys.HostKeyEntry.from_line(f"host {kind} {text}")
    except (paramiko.SSHException, ValueError):
        return None
    return entry.key if entry else None


def add(path: Path, name: str, keys: Iterable[paramiko.PKey]) -> None:
    """Put keys down for a host: written aside, flushed to disk, moved into place."""
    before = _text(path)
    lines = "".join(f"{name} {key.get_name()} {key.get_base64()}\n" for key in keys)
    text = before if before.endswith("\n") or not before else f"{before}\n"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _move_in(path, text + lines)
    except OSError as error:
        raise Usage(f"{path} can't be written: {error.strerror}. Host keys are kept there: make it writable") from error


def _move_in(path: Path, text: str) -> None:
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.", delete=False) as aside:
        aside.write(text)
        aside.flush()
        os.fsync(aside.fileno())
    Path(aside.name).replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise Usage(f"{path} can't be read: {error.strerror}. It holds the SSH host keys") from error


def _about(names: str, name: str) -> bool:
    if names.startswith(HASHED):
        try:
            return paramiko.HostKeys.hash_host(name, names) == names
        except (ValueError, AssertionError):
            return False
    return covers(names.split(","), name)
