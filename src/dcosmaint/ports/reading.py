"""What is asked of the world. Every answer is for *now*: no port remembers one longer than the call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from dcosmaint.model import (
    Agent,
    Agents,
    App,
    Balancer,
    Change,
    Child,
    ClusterFacts,
    Cordon,
    Framework,
    Image,
    Instance,
    Member,
    Placed,
    Service,
    Target,
    Task,
    Units,
    Window,
    WorkDir,
)


class MesosReads(Protocol):
    def agents(self) -> Agents: ...

    def tasks(self) -> tuple[Task, ...]:
        """Live tasks only, from GET_TASKS `tasks` or `/state` `frameworks[].tasks`: never `/tasks` nor the summary."""
        ...

    def frameworks(self) -> tuple[Framework, ...]:
        """Those that are registered and those that the master still remembers, sorted. They tell whose a volume is."""
        ...

    def facts(self) -> ClusterFacts: ...

    def flags(self, agent_id: str) -> Mapping[str, str]:
        """The agent's own start flags, such as `cgroups_enable_cfs`."""
        ...

    def windows(self) -> tuple[Window, ...]:
        """The maintenance schedule, each machine by itself, in its order."""
        ...

    def cordoned(self, agent: Agent, how: Cordon) -> bool:
        """Whether nothing new is placed on it, as far as that method keeps it off. `agent` was read just now."""
        ...

    def lifted(self, agent_id: str, how: Cordon) -> bool:
        """Whether nothing of that cordon is left, neither at the master nor in the agent's work dir."""
        ...


class ServiceReads(Protocol):
    def all(self) -> tuple[Service, ...]:
        """Every SDK service, each read whole, sorted by name."""
        ...

    def one(self, name: str) -> Service: ...

    def rejected(self, member: Member) -> tuple[str, ...]:
        """Why its scheduler took no offer for it lately, the most frequent reason first; () where it does not tell."""
        ...


class MarathonReads(Protocol):
    def apps(self) -> tuple[App, ...]:
        """Every app and pod but the SDK schedulers, sorted by id."""
        ...


class HealthReads(Protocol):
    def red(self, private_ip: str) -> tuple[str, ...]:
        """The DC/OS units of a node that are not healthy. A node that is not known yet is `Retryable`."""
        ...


class Ec2Reads(Protocol):
    def instances(self, ids: Sequence[str]) -> tuple[Instance, ...]:
        """Those of `ids` that EC2 still knows, a terminated one among them for about an hour.

        Cheap enough for a poll: `protected` and `balancers` are not asked for, and have their defaults.
        """
        ...

    def in_full(self, ids: Sequence[str]) -> tuple[Instance, ...]:
        """The same, with `protected` and `balancers`. It costs calls by the dozen: once a survey, in no poll."""
        ...

    def image(self, ami: str) -> Image | None: ...

    def baked(self, roll: str) -> Image | None:
        """The AMI with the tag `dcosmaint:roll=<roll>`, newest first."""
        ...


class BalancerReads(Protocol):
    def targets(self, balancer: Balancer, of: str) -> tuple[Target, ...] | None:
        """Whom it sends traffic to, sorted, and the target `of` also while its connections are drained.

        None where nobody has such a load balancer any more.
        """
        ...


class PackerReads(Protocol):
    def child(self) -> Child | None:
        """The build that was begun for this roll, or None."""
        ...


class TerraformReads(Protocol):
    def placed(self) -> tuple[Placed, ...]:
        """The instances of the configured groups in the state, sorted by address."""
        ...

    def companions(self, addresses: Sequence[str], types: Sequence[str]) -> tuple[str, ...]:
        """Addresses of these types, of what goes with the very nodes at these addresses. Sorted.

        By the state, by what goes with their siblings, and by the code as the plan that ended last had it: some of them
        may be lost to the state, or be in nobody's code.
        """
        ...

    def child(self) -> Child | None:
        """The newest plan or apply that this roll began, or None."""
        ...

    def changes(self) -> tuple[Change, ...]:
        """What the plan that ended last would change: read from the JSON of the saved file."""
        ...

    def images(self) -> Mapping[str, str]:
        """The AMI that the code or the variables name now, by group."""
        ...

    def exposed(self) -> tuple[str, ...]:
        """Groups whose resource lacks `ignore_changes = [ami]`: a plain apply would replace their fleet."""
        ...


class UnitReads(Protocol):
    def look(self, instance: Instance) -> Units: ...

    def work_dir(self, instance: Instance) -> WorkDir: ...
