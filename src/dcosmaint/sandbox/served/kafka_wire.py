"""Kafka's wire protocol, as far as a client needs it that asks who is in sync: bytes in, bytes out.

A broker of Kafka 1.0: ApiVersions 0 and 1, Metadata 5, and a login by SASL/PLAIN (SaslHandshake 1, SaslAuthenticate 0).
The layouts are those of https://kafka.apache.org/protocol, each field big-endian.
"""

from __future__ import annotations

import hmac
import struct
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

METADATA, SASL_HANDSHAKE, API_VERSIONS, SASL_AUTHENTICATE = 3, 17, 18, 36
SPOKEN = {METADATA: (5, 5), SASL_HANDSHAKE: (1, 1), API_VERSIONS: (0, 1), SASL_AUTHENTICATE: (0, 0)}
"""Versions of each call, from and to."""

NONE, UNKNOWN_TOPIC, NO_LEADER, NO_MECHANISM, UNSUPPORTED, NO_LOGIN = 0, 3, 5, 33, 35, 58


class HangUp(Exception):
    """What a broker answers with the end of the connection."""


@dataclass(frozen=True)
class Replicas:
    """One partition, by broker ids."""

    topic: str
    number: int
    leader: int  # -1: none
    replicas: tuple[int, ...]
    isr: tuple[int, ...]


@dataclass(frozen=True)
class Known:
    """What a broker knows of its Kafka."""

    brokers: Mapping[int, tuple[str, int]]  # alive: host and port
    partitions: tuple[Replicas, ...]
    controller: int = 0


@dataclass
class Conversation:
    """One connection. `users` are those who may ask, by their passwords; if there are none, everybody may."""

    know: Callable[[], Known]
    users: Mapping[str, str]
    welcome: bool = False

    def answer(self, request: bytes) -> bytes:
        """Both without their lengths. Raises `HangUp`."""
        reader = _Reader(request)
        key, version, number = reader.int16(), reader.int16(), reader.int32()
        reader.text()  # who the client says that it is
        low, high = SPOKEN.get(key, (1, 0))
        if key == API_VERSIONS:
            body = _versions(version if low <= version <= high else None)
        elif not low <= version <= high or (key == METADATA and self.users and not self.welcome):
            raise HangUp
        else:
            body = {METADATA: self._metadata, SASL_HANDSHAKE: _handshake, SASL_AUTHENTICATE: self._login}[key](reader)
        return _int32(number) + body

    def _login(self, reader: _Reader) -> bytes:
        user, _, password = reader.data().lstrip(b"\0").partition(b"\0")
        known = self.users.get(user.decode(), "")
        self.welcome = bool(known) and hmac.compare_digest(known.encode(), password)
        if self.welcome:
            return _int16(NONE) + _text(None) + _int32(0)
        return _int16(NO_LOGIN) + _text("Authentication failed: Invalid username or password") + _int32(0)

    def _metadata(self, reader: _Reader) -> bytes:
        """Of all topics, where none are named: that is another thing than an empty list of them."""
        count, known = reader.int32(), self.know()
        there = dict.fromkeys(part.topic for part in known.partitions)
        wanted = list(there) if count < 0 else [reader.text() for _ in range(count)]
        brokers = ((_int32(n), _text(host), _int32(port), _text(None)) for n, (host, port) in known.brokers.items())
        topics = (_topic(known, name, found=name in there) for name in wanted)
        return b"".join(
            (_int32(0), _list(map(b"".join, brokers)), _text("sandbox"), _int32(known.controller), _list(topics))
        )


def _versions(version: int | None) -> bytes:
    """A version that it does not speak is answered as version 0, with those that it does."""
    listed = _list(_int16(key) + _int16(low) + _int16(high) for key, (low, high) in SPOKEN.items())
    head = _int16(UNSUPPORTED if version is None else NONE)
    return head + listed + (_int32(0) if version else b"")


def _handshake(reader: _Reader) -> bytes:
    return _int16(NONE if reader.text() == "PLAIN" else NO_MECHANISM) + _list([_text("PLAIN")])


def _topic(known: Known, name: str, *, found: bool) -> bytes:
    parts = (part for part in known.partitions if part.topic == name)
    head = _int16(NONE if found else UNKNOWN_TOPIC) + _text(name) + (b"\1" if name.startswith("__") else b"\0")
    return head + _list(_partition(part, known) for part in parts)


def _partition(part: Replicas, known: Known) -> bytes:
    offline = [broker for broker in part.replicas if broker not in known.brokers]
    lists = (_list(map(_int32, numbers)) for numbers in (part.replicas, part.isr, offline))
    error = NO_LEADER if part.leader < 0 else NONE
    return b"".join((_int16(error), _int32(part.number), _int32(part.leader), *lists))


def _int16(value: int) -> bytes:
    return struct.pack(">h", value)


def _int32(value: int) -> bytes:
    return struct.pack(">i", value)


def _text(value: str | None) -> bytes:
    return _int16(-1) if value is None else _int16(len(value.encode())) + value.encode()


def _list(items: Iterable[bytes]) -> bytes:
    found = list(items)
    return _int32(len(found)) + b"".join(found)


class _Reader:
    """Field after field. Raises `HangUp` where there is none."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def int16(self) -> int:
        return int.from_bytes(self._take(2), signed=True)

    def int32(self) -> int:
        return int.from_bytes(self._take(4), signed=True)

    def text(self) -> str:
        return self._take(max(0, self.int16())).decode()

    def data(self) -> bytes:
        return self._take(max(0, self.int32()))

    def _take(self, count: int) -> bytes:
        taken, self._content = self._content[:count], self._content[count:]
        if len(taken) < count:
            raise HangUp
        return taken
