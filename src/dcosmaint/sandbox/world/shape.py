"""What a pretend cluster is made of, as a frozen value. `Shape()` is the default cluster, and it is a nasty one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dcosmaint.sandbox.world.profiles import PROFILES, Profile

Range = tuple[float, float]


@dataclass(frozen=True)
class Size:
    """Cores, MiB, MiB."""

    cpus: float = 0.0
    mem: float = 0.0
    disk: float = 0.0

    def __add__(self, other: Size) -> Size:
        return Size(self.cpus + other.cpus, self.mem + other.mem, self.disk + other.disk)

    def __sub__(self, other: Size) -> Size:
        return Size(self.cpus - other.cpus, self.mem - other.mem, self.disk - other.disk)

    @property
    def counted(self) -> Size:
        """As Mesos counts: to three decimals."""
        return Size(round(self.cpus, 3), round(self.mem, 3), round(self.disk, 3))

    def covers(self, other: Size) -> bool:
        return self.cpus >= other.cpus and self.mem >= other.mem and self.disk >= other.disk


@dataclass(frozen=True)
class NodeShape:
    """One node. What is left empty is made up by the World."""

    zone: str
    public: bool = False
    size: Size = Size(8.0, 32768.0, 204800.0)
    address: str = ""
    private_ip: str = ""
    instance_id: str = ""
    agent_id: str = ""
    ami: str = ""
    volume: str = ""  # an EBS volume beside its root that is kept when the instance is terminated
    apart: bool = False  # the agent's work dir is on it


@dataclass(frozen=True)
class TopicShape:
    name: str
    partitions: int
    replication: int


@dataclass(frozen=True)
class KafkaShape:
    """One Kafka service. `api` is the generation of its scheduler's calls: pod, or brokers (before the SDK).

    `secured`: its scheduler may not read ZooKeeper, and its brokers take nobody without TLS and a login.
    `replaces_after`: seconds that a broker is down until its scheduler itself replaces it; None: it never does.
    """

    name: str
    brokers: int
    topics: tuple[TopicShape, ...]
    api: str = "pod"
    package: str = "kafka"
    size: Size = Size(1.0, 4096.0, 20480.0)
    secured: bool = False
    learns: bool = True  # its SDK (from 0.55.2) replaces a member by itself that is gone for good
    replaces_after: float | None = None
    seeds: ClassVar[int | None] = None
    proof: ClassVar[bool] = False
    apart: ClassVar[tuple[tuple[str, str], ...]] = ()

    @property
    def pods(self) -> tuple[str, ...]:
        return tuple(f"{'broker' if self.api == 'brokers' else 'kafka'}-{index}" for index in range(self.brokers))

    @property
    def task(self) -> str:
        """Behind the name of its pod; before the SDK a task was all that there was."""
        return "" if self.api == "brokers" else "broker"


@dataclass(frozen=True)
class StoreShape:
    """One stateful service that is no Kafka: pods of several types, data, and no topics.

    `proof`: whether somebody can tell that a member is in sync before its scheduler can, whose word is `started` then.
    Without it its readiness check waits for the data. `seeds`: so many of the first pods are seeds of a Cassandra.
    `apart`: pairs of pods, or of types as `journal-`, that may never be lost together.
    """

    name: str
    package: str
    pods: tuple[str, ...]
    task: str = "node"
    seeds: int | None = None
    proof: bool = True
    apart: tuple[tuple[str, str], ...] = ()
    size: Size = Size(1.0, 4096.0, 20480.0)
    learns: bool = True
    api: ClassVar[str] = "pod"
    replaces_after: ClassVar[float | None] = None
    topics: ClassVar[tuple[TopicShape, ...]] = ()


ServiceShape = KafkaShape | StoreShape


@dataclass(frozen=True)
class AppShape:
    """One Marathon app. `spread` is the constraint GROUP_BY hostname, `unique` is UNIQUE hostname."""

    id: str
    instances: int
    docker: bool = False
    unique: bool = False
    spread: bool = True
    public: bool = False
    resident: bool = False
    size: Size = Size(0.5, 512.0, 0.0)


@dataclass(frozen=True)
class JobsShape:
    """A framework that nobody knows. `on`: numbers of the private nodes with a task of it at the beginning."""

    name: str = "metronome"
    on: tuple[int, ...] = ()
    lasts: Range | None = (60.0, 300.0)  # seconds from the start of a task to its end; None: until it is killed
    every: float = 0.0  # seconds between two more tasks, each wherever there is room; 0: there are no more
    size: Size = Size(0.1, 64.0, 0.0)


@dataclass(frozen=True)
class BalancerShape:
    """What sends traffic to the public nodes. `kind`: classic, or a target group by instance, or by ip."""

    name: str
    kind: str = "instance"
    port: int = 80
    draining: float = 30.0  # seconds that open connections get
    strangers: int = 0  # healthy targets of it that are no nodes
    attached: bool = False  # Terraform registers each instance that it creates


EVENTS = KafkaShape(
    "kafka-events", 5, (TopicShape("clicks", 6, 3), TopicShape("logins", 4, 2), TopicShape("__consumer_offsets", 5, 3))
)
ORDERS = KafkaShape("prod/kafka-orders", 4, (TopicShape("orders", 6, 3), TopicShape("refunds", 3, 2)))
LEGACY = KafkaShape("kafka-legacy", 3, (TopicShape("audit", 4, 2), TopicShape("mail", 3, 3)), api="brokers")
CASSANDRA = StoreShape(
    "cassandra",
    "cassandra",
    ("node-0", "node-1", "node-2", "node-3"),
    task="server",
    seeds=2,
    apart=(("node-0", "node-"), ("node-1", "node-")),
)
HDFS = StoreShape(
    "hdfs",
    "hdfs",
    ("journal-0", "journal-1", "journal-2", "name-0", "name-1", "data-0", "data-1", "data-2"),
    proof=False,
    apart=(("journal-", "journal-"), ("journal-", "name-"), ("name-", "name-")),
)
FRAGILE = TopicShape("scratch", 2, 1)  # replication 1, the package's default: a replace wipes its only copy

APPS = (
    AppShape("/web", 6, docker=True),
    AppShape("/api", 4, docker=True),
    AppShape("/auth", 3),
    AppShape("/search", 3, docker=True),
    AppShape("/billing", 2),
    AppShape("/mailer", 2, docker=True),
    AppShape("/cache", 2),
    AppShape("/cron", 1),
    AppShape("/reports", 1, docker=True),
    AppShape("/edge/proxy", 2, docker=True, unique=True, public=True),
)


BALANCERS = (BalancerShape("public-agents", "classic"), BalancerShape("edge", "ip", port=8080))


@dataclass(frozen=True)
class Shape:
    """A whole cluster. Ranges are seconds; one seed decides everything that is left to chance."""

    nodes: int = 12
    public: int = 2
    zones: tuple[str, ...] = ("us-east-1a", "us-east-1b", "us-east-1c")
    services: tuple[ServiceShape, ...] = (EVENTS, ORDERS, LEGACY)
    apps: tuple[AppShape, ...] = APPS
    jobs: tuple[JobsShape, ...] = ()
    balancers: tuple[BalancerShape, ...] = BALANCERS
    profile: str = "2.1"  # a release of DC/OS, by its name in PROFILES
    terraform_exposed: bool = False  # the resources lack ignore_changes = [ami]
    seed: int = 0
    resync: Range = (60.0, 900.0)  # an empty broker's way back into every ISR: slower than a boot
    shutdown: Range = (0.5, 4.0)  # of a member that is replaced
    register: Range = (60.0, 180.0)  # from launch to the agent's registration
    call: Range = (0.01, 0.5)  # of ours, in process and on virtual time
    drag: float = 1.0  # how much more of its time our calls and terraform take than on a cluster whose time is ours
    same_ip: float = 0.7  # how often a replacement gets its predecessor's private IP
    volumes: str = ""  # on each node's volume that outlives its instance: data, its agent's work-dir, in turn if mixed
    attachments: bool = False  # Terraform attaches those volumes; else what a node's boot script finds
    masters: tuple[str, ...] = ("10.0.0.11", "10.0.0.12", "10.0.0.13")

    def apart(self, number: int) -> bool:
        """Whether the work dir of that node's agent is on a volume that outlives its instance."""
        return self.volumes == "work-dir" or (self.volumes == "mixed" and number % 2 == 0)

    @property
    def release(self) -> Profile:
        return PROFILES[self.profile]
