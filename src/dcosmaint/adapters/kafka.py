"""Kafka's own view, as its scheduler reads it from ZooKeeper: registered brokers, and the in-sync replicas.

`topics/under_replicated_partitions` is not asked: it says "" for "all is well" and for "the command failed".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple
from urllib.parse import quote

from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.bodies import Body
from dcosmaint.adapters.gather import gather
from dcosmaint.adapters.sdk_discovery import Scheduler
from dcosmaint.errors import Retryable
from dcosmaint.model import Partition, Pod, kinds, some

NO_LEADER = -1
UNREADABLE = (404, 500)
"""What the scheduler itself says when it has no topics to show, or when ZooKeeper does not let it read them."""

LOG = "its log says why"


class Read(NamedTuple):
    """What could be read, or None and why not."""

    partitions: tuple[Partition, ...] | None
    unread: str = ""


def is_one(router: AdminRouter, scheduler: Scheduler, names: Sequence[str]) -> bool:
    """Whether a service of a package that nobody knows is a Kafka: by the names of its pods, and what it answers.

    Taken for anything else, its topics would not be looked at before a replace wipes a broker.
    """
    if scheduler.kind in kinds.NAMES or "zookeeper" in scheduler.kind:
        return False
    alike = bool(names) and all(re.fullmatch(r"kafka-\d+", name) for name in names)
    return alike and router.get(scheduler.path("v1/brokers"), 200, *UNREADABLE).status == 200


def registered(router: AdminRouter, scheduler: Scheduler, pods: Sequence[Pod]) -> tuple[Pod, ...]:
    """The pods with what ZooKeeper knows of each. Where that can't be read, nobody is registered."""
    ids = brokers(router, scheduler)
    return tuple(replace(pod, registered=pod.member.pod.rpartition("-")[2] in ids) for pod in pods)


def brokers(router: AdminRouter, scheduler: Scheduler) -> frozenset[str]:
    """Broker ids in ZooKeeper now. Kafka 1.0 wrapped the list in an object."""
    answer = router.get(scheduler.path("v1/brokers"), 200, *UNREADABLE)
    if answer.status != 200:
        return frozenset()
    body = answer.json()
    listed = body.list("brokers") if isinstance(body.value, dict) else body.list()
    return frozenset(str(one.value) for one in listed)


def partitions(router: AdminRouter, scheduler: Scheduler, kind: str) -> Read:
    """Every partition, its replicas named as pods (`kind` is what stands before the number)."""

    def read(topic: str) -> tuple[Partition, ...] | None:
        answer = router.get(scheduler.path(f"v1/topics/{quote(topic, safe='')}"), 200, *UNREADABLE)
        return tuple(_partitions(topic, answer.json(), kind)) if answer.status == 200 else None

    topics = _topics(router, scheduler)
    if topics is None:
        return Read(None, f"its scheduler can't list them: {LOG}")
    found = gather(read, topics)
    missing = [topic for topic, parts in zip(topics, found, strict=True) if parts is None]
    if unshown := _still_there(missing, _topics(router, scheduler)) if missing else ():
        return Read(None, f"its scheduler can't show {some(unshown)}: {LOG}")
    return Read(tuple(sorted(part for parts in found for part in parts or ())))


def _topics(router: AdminRouter, scheduler: Scheduler) -> tuple[str, ...] | None:
    answer = router.get(scheduler.path("v1/topics"), 200, *UNREADABLE)
    return tuple(sorted(topic.text() for topic in answer.json().list())) if answer.status == 200 else None


def _still_there(missing: Sequence[str], topics: Sequence[str] | None) -> list[str]:
    """A topic that was deleted in between answers as an unreadable one does."""
    return [topic for topic in missing if topics is None or topic in topics]


def _partitions(topic: str, body: Body, kind: str) -> Iterator[Partition]:
    entries = [(number, state) for entry in body.list("partitions") for number, state in entry.map().items()]
    if not entries:
        raise Retryable(f"topic {topic} shows no partition yet")
    for number, state in entries:
        if not number.isdigit():
            raise Retryable(f"topic {topic} shows a partition {number!r}")
        leader = int(state.number("leader"))
        yield Partition(
            topic=topic,
            number=int(number),
            isr=tuple(sorted(f"{kind}-{int(broker.number())}" for broker in state.list("isr"))),
            leader="" if leader == NO_LEADER else f"{kind}-{leader}",
        )
