"""What a cluster can do, decided from its versions. One table: nobody else compares versions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Product = Literal["DC/OS", "Mesos"]
Version = tuple[int, int]


@dataclass(frozen=True)
class Capability:
    name: str
    product: Product
    since: Version
    gives: str  # what it means for a roll
    without: str  # what is done where it is missing

    @property
    def origin(self) -> str:
        return f"{self.product} {self.since[0]}.{self.since[1]}"


DEACTIVATE = Capability(
    name="deactivate-agent",
    product="Mesos",
    since=(1, 9),
    gives="a cordon is airtight: no framework is offered anything of a deactivated agent, and members move first",
    without="a node is stopped and made anew first, and its members are replaced after",
)

MARK_GONE = Capability(
    name="mark-agent-gone",
    product="Mesos",
    since=(1, 5),
    gives="an agent whose instance somebody else has terminated is given up at once, and what ran there learns it",
    without="such an agent is waited for until the master gives it up by itself, and what is bound to it is not told",
)

KEEP_IDENTITY = Capability(
    name="keep-identity",
    product="Mesos",
    since=(1, 5),
    gives="an agent that was told to leave comes back under its id, with its work dir: nodes.work_dir may be keep",
    without="an agent that was told to leave comes back under a new id, also with its work dir: that may be fresh only",
)

CAPABILITIES = (DEACTIVATE, MARK_GONE, KEEP_IDENTITY)
"""Sources: release tags of the products; `docs/compatibility.md` has the same table."""


@dataclass(frozen=True)
class ClusterFacts:
    """What the cluster says of itself."""

    dcos_version: str
    mesos_version: str
    variant: str = ""  # open or enterprise; DC/OS says it from 1.12 on
    masters: tuple[str, ...] = ()  # private IPs of the masters: none of them is ever a node

    def can(self, capability: Capability) -> bool:
        """False where the version can't be understood: unknown is old."""
        version = self.mesos_version if capability.product == "Mesos" else self.dcos_version
        return numbers(version) >= capability.since


def numbers(version: str) -> Version:
    """The first two numbers of a version; zeros where it is none, as `trunk` or an empty one."""
    found = re.match(r"(\d+)\.(\d+)", version)
    return (int(found[1]), int(found[2])) if found else (0, 0)
