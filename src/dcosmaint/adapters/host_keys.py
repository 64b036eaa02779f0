"""Whose key it must be (R12): by instance id in the roll's own known_hosts, then by address in the user's.

An address is no identity: the instance that takes a terminated one's place often has its address, and always another
key. So a key is pinned to the instance id at the first good look, and one that changes under the same id is refused
always.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from threading import Lock

import paramiko

from dcosmaint.adapters.known_hosts import Entry, add, decode, entries
from dcosmaint.errors import NodeFailed
from dcosmaint.model import Instance

SECTION = re.compile(r"-----BEGIN SSH HOST KEY KEYS-----(.*?)-----END SSH HOST KEY KEYS-----", re.DOTALL)
CONSOLE_KEY = re.compile(r"\b((?:ssh|ecdsa)-[\w-]+) (AAAA[\w+/]+=*)")


@dataclass(frozen=True)
class Peer:
    """Whom we mean to talk to."""

    id: str  # what its key is pinned to: the instance id, or a bastion's name
    name: str  # as known_hosts files have it: 10.0.1.23, [10.0.1.23]:2222
    files: tuple[Path, ...] = ()  # `UserKnownHostsFile` of its ssh_config; () means the usual ones


@dataclass(frozen=True)
class HostKeys:
    """Known keys. `own` is the roll's file; `strict` refuses a key that nobody knows, instead of pinning it."""

    own: Path
    users: tuple[Path, ...] = ()
    strict: bool = False
    _alone: Lock = field(default_factory=Lock, repr=False, compare=False)

    def kinds(self, peer: Peer) -> frozenset[str]:
        """The kinds of keys that are known: to be asked for first, since a host shows only one."""
        return frozenset(entry.key.get_name() for entry in self._pinned(peer) or self._named(peer))

    def knows(self, peer_id: str) -> bool:
        return bool(entries(self.own, peer_id))

    def pin(self, peer_id: str, keys: Sequence[paramiko.PKey]) -> None:
        """Keep keys under an id. An id that is known stays as it is."""
        with self._alone:
            if not self.knows(peer_id):
                add(self.own, peer_id, keys)

    def check(self, peer: Peer, key: paramiko.PKey) -> None:
        """Raise `NodeFailed` unless the key is the peer's; pin it when it is seen for the first time."""
        if pinned := self._pinned(peer):
            if not _among(key, pinned):
                raise NodeFailed(_changed(peer, key, pinned, self._remedy(peer)))
            return
        named = self._named(peer)
        if any(entry.key == key for entry in named if entry.revoked):
            raise NodeFailed(f"{peer.name} shows the SSH host key {key.fingerprint}, which is marked as revoked")
        good = [entry for entry in named if not entry.revoked]
        if good and not _among(key, good):
            raise NodeFailed(_changed(peer, key, good, f"Run `ssh-keygen -R '{peer.name}'` if you know why"))
        if not good and self.strict:
            raise NodeFailed(_unknown(peer, key))
        self.pin(peer.id, [key])

    def _pinned(self, peer: Peer) -> tuple[Entry, ...]:
        return entries(self.own, peer.id)

    def _named(self, peer: Peer) -> tuple[Entry, ...]:
        files = peer.files or self.users
        return tuple(chain.from_iterable(entries(path, peer.name) for path in files))

    def _remedy(self, peer: Peer) -> str:
        return f"If its host keys were made anew on purpose, take the lines of {peer.id} out of {self.own}"


@dataclass(frozen=True)
class Enrolment:
    """`KeyActs`: learn the keys of an instance that this roll created, whatever the user's files say of its address."""

    keys: HostKeys
    console: Callable[[str], str]  # instance id → what its console has shown, "" while that is unknown
    first_contact: Callable[[Instance], paramiko.PKey]

    def enrol(self, instance: Instance) -> None:
        if not self.keys.knows(instance.id):
            found = console_keys(self.console(instance.id)) or [self.first_contact(instance)]
            self.keys.pin(instance.id, found)


def console_keys(text: str) -> list[paramiko.PKey]:
    """The host keys that cloud-init printed on the console at the newest boot."""
    sections = SECTION.findall(text)
    found = CONSOLE_KEY.findall(sections[-1]) if sections else []
    return [key for kind, words in found if (key := decode(kind, words))]


def _among(key: paramiko.PKey, known: Sequence[Entry]) -> bool:
    return any(entry.key == key for entry in known)


def _changed(peer: Peer, key: paramiko.PKey, known: Sequence[Entry], remedy: str) -> str:
    knew = ", ".join(f"{entry.key.fingerprint} ({entry.where})" for entry in known)
    return (
        f"the SSH host key of {_who(peer)} has changed: it shows {key.get_name()} {key.fingerprint}, known is {knew}."
        f" Somebody may sit in between: nothing was sent. {remedy}"
    )


def _unknown(peer: Peer, key: paramiko.PKey) -> str:
    host, _, port = peer.name.strip("[").partition("]:")
    scan = f"ssh-keyscan -p {port or 22} {host}"
    return (
        f"the SSH host key of {_who(peer)} is not known, and `host_keys: strict` refuses it: {key.get_name()}"
        f" {key.fingerprint}. Compare it with the instance's console output, then `{scan} >> ~/.ssh/known_hosts`"
    )


def _who(peer: Peer) -> str:
    return peer.name if peer.id == peer.name else f"{peer.id} at {peer.name}"
