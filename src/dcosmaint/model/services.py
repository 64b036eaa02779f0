"""What runs on the cluster: SDK services with their pods and partitions, Marathon apps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from dcosmaint.model.words import NOTHING, Member, Resources


@dataclass(frozen=True)
class Pod:
    """A member as its scheduler and Kafka see it now."""

    member: Member
    task_id: str
    agent_id: str
    running: bool  # every task whose goal is RUNNING does run
    marked: bool  # permanently failed: a replace has arrived and is unplaced
    registered: bool  # the broker is in ZooKeeper; True for what is not Kafka
    needs: Resources = NOTHING
    out_of_sync: str = ""  # why the operator's command says that it is; "" where it is in sync, or nobody asks
    down_for: float | None = None  # seconds, where it is down and somebody knows since when


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
    kind: str  # of `kinds.py`: kafka, cassandra, …; the package's name where it is of none
    api: str  # pod, pods, brokers: which generation of calls it understands
    pods: tuple[Pod, ...]
    deploy: str  # the plan's status in the SDK's words; COMPLETE is the good one
    recovery: str
    partitions: tuple[Partition, ...] | None  # None: they can't be read, and unknown is unhealthy; () where none are
    scheduler_agent: str = ""  # where the scheduler's own task runs
    trouble: str = ""  # why it can't be moved by us: paused pods, no answer, …
    asked: bool = False  # whether a command of the operator's tells which of its members are in sync
    recovered: tuple[str, ...] = ()  # pods whose steps in the recovery plan are all COMPLETE; a restart forgets them
    seeds: int | None = None  # how many of its first nodes are seeds; None where nobody says
    unread: str = ""  # why `partitions` is None, where somebody says; else its scheduler's log does
    replaces_after: float | None = None  # seconds that a member is down until its scheduler itself replaces it, if ever

    @property
    def members(self) -> tuple[Member, ...]:
        return tuple(pod.member for pod in self.pods)

    @cached_property
    def isr(self) -> Mapping[tuple[str, int], tuple[str, ...]]:
        """In-sync pods by topic and number; nothing where they can't be read."""
        return {(partition.topic, partition.number): partition.isr for partition in self.partitions or ()}


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
    instance_ids: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by agent id; whether or not they serve
    needs: Resources = NOTHING  # of each instance
    pod: bool = False
    pinned: bool = False  # a constraint names the nodes that take it, or counts them by something other than the node
    restarts: bool = False  # its upgrade strategy starts a new instance before an old one ends
