"""What a roll is, how far it is, and what the planner says of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from dcosmaint.model.balancers import Registration
from dcosmaint.model.inventory import Node
from dcosmaint.model.manner import MEMBERS_FIRST, Cordon, Manner
from dcosmaint.model.policy import Policy
from dcosmaint.model.services import Partition
from dcosmaint.model.words import Member, Verdict, Work


@dataclass(frozen=True)
class Roll:
    """One whole maintenance of a cluster."""

    id: str
    cluster: str
    work: Work
    targets: tuple[str, ...]  # instance ids surveyed at the start: a replacement can never be one
    policy: Policy
    manner: Manner = MEMBERS_FIRST
    images: Mapping[str, str] = field(default_factory=dict)  # group → AMI; "" is the one that this roll bakes
    named: Mapping[str, str] = field(default_factory=dict)  # group → AMI that Terraform named at the start
    baseline: Mapping[str, tuple[Partition, ...]] = field(default_factory=dict)  # service → partitions at the start
    serving: tuple[str, ...] = ()  # where an agent served at the start: addresses, and agent ids outside the groups
    running: Mapping[str, int] = field(default_factory=dict)  # app → its running instances at the start
    left: Mapping[str, tuple[Registration, ...]] = field(default_factory=dict)  # instance id → what it was drained from
    lifts: tuple[str, ...] = ()  # earlier rolls whose cordons an undrain of their nodes lifts
    silent: tuple[str, ...] = ()  # targets of an undrain whose agent fell silent under a cordon of ours
    reason: str = ""
    by: str = ""  # user@host

    @property
    def moves_apps(self) -> bool:
        """Whether instances of apps leave a node before it stops: elsewhere than there, so only where nothing leaks."""
        return self.policy.move_apps and self.manner.airtight

    @property
    def cordon(self) -> Cordon:
        """How new work is kept off its nodes."""
        return Cordon(self.manner.cordon, (self.id, *self.lifts))

    @property
    def edited(self) -> Mapping[str, str]:
        """Group → AMI that Terraform named before, of those groups for which this roll wants another one."""
        return {group: ami for group, ami in self.named.items() if self.images.get(group, ami) != ami}


CORDON, GIVEN_UP = "mesos.cordon", "mesos.mark_gone"


@dataclass(frozen=True)
class Flight:
    """A node in flight, as the journal knows it."""

    node: Node
    holds: tuple[Member, ...] = ()  # its slots: taken by `admit` and `slot`, given back by `moved`
    leaves: tuple[Member, ...] = ()  # members that are not ours to move: each takes a slot until the node has ended
    done: tuple[str, ...] = ()  # step names
    sent: tuple[str, ...] = ()  # task ids that a replace was sent for
    asked: tuple[Member, ...] = ()  # members that a replace was sent for
    also: Mapping[str, tuple[Partition, ...]] = field(default_factory=dict)  # service → what `replacing` found
    counts: Mapping[str, int] = field(default_factory=dict)  # running instances of its apps at admission, cluster-wide
    flags: Mapping[str, str] = field(default_factory=dict)  # start flags of its agent at admission
    red: tuple[str, ...] = ()  # DC/OS units of the node that were not healthy at admission
    balancers: tuple[Registration, ...] = ()  # that it leaves, and that whoever takes its place joins
    noted: tuple[str, ...] = ()  # what was said of it once, and not again
    stopped: str = ""  # held or failed, and why; its slots stay taken
    since: float = 0.0  # when it was admitted
    acted: tuple[str, ...] = ()  # acts that were announced for it, each once: port.method
    earlier: tuple[str, ...] = ()  # agent ids that it had before it came back under another
    passed: tuple[str, ...] = ()  # steps that were done once, whether or not it began again since
    moving: tuple[str, ...] = ()  # apps of which it ends instances now: no other node does
    begins: int = 0  # how often it began again without getting any further

    @property
    def agent_ids(self) -> tuple[str, ...]:
        """What a scheduler may call the place of members that went down with it, or are there now."""
        return self.node.agent_id, *self.earlier

    @property
    def public(self) -> bool:
        return self.node.agent is not None and self.node.agent.public

    @property
    def cordoned(self) -> bool:
        """By an act of this roll: only such a cordon is ours to lift."""
        return CORDON in self.acted

    @property
    def stopping(self) -> bool:
        """Whether it was taken out of a load balancer, or its docker or agent was told to stop.

        Only the end of its pipeline, or an undrain, ends that.
        """
        return any(act.startswith(("balancers.", "units.")) for act in self.acted)

    @property
    def keeps_cordon(self) -> bool:
        """Whether a cordon of this roll stands under the agent's id, whatever has become of the agent.

        The master keeps that of an agent that fell silent, and forgets that of one which unregistered (`_removeSlave`).
        """
        return self.cordoned and "units.signal_agent" not in self.acted

    @property
    def down(self) -> bool:
        """Whether its agent has left by our hand."""
        return "stop-agent" in self.done

    @property
    def gone(self) -> bool:
        """Whether somebody else has terminated its instance, as far as was seen when its pipeline began."""
        return self.node.instance.state == "terminated"

    @property
    def given_up(self) -> bool:
        """Whether Mesos was told that its agent never comes back: schedulers may replace its members by themselves."""
        return GIVEN_UP in self.acted

    @property
    def busy(self) -> bool:
        """Whether it is gone or stopping, or a replace of one of its members is not known to be whole."""
        return self.gone or self.stopping or any(member in self.holds for member in self.asked)


@dataclass(frozen=True)
class Ended:
    """A node whose pipeline has ended well."""

    address: str
    instance_id: str
    at: float
    members: int  # how many it had: the first node that carries members is a canary too
    since: float = 0.0  # when it was admitted
    ami: str = ""  # that it had before, "" where its instance is the same
    group: str = ""
    balancers: tuple[Registration, ...] = ()  # that it left
    public: bool = False


@dataclass(frozen=True)
class Progress:
    """Folded from the journal, and from nothing else."""

    flights: Mapping[str, Flight] = field(default_factory=dict)  # by address
    ended: tuple[Ended, ...] = ()
    prepared: tuple[str, ...] = ()  # steps that happen once a roll and are done
    steered: tuple[str, ...] = ()  # agent ids under a steering cordon of ours
    places: Mapping[str, str] = field(default_factory=dict)  # where agents that were steered are, for people
    batches: int = 0  # admissions so far
    paused: str = ""  # why nothing more may start
    aborting: bool = False  # nothing starts, and what is in flight takes the shortest way to a clean end
    reverting: bool = False  # Terraform names again what it named before
    over: str = ""  # roll-done, roll-stopped or roll-aborted
    at: float = 0.0  # of the last line
    until: float | None = None  # the deadline, on the clock of the lines

    @property
    def late(self) -> bool:
        """Whether its deadline had come when its newest line was written."""
        return self.until is not None and self.at >= self.until

    def called(self, agent_id: str) -> str:
        """What people call an agent that is or was steered."""
        where = self.places.get(agent_id)
        return f"{where} (agent {agent_id})" if where else f"agent {agent_id}"

    @cached_property
    def stopped(self) -> tuple[Flight, ...]:
        return tuple(flight for flight in self.flights.values() if flight.stopped)

    @cached_property
    def held(self) -> frozenset[Member]:
        return frozenset(member for f in self.flights.values() for member in (*f.holds, *f.leaves))

    def also(self, service: str) -> tuple[Partition, ...]:
        """What members in flight were in sync in when they were replaced, beside the roll's baseline."""
        return tuple(partition for flight in self.flights.values() for partition in flight.also.get(service, ()))

    @cached_property
    def room(self) -> tuple[object, ...]:
        """What the planner's answer depends on: when it changes, ask again. Whom we steer is that answer itself."""
        flights = tuple((f.node.instance.id, f.holds, f.stopped) for f in self.flights.values())
        return flights, self.ended, self.prepared, self.paused, self.aborting


@dataclass(frozen=True, order=True)
class Refusal:
    """Why a node may not start now."""

    rule: str
    node: str
    says: str
    until: float | None = None  # when it lifts by itself, if that is known
    final: bool = False  # waiting will not help


@dataclass(frozen=True)
class Admission:
    """The planner's answer."""

    start: tuple[Node, ...]
    cordon: tuple[str, ...]  # agent ids that should be under a steering cordon now, and no others
    refusals: tuple[Refusal, ...]
    verdict: Verdict
    settled: bool = False  # only a line of the journal, or a moment that is known, can change it

    @property
    def why(self) -> str:
        """Why nobody else starts, each reason once."""
        return "; ".join(dict.fromkeys(refusal.says for refusal in self.refusals))


@dataclass(frozen=True)
class Waiting:
    """Not yet. A change of `goal` or `left` is progress, and one of `why` is news alone."""

    goal: str
    left: str = ""
    patience: float = 7200.0
    why: str = field(default="", compare=False)

    @property
    def rest(self) -> str:
        """What is left, and why."""
        return ": ".join(filter(None, (self.left, self.why)))

    def __str__(self) -> str:
        return f"{self.goal} ({self.rest})" if self.rest else self.goal
