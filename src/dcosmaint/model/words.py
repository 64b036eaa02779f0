"""Single words: members, resources, kinds of work, verdicts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


def natural(name: str) -> list[tuple[int, str]]:
    """A key that sorts names as people do: node[2] before node[10]."""
    words = re.split(r"(\d+)", name)
    return [(int(word), "") if word.isdigit() else (-1, word) for word in words]


def some(names: Sequence[str]) -> str:
    """The first of them, and how many more there are."""
    return f"{', '.join(names[:3])}{f' and {len(names) - 3} more' if names[3:] else ''}"


def counted(count: int, one: str, several: str = "") -> str:
    """So many, in words: `counted(1, "node")`, `counted(2, "copy", "copies")`, `counted(n, "node is", "nodes are")`."""
    return f"{count} {one if count == 1 else several or f'{one}s'}"


Fate = Literal["ignore", "wait", "refuse"]
"""Of a node with tasks that nobody here moves: they go down with it, it waits until it has none, or it is refused."""


class Work(StrEnum):
    """What a roll does to each of its nodes; `pipeline.py` has one function for each."""

    ROLL = "roll"
    REPLACE = "replace"
    ROLLBACK = "rollback"  # nodes that a roll has replaced, to the AMI that they had before
    DRAIN = "drain"
    UNDRAIN = "undrain"
    BAKE = "bake"  # an AMI, and no node


RENEWING = (Work.ROLL, Work.REPLACE, Work.ROLLBACK)
"""Work that ends in new instances."""


class Verdict(StrEnum):
    """What the planner says of a roll as a whole."""

    GO = "go"
    WAIT = "wait"
    DONE = "done"
    STUCK = "stuck"


@dataclass(frozen=True, order=True)
class Member:
    """One pod instance of an SDK service; for people, a Kafka member is a broker."""

    service: str  # without outer slashes: kafka-events, prod/kafka-orders
    pod: str  # kafka-0

    def __str__(self) -> str:
        return f"{self.service}/{self.pod}"


@dataclass(frozen=True)
class Resources:
    """Scalar resources as Mesos counts them: cores, MiB, MiB."""

    cpus: float = 0.0
    mem: float = 0.0
    disk: float = 0.0

    def __sub__(self, other: Resources) -> Resources:
        return Resources(self.cpus - other.cpus, self.mem - other.mem, self.disk - other.disk)

    def covers(self, other: Resources) -> bool:
        """Whether `other` fits into this."""
        return self.cpus >= other.cpus and self.mem >= other.mem and self.disk >= other.disk

    def __str__(self) -> str:
        return f"{self.cpus:g} cpus, {self.mem:.0f} MiB of memory, {self.disk:.0f} MiB of disk"


NOTHING = Resources()
