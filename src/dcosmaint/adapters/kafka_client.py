"""Kafka's own client, as an optional part of an installation: what one broker knows of all partitions.

The facts are those of a Metadata answer. A broker passes on what the controller told it last: news of a follower that
fell behind takes up to a minute to get there, news of a broker that died a moment. Topics that our user may not
describe are left out of it without a word.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dcosmaint.errors import Retryable, Usage

if TYPE_CHECKING:
    from confluent_kafka import KafkaError
    from confluent_kafka.admin import AdminClient
    from confluent_kafka.admin._metadata import ClusterMetadata, PartitionMetadata, TopicMetadata

PATIENCE, ROUND = 10.0, 2.0
"""Seconds for an answer, and those after which it is seen whether one can come: a refused login stays refused."""

SHUT = ("_SSL", "_AUTHENTICATION")
"""Errors of a door that stays shut, however often we knock."""

PASSED = re.compile(r" \(after \d+ms in state \w+[^)]*\)")

LEADERLESS = ("LEADER_NOT_AVAILABLE", "REPLICA_NOT_AVAILABLE")
"""Errors of a partition that shows nevertheless who is in sync."""


class Silent(Retryable):
    """No broker that was asked gives an answer."""


@dataclass(frozen=True)
class Access:
    """How the brokers of one service are reached, and who we are there. Whom we trust is verified, name and all."""

    service: str
    bootstrap: tuple[str, ...] = ()  # host:port; () where its scheduler tells
    tls: bool = False
    ca_cert: str = ""  # path of a PEM bundle; "" means the CAs of this machine
    cert: str = ""  # of ours, with its key: paths, or "" where none is asked for
    key: str = ""
    mechanism: str = ""  # of SASL: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512; "" for no login
    username: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True)
class Copies:
    """Who is in sync of one partition, by broker id."""

    isr: tuple[int, ...]
    leader: int  # -1: none


@dataclass(frozen=True)
class Told:
    """What one broker knows."""

    by: str  # host:port, as it was asked
    brokers: Mapping[int, str]  # those that the controller counts as alive: id → host:port
    partitions: Mapping[tuple[str, int], Copies]


def ask(access: Access, servers: Sequence[str], patience: float = PATIENCE, *, itself: bool = False) -> Told:
    """The answer of the first of these (host:port) that gives one.

    The client asks whichever broker it is connected to by then, and goes on asking that one; `itself` takes no answer
    of another one, and tries again with a new client. Raises `Silent` with the reason when there is none, `Retryable`
    for one that leaves partitions open, and `Usage` for what its client can't work with.
    """
    errors: list[KafkaError] = []
    settings, end = _settings(access, servers, errors.append), time.monotonic() + patience
    client = _client(access.service, settings)
    while True:
        answer, why = _answer(client, min(ROUND, max(0.1, end - time.monotonic())), errors)
        if answer is not None and (not itself or answer.by in servers):
            return answer
        if time.monotonic() >= end or any(error.name() in SHUT for error in errors):
            raise Silent(f"{', '.join(servers)}: {why or 'others answer for it'}")
        client = _client(access.service, settings) if answer else client


def _answer(client: AdminClient, timeout: float, errors: Sequence[KafkaError]) -> tuple[Told | None, str]:
    """Or why there is none; `errors` gets what goes wrong meanwhile."""
    from confluent_kafka import KafkaException

    try:
        return told(client.list_topics(timeout=timeout)), ""
    except KafkaException as error:
        client.poll(0)
        return None, _reason([*errors, error.args[0]])


def _reason(errors: Sequence[KafkaError]) -> str:
    """The one that says most, and the same at each look: without how long it took, whichever came last."""
    shut = [one for one in errors if one.name() in SHUT] or [one for one in errors if one.name() != "_ALL_BROKERS_DOWN"]
    said = max((PASSED.sub("", str(one.str())) for one in shut or errors), key=lambda text: (len(text), text))
    return f"{said}: do its brokers ask for tls, or for a login?" if said.startswith("Failed to get metadata") else said


def installed(service: str) -> None:
    """Raises `Usage` where the optional part is missing that this service wants."""
    _library(service)


def _library(service: str) -> Any:
    try:
        import confluent_kafka
    except ImportError as error:
        says = f"services.{service}.kafka needs Kafka's own client ({error}): `pip install 'dcosmaint[kafka]'`"
        raise Usage(says) from None
    return confluent_kafka


def _client(service: str, settings: dict[str, Any]) -> AdminClient:
    library = _library(service)
    from confluent_kafka import admin

    try:
        return admin.AdminClient(settings)
    except library.KafkaException as error:
        raise Usage(f"services.{service}.kafka: Kafka's client can't work with it: {error.args[0].str()}") from None


def _settings(access: Access, servers: Sequence[str], heard: Callable[[KafkaError], None]) -> dict[str, Any]:
    """Its own log stays silent: what it would say there comes by `heard`, and no line of it runs into ours."""
    protocol = ("SASL_" if access.mechanism else "") + ("SSL" if access.tls else "PLAINTEXT")
    wanted = {
        "bootstrap.servers": ",".join(servers),
        "client.id": "dcosmaint",
        "security.protocol": protocol,
        "ssl.ca.location": access.ca_cert,
        "ssl.certificate.location": access.cert,
        "ssl.key.location": access.key,
        "sasl.mechanism": access.mechanism,
        "sasl.username": access.username,
        "sasl.password": access.password,
        "ssl.endpoint.identification.algorithm": "https",
        "error_cb": heard,
        "log_level": "0",
    }
    return {name: value for name, value in wanted.items() if value}


def told(metadata: ClusterMetadata) -> Told:
    """Raises `Retryable` for a topic, or a partition, that the broker tells nothing of."""
    return Told(
        by=re.sub(r"^\w+://|/\w+$", "", str(metadata.orig_broker_name)),  # sasl_ssl://host:port/bootstrap
        brokers={broker.id: f"{broker.host}:{broker.port}" for broker in metadata.brokers.values()},
        partitions={
            (str(topic.topic), part.id): _copies(topic, part)
            for topic in metadata.topics.values()
            for part in _partitions(topic)
        },
    )


def _partitions(topic: TopicMetadata) -> list[PartitionMetadata]:
    """A topic without any is one that is not read yet: its data is somewhere."""
    if topic.error is not None:
        raise Retryable(f"topic {topic.topic} can't be read: {topic.error.str()}")
    if not topic.partitions:
        raise Retryable(f"topic {topic.topic} shows no partition yet")
    return list(topic.partitions.values())


def _copies(topic: TopicMetadata, part: PartitionMetadata) -> Copies:
    if part.error is not None and part.error.name() not in LEADERLESS:
        raise Retryable(f"{topic.topic}-{part.id} can't be read: {part.error.str()}")
    return Copies(tuple(sorted(part.isrs)), part.leader)
