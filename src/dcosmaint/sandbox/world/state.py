"""What is true in a pretend cluster, as plain mutable records. The modules beside it change them; the faces read them.

Every record that faces read often counts its `changes`, so that an answer need not be built twice for one truth.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from dcosmaint.sandbox.world.shape import AppShape, KafkaShape, Size

LIVE = ("TASK_STAGING", "TASK_STARTING", "TASK_RUNNING")


@dataclass(eq=False)
class Machine:
    """An EC2 instance and what systemd runs on it."""

    id: str
    ami: str
    private_ip: str
    zone: str
    public: bool
    size: Size
    address: str  # Terraform's: aws_instance.dcos_agent_node[3]
    launched_at: float
    state: str = "pending"  # EC2's word
    protected: bool = False
    scaling_group: str = ""
    load_balancers: tuple[str, ...] = ()
    architecture: str = "x86_64"
    attributes: dict[str, str] = field(default_factory=dict)
    agent_id: str = ""  # the identity in the agent's work dir; "" before it first registered
    rebooting: bool = False
    docker: bool = False  # docker.service and docker.socket are active
    terminated_at: float = 0.0  # 0: not yet
    containers_until: float = 0.0  # containerd-shim processes linger until then
    process: bool = False  # the agent's main process is alive
    restarting: bool = False  # Restart=always: systemd is about to start the unit again
    hold: str = ""  # our drop-in: runtime, or lasting, which survives a reboot
    life: int = 0  # counts starts and ends of the process, so that late effects find out that they are late
    healthy_at: float = 0.0  # DC/OS diagnostics are red until then
    red: tuple[str, ...] = ()  # units that stay red, set by a fault

    @property
    def unit(self) -> str:
        return "dcos-mesos-slave-public" if self.public else "dcos-mesos-slave"

    @property
    def group(self) -> str:
        """The Terraform resource that the address belongs to."""
        return self.address.partition("[")[0]


@dataclass(eq=False)
class Task:
    """A Mesos task."""

    id: str
    name: str
    framework: str  # name, without outer slashes
    agent_id: str
    size: Size
    docker: bool = False
    state: str = "TASK_STAGING"
    launched_at: float = 0.0
    running_at: float = 0.0
    ended_at: float = 0.0
    reason: str = ""

    @property
    def live(self) -> bool:
        return self.state in LIVE


@dataclass(eq=False)
class Agent:
    """A Mesos agent that the master knows, listed or not."""

    id: str
    machine: Machine
    registered_at: float
    size: Size
    reregistered_at: float = 0.0  # 0: never
    listed: bool = True
    recovering: bool = False  # the master failed over and it has not re-registered yet
    connected: bool = True
    deactivated: bool = False
    draining: bool = False
    attributes: dict[str, str] = field(default_factory=dict)
    version: str = ""
    flags: dict[str, str] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)  # live ones, by id
    reserved: dict[str, Size] = field(default_factory=dict)  # "service/pod" → what is reserved for it here

    @property
    def active(self) -> bool:
        """As Mesos says it: False for a disconnected one, and for a deactivated one."""
        return self.connected and not self.deactivated

    @property
    def offers(self) -> bool:
        """Whether frameworks get offers of it: not even the owner of a reservation gets any of a deactivated one."""
        return self.listed and self.active and not self.draining and not self.recovering

    @property
    def free(self) -> Size:
        """What is neither reserved for a pod nor used by a task without a reservation."""
        left = self.size
        for size in self.reserved.values():
            left = left - size
        for task in self.tasks.values():
            if task.framework == "marathon":
                left = left - task.size
        return left


@dataclass(eq=False)
class Framework:
    """What the master knows of a framework."""

    id: str
    name: str
    role: str
    active: bool = True
    completed: list[Task] = field(default_factory=list)  # newest last, the last 100


@dataclass(eq=False)
class Broker:
    """One pod instance of a Kafka service, with what its scheduler stored of it."""

    index: int
    pod: str  # kafka-0; of the brokers generation: broker-0
    size: Size
    task: Task  # the newest one, alive or not
    marked: bool = False  # permanently-failed
    registered: bool = True  # in ZooKeeper
    empty: bool = False  # its volume is new
    behind: int = 0  # partitions that it should be in sync of, and is not
    placed: int = 0  # counts launches

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
class KafkaService:
    """One Kafka service: scheduler, pods and topics."""

    shape: KafkaShape
    framework: Framework
    brokers: list[Broker] = field(default_factory=list)
    partitions: list[TopicPartition] = field(default_factory=list)
    recovery: dict[str, Phase] = field(default_factory=dict)  # pod → its phase; empty after each scheduler start
    deploy: str = "COMPLETE"
    up: bool = True  # the scheduler answers
    readable: bool = True  # so do its topic calls
    cycling: bool = False  # an offer cycle is due
    changes: int = 0

    @property
    def name(self) -> str:
        return self.shape.name

    @property
    def app_id(self) -> str:
        """The scheduler's own Marathon app."""
        return f"/{self.shape.name}"

    @property
    def lost(self) -> list[str]:
        return [broker.pod for broker in self.brokers if broker.lost]


@dataclass(eq=False)
class App:
    """A Marathon app, a scheduler's among them."""

    shape: AppShape
    labels: dict[str, str] = field(default_factory=dict)
    tasks: list[Task] = field(default_factory=list)  # live ones
    due: int = 0  # launches that wait for their backoff or for an offer
    cycling: bool = False  # its backoff runs
    failures: int = 0  # in a row: the backoff grows with them

    @property
    def id(self) -> str:
        return self.shape.id

    @property
    def running(self) -> int:
        return sum(task.state == "TASK_RUNNING" for task in self.tasks)

    @property
    def checked(self) -> bool:
        """It has a health check, as every scheduler does."""
        return self.shape.docker or bool(self.labels)


@dataclass(eq=False)
class Ami:
    id: str
    name: str
    state: str = "available"
    architecture: str = "x86_64"
    roll: str = ""  # the tag dcosmaint:roll
    created_at: float = 0.0
