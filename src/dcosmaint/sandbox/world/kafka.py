"""What is true of a pretend SDK service: its scheduler, its brokers or other members, and the partitions of a Kafka."""

from __future__ import annotations

from dataclasses import dataclass, field

from dcosmaint.sandbox.world.shape import ServiceShape, Size
from dcosmaint.sandbox.world.state import Framework, Task
from dcosmaint.sandbox.world.volumes import Volume


@dataclass(eq=False)
class Broker:
    """One pod instance of a service, of a Kafka or not, with what its scheduler stored of it."""

    index: int
    pod: str  # kafka-0; of the brokers generation: broker-0; of others node-0, journal-1
    size: Size
    task: Task  # the newest one, alive or not
    volume: Volume  # on the agent of that task
    marked: bool = False  # permanently-failed
    registered: bool = True  # in ZooKeeper
    empty: bool = False  # its volume is new
    behind: int = 0  # partitions that it should be in sync of, and is not; 1 for all data of what is no Kafka
    placed: int = 0  # counts launches

    @property
    def type(self) -> str:
        return self.pod.rpartition("-")[0]

    @property
    def running(self) -> bool:
        return self.task.state == "TASK_RUNNING"

    @property
    def lost(self) -> bool:
        return self.marked or not self.running or not self.registered or self.behind > 0


@dataclass(eq=False)
class TopicPartition:
    """One partition. As in Kafka, the last in-sync replica stays in the ISR when it goes, and nobody leads."""

    topic: str
    number: int
    replicas: tuple[int, ...]
    isr: list[int]
    leader: int  # -1: none
    wiped: bool = False  # its last in-sync copy was thrown away

    @property
    def name(self) -> str:
        return f"{self.topic}-{self.number}"


@dataclass(eq=False)
class Phase:
    """One pod in the recovery plan."""

    status: str  # PENDING, STARTING, STARTED, COMPLETE
    kind: str  # PERMANENT, TRANSIENT


@dataclass(eq=False)
class SdkService:
    """One service: scheduler, pods and, of a Kafka, topics."""

    shape: ServiceShape
    framework: Framework
    brokers: list[Broker] = field(default_factory=list)
    partitions: list[TopicPartition] = field(default_factory=list)
    recovery: dict[str, Phase] = field(default_factory=dict)  # pod → its phase; empty after each scheduler start
    deploy: str = "COMPLETE"
    up: bool = True  # the scheduler answers
    readable: bool = True  # so do its topic calls
    unread_since: float = 0.0  # when they last ceased to
    cycling: bool = False  # an offer cycle is due
    changes: int = 0
    replaced_at: float = 0.0  # when its scheduler last replaced a broker by itself
    restarts: list[str] = field(default_factory=list)  # pods that are restarted in place, one after the other

    @property
    def name(self) -> str:
        return self.shape.name

    @property
    def app_id(self) -> str:
        """The scheduler's own Marathon app."""
        return f"/{self.shape.name}"

    def without(self, agent_id: str) -> dict[str, tuple[int, int]]:
        """For each partition on this agent: the in-sync copies on others that serve, and all copies."""
        here = {broker.index for broker in self.brokers if broker.task.agent_id == agent_id}
        serving = {broker.index for broker in self.brokers if broker.registered} - here
        there = [partition for partition in self.partitions if here.intersection(partition.replicas)]
        return {p.name: (len(serving.intersection(p.isr)), len(p.replicas)) for p in there}

    @property
    def lost(self) -> list[str]:
        return [broker.pod for broker in self.brokers if broker.lost]
