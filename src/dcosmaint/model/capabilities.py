"""What a cluster can do, decided from its versions. One table: nobody else compares versions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Product = Literal["Mesos", "Marathon"]
Version = tuple[int, int]
Security = Literal["", "disabled", "permissive", "strict"]
"""Mode of DC/OS Enterprise, or "" where nobody tells. Each checks more permissions than the one before it."""


@dataclass(frozen=True)
class Capability:
    name: str
    product: Product
    since: Version
    gives: str  # what it means for a roll
    without: str  # what is done where it is missing

    @property
    def release(self) -> str:
        return f"{self.since[0]}.{self.since[1]}"

    @property
    def origin(self) -> str:
        return f"{self.product} {self.release}"


REFINE = Capability(
    name="refine-reservations",
    product="Mesos",
    since=(1, 4),
    gives="what is free of a public agent, too, can be set apart: dcos.cordon may be reserve",
    without="nothing of a public agent can be set apart: dcos.cordon reserve keeps nobody off one",
)
"""Of a cluster. An agent that lists its own capabilities is the one to ask about itself."""

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

HEED_WINDOWS = Capability(
    name="heed-windows",
    product="Marathon",
    since=(1, 7),
    gives="Marathon starts nothing on a machine in a maintenance window as long as it lasts; no SDK service heeds it",
    without="nobody heeds a maintenance window: dcos.cordon maintenance keeps nobody off a node",
)

CAPABILITIES = (DEACTIVATE, MARK_GONE, KEEP_IDENTITY, REFINE, HEED_WINDOWS)
"""Sources: release tags of the products; `docs/compatibility.md` has the same table."""


@dataclass(frozen=True)
class ClusterFacts:
    """What the cluster says of itself."""

    dcos_version: str
    mesos_version: str
    variant: str = ""  # open or enterprise; DC/OS says it from 1.12 on
    masters: tuple[str, ...] = ()  # private IPs of the masters: none of them is ever a node
    marathon_version: str = ""  # "" where our user may not see it
    security: Security = ""  # of DC/OS Enterprise alone

    def can(self, capability: Capability) -> bool:
        """False where the version can't be understood: unknown is old."""
        return numbers(self._version(capability.product)) >= capability.since

    def named(self, product: Product) -> str:
        """With its version, for people."""
        return f"{product} {self._version(product) or 'of a version that nobody told'}"

    @property
    def unheeded(self) -> str:
        """What is to be said of a maintenance window that may keep nobody off its machine; else ""."""
        if self.can(HEED_WINDOWS):
            return ""
        return f" ({HEED_WINDOWS.origin} is the first that heeds windows, and this is {self.named('Marathon')})"

    def _version(self, product: Product) -> str:
        return self.mesos_version if product == "Mesos" else self.marathon_version


def numbers(version: str) -> Version:
    """The first two numbers of a version; zeros where it is none, as `trunk` or an empty one."""
    found = re.match(r"(\d+)\.(\d+)", version)
    return (int(found[1]), int(found[2])) if found else (0, 0)
