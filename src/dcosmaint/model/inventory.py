"""The joined view: nodes, what was found of them, and the whole cluster at one moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dcosmaint.model.capabilities import ClusterFacts
from dcosmaint.model.platform import Agent, Instance, Volume
from dcosmaint.model.services import App, Service
from dcosmaint.model.windows import Window
from dcosmaint.model.words import Member


@dataclass(frozen=True, order=True)
class Data:
    """A persistent volume, and the frameworks that it can belong to: none where Mesos knows nobody of its role."""

    volume: Volume
    owners: tuple[str, ...]  # names, sorted


@dataclass(frozen=True)
class Node:
    """One Mesos agent on one EC2 instance at one Terraform address. The address survives the replacement."""

    address: str
    group: str
    instance: Instance
    agent: Agent | None  # None while Mesos does not list it: drained, starting, or dead
    members: tuple[Member, ...] = ()
    schedulers: tuple[str, ...] = ()  # services whose scheduler runs here
    apps: Mapping[str, int] = field(default_factory=dict)  # instances of each Marathon app here
    tasks: int = 0  # live Mesos tasks of whatever kind
    frameworks: Mapping[str, int] = field(default_factory=dict)  # that nobody here moves → their live tasks here
    data: tuple[Data, ...] = ()  # of its agent, sorted
    work_dir_apart: bool | None = None  # from its root, as the node itself said; None: it was not asked, or is silent

    @property
    def agent_id(self) -> str:
        return self.agent.id if self.agent else ""

    @property
    def private_ip(self) -> str:
        return self.instance.private_ip

    @property
    def work_dir_outlives(self) -> bool:
        """Whether its work dir may come to the next instance, with its agent's id. R2: what is not told may be so."""
        return bool(self.instance.outlived_by) and self.work_dir_apart is not False

    @property
    def names(self) -> tuple[str, ...]:
        """Everything an operator may call it."""
        names = (self.address, self.instance.id, self.private_ip)
        return (*names, self.agent.hostname, self.agent.id) if self.agent else names


@dataclass(frozen=True, order=True)
class Finding:
    """A fact that blocks a roll, or that its operator should know."""

    rule: str  # one word that `--accept` takes: data-loss, terraform-exposed, unjoined
    subject: str
    message: str
    acceptable: bool = False

    @property
    def risk(self) -> str:
        """How it is accepted, in brackets; "" where it can't be."""
        return f" (or take the risk: --accept {self.rule}={self.subject})" if self.acceptable else ""


def marks(agent: Agent, windows: Sequence[Window], rolls: Sequence[str]) -> tuple[str, ...]:
    """Those of these rolls under whose name something keeps work off the agent."""
    here = [window for window in windows if window.on(agent.hostname, agent.private_ip)]
    apart = {each.roll for each in agent.apart}
    return tuple(roll for roll in rolls if roll in apart or any(window.of(roll) for window in here))


def kept_off(
    agent: Agent, windows: Sequence[Window], ours: Sequence[str], now: float, unheeded: str = ""
) -> tuple[str, ...]:
    """What keeps work off an agent now and is nobody's of these rolls, so that only others can lift it.

    `unheeded` is what is to be said of windows on that cluster.
    """
    here = [window for window in windows if window.on(agent.hostname, agent.private_ip)]
    stand = [window for window in here if window.covers(now) and not any(window.of(roll) for roll in ours)]
    apart = [f"{each}: `dcosmaint doctor` says more" for each in agent.apart if each.roll not in ours]
    return (
        *apart,
        *(f"its machine is in {window}{unheeded}: ask whose it is, and have it taken out" for window in stand),
    )


@dataclass(frozen=True)
class Inventory:
    """What the cluster was when it was surveyed. A survey is no snapshot: parts of it are seconds older than others."""

    at: float  # when the survey began, on our clock: nothing in it is older
    clock: float  # what time it was for the master, whose windows have its times
    nodes: tuple[Node, ...]
    agents: tuple[Agent, ...]
    services: tuple[Service, ...]
    apps: tuple[App, ...]
    facts: ClusterFacts
    images: Mapping[str, str] = field(default_factory=dict)  # group → the AMI that Terraform names now
    blockers: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()
    frameworks: tuple[str, ...] = ()  # all that the master knows by name, sorted
    windows: tuple[Window, ...] = ()  # of the maintenance schedule, each machine by itself
