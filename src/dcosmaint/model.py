"""The words of the field as frozen values. Nothing here reads, waits or decides.

Times are seconds since the epoch on the clock of whoever wrote them: `Agent.registered_at` is the
Mesos master's, `Instance.launched_at` is AWS's, everything in a journal is ours.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal


def natural(name: str) -> list[tuple[int, str]]:
    """A key that sorts names as people do: node[2] before node[10]."""
    words = re.split(r"(\d+)", name)
    return [(int(word), "") if word.isdigit() else (-1, word) for word in words]


class Work(StrEnum):
    """What a roll does to each of its nodes; `pipeline.py` has one function for each."""

    ROLL = "roll"
    REPLACE = "replace"
    DRAIN = "drain"
    UNDRAIN = "undrain"
    BAKE = "bake"  # an AMI, and no node


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

    def covers(self, other: Resources) -> bool:
        """Whether `other` fits into this."""
        return self.cpus >= other.cpus and self.mem >= other.mem and self.disk >= other.disk


# ---- what the outside things look like --------------------------------------------------------------------------


@dataclass(frozen=True)
class Agent:
    """A Mesos agent that the master lists, registered or connected or not."""

    id: str
    hostname: str
    private_ip: str  # what follows the @ of its pid
    active: bool  # False also for a disconnected one
    deactivated: bool
    draining: bool
    registered_at: float  # of the last registration or re-registration, on the master's clock
    public: bool  # has resources of role slave_public
    zone: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    resources: Resources = Resources()
    free: Resources = Resources()  # neither reserved, nor used, nor offered to nobody's harm
    version: str = ""

    @property
    def role(self) -> Literal["private", "public"]:
        return "public" if self.public else "private"


@dataclass(frozen=True)
class Agents:
    """One answer of the master."""

    listed: tuple[Agent, ...]
    recovered: tuple[str, ...]  # ids not re-registered since a failover: absence proves nothing
    at: float  # the master's clock (its Date header)


@dataclass(frozen=True)
class Task:
    """A live Mesos task. Finished ones are never among them."""

    id: str
    name: str
    agent_id: str
    framework: str  # its name, without outer slashes
    running: bool  # TASK_RUNNING; False while it is staged or started


@dataclass(frozen=True)
class ClusterFacts:
    """What the cluster says of itself."""

    dcos_version: str
    mesos_version: str
    airtight_cordon: bool  # Mesos has DEACTIVATE_AGENT (1.9, DC/OS 2.0)
    masters: tuple[str, ...] = ()  # private IPs of the masters: none of them is ever a node


@dataclass(frozen=True)
class Instance:
    """An EC2 instance."""

    id: str
    ami: str
    private_ip: str
    zone: str
    state: str  # EC2's word: pending, running, shutting-down, terminated, stopping, stopped
    launched_at: float
    architecture: str = "x86_64"
    scaling_group: str = ""  # the Auto Scaling group that would heal it
    protected: bool = False  # termination protection; only `Ec2Reads.in_full` asks for it
    load_balancers: tuple[str, ...] = ()  # ELBs and target groups that send it traffic; only `in_full` asks for them


@dataclass(frozen=True)
class Image:
    """An AMI."""

    id: str
    name: str
    state: str  # EC2's word: available, pending, failed
    architecture: str = "x86_64"


@dataclass(frozen=True)
class Placed:
    """A resource instance of Terraform's state."""

    address: str  # aws_instance.dcos_agent_node[3]
    group: str  # the configured resource it belongs to: aws_instance.dcos_agent_node
    instance_id: str
    private_ip: str


@dataclass(frozen=True)
class Change:
    """One line of a saved Terraform plan that would change something."""

    address: str
    type: str
    actions: tuple[str, ...]  # create, update, delete, as `show -json` has them; no-op and read are left out
    ami: str = ""  # the AMI that it would have afterwards, where the plan knows it
    replaces: bool = False


@dataclass(frozen=True)
class Child:
    """A program that was begun (packer, terraform) and may outlive us."""

    what: str  # bake, plan, apply
    pid: int
    running: bool
    code: int | None  # None while it runs, and where nobody was left to learn it
    subject: tuple[str, ...] = ()  # the addresses, or the roll's id, it was begun for
    says: str = ""  # its newest progress line
    error: str = ""  # what it said when it failed


@dataclass(frozen=True)
class Units:
    """What one look at a node's systemd and process table brought."""

    docker: bool  # docker.service or docker.socket is active
    shims: int  # containerd-shim processes that are left
    unit: str  # the agent's unit: dcos-mesos-slave, or dcos-mesos-slave-public
    agent: bool  # the unit is active, or systemd is about to start it again
    process: bool  # its main process is alive
    held: bool  # our drop-in keeps it from starting
    lasting: bool = False  # and still does after a reboot


@dataclass(frozen=True)
class Pod:
    """A member as its scheduler and Kafka see it now."""

    member: Member
    task_id: str
    agent_id: str
    running: bool  # every task whose goal is RUNNING does run
    marked: bool  # permanently failed: a replace has arrived and is unplaced
    registered: bool  # the broker is in ZooKeeper; True for what is not Kafka
    needs: Resources = Resources()


@dataclass(frozen=True, order=True)
class Partition:
    """One partition's in-sync replicas, by pod."""

    topic: str
    number: int
    isr: tuple[str, ...]  # sorted pod names: ("kafka-0", "kafka-2")
    leader: str = ""  # "" means: none

    @property
    def name(self) -> str:
        return f"{self.topic}-{self.number}"


@dataclass(frozen=True)
class Service:
    """One SDK service, read whole."""

    name: str
    kind: str  # kafka, or the package's name where it is not
    api: str  # pod, pods, brokers: which generation of calls it understands
    pods: tuple[Pod, ...]
    deploy: str  # the plan's status in the SDK's words; COMPLETE is the good one
    recovery: str
    partitions: tuple[Partition, ...] | None  # None: they can't be read, and unknown is unhealthy
    scheduler_agent: str = ""  # where the scheduler's own task runs
    trouble: str = ""  # why it can't be moved by us: unknown kind, paused pods, …

    @property
    def members(self) -> tuple[Member, ...]:
        return tuple(pod.member for pod in self.pods)


@dataclass(frozen=True)
class App:
    """A Marathon app, or pod."""

    id: str
    instances: int  # wanted
    on: tuple[str, ...]  # the agent id of each instance that runs and is not unhealthy
    unique: bool = False  # at most one instance on a node
    resident: bool = False  # has local persistent volumes
    public: bool = False  # accepts resources of public agents
    deploying: bool = False


# ---- the joined view --------------------------------------------------------------------------------------------


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
    unknown: tuple[str, ...] = ()  # frameworks with live tasks here that are neither Marathon nor an SDK service

    @property
    def agent_id(self) -> str:
        return self.agent.id if self.agent else ""

    @property
    def private_ip(self) -> str:
        return self.instance.private_ip

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


@dataclass(frozen=True)
class Inventory:
    """What the cluster was when it was surveyed. A survey is no snapshot: parts of it are seconds older than others."""

    at: float  # when the survey began, on our clock: nothing in it is older
    nodes: tuple[Node, ...]
    agents: tuple[Agent, ...]
    services: tuple[Service, ...]
    apps: tuple[App, ...]
    facts: ClusterFacts
    images: Mapping[str, str] = field(default_factory=dict)  # group → the AMI that Terraform names now
    blockers: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()


# ---- what a roll is ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Waits:
    """Patience: seconds without progress after which a node is held."""

    place: float = 900.0
    start: float = 900.0
    stalled: float = 7200.0
    stop: float = 600.0
    terminate: float = 600.0
    apply: float = 1200.0
    register: float = 900.0


@dataclass(frozen=True)
class Policy:
    """How fast, and how much may be lost. Journalled with the roll: a resume keeps what it began with."""

    strategy: Literal["batch", "window"] = "batch"
    batch_size: int = 1
    max_in_flight: int = 10
    default_cap: int = 1
    caps: Mapping[str, int] = field(default_factory=dict)
    min_isr: Mapping[str, int] = field(default_factory=dict)  # by service, where the default is not wanted
    canary: int = 1
    soak: float = 120.0
    max_failures: int = 0
    stop_order: Literal["auto", "docker-first", "agent-first"] = "auto"
    waits: Waits = Waits()
    accepted: tuple[str, ...] = ()  # RULE or RULE=SUBJECT
    companions: tuple[str, ...] = ()  # resource types that may be re-created with their node

    def cap(self, service: str) -> int:
        return self.caps.get(service, self.default_cap)

    def accepts(self, rule: str, *subjects: str) -> bool:
        """Whether the operator took this risk by name. Data is given up by its own name only, never all at once."""
        whole = rule in self.accepted and rule != "data-loss"
        return whole or any(f"{rule}={subject}" in self.accepted for subject in subjects)


@dataclass(frozen=True)
class Roll:
    """One whole maintenance of a cluster."""

    id: str
    cluster: str
    work: Work
    targets: tuple[str, ...]  # instance ids surveyed at the start: a replacement can never be one
    policy: Policy
    images: Mapping[str, str] = field(default_factory=dict)  # group → AMI; "" is the one that this roll bakes
    baseline: Mapping[str, tuple[Partition, ...]] = field(default_factory=dict)  # service → partitions at the start
    reason: str = ""
    by: str = ""  # user@host


@dataclass(frozen=True)
class Flight:
    """A node in flight, as the journal knows it."""

    node: Node
    holds: tuple[Member, ...] = ()  # its slots: taken by `admit` and `slot`, given back by `moved`
    done: tuple[str, ...] = ()  # step names
    sent: tuple[str, ...] = ()  # task ids that a replace was sent for
    asked: tuple[Member, ...] = ()  # members that a replace was sent for
    counts: Mapping[str, int] = field(default_factory=dict)  # running instances of its apps at admission, cluster-wide
    flags: Mapping[str, str] = field(default_factory=dict)  # start flags of its agent at admission
    stopped: str = ""  # held or failed, and why; its slots stay taken


@dataclass(frozen=True)
class Ended:
    """A node whose pipeline has ended well."""

    address: str
    instance_id: str
    at: float
    members: int  # how many it had: the first node that carries members is a canary too


@dataclass(frozen=True)
class Progress:
    """Folded from the journal, and from nothing else."""

    flights: Mapping[str, Flight] = field(default_factory=dict)  # by address
    ended: tuple[Ended, ...] = ()
    prepared: tuple[str, ...] = ()  # steps that happen once a roll and are done
    steered: tuple[str, ...] = ()  # agent ids under a steering cordon of ours
    batches: int = 0  # admissions so far
    paused: str = ""  # why nothing more may start
    over: str = ""  # roll-done or roll-stopped
    at: float = 0.0  # of the last line

    @property
    def stopped(self) -> tuple[Flight, ...]:
        return tuple(flight for flight in self.flights.values() if flight.stopped)

    @property
    def held(self) -> frozenset[Member]:
        return frozenset(member for flight in self.flights.values() for member in flight.holds)

    @property
    def room(self) -> tuple[object, ...]:
        """What the planner's answer depends on: when it changes, ask again."""
        flights = tuple((f.node.instance.id, f.holds, f.stopped) for f in self.flights.values())
        return flights, self.ended, self.prepared, self.steered, self.paused


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


@dataclass(frozen=True)
class Waiting:
    """Not yet. A change of `goal` or `left` is progress."""

    goal: str
    left: str = ""
    patience: float = 7200.0

    def __str__(self) -> str:
        return f"{self.goal} ({self.left})" if self.left else self.goal
