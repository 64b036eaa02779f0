"""What a pretend cluster is made of, as a frozen value. `Shape()` is the default cluster, and it is a nasty one."""

from __future__ import annotations

from dataclasses import dataclass

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


@dataclass(frozen=True)
class TopicShape:
    name: str
    partitions: int
    replication: int


@dataclass(frozen=True)
class KafkaShape:
    """One Kafka service. `api` is the generation of its scheduler's calls: pod, or brokers (before the SDK)."""

    name: str
    brokers: int
    topics: tuple[TopicShape, ...]
    api: str = "pod"
    package: str = "kafka"
    size: Size = Size(1.0, 4096.0, 20480.0)


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


EVENTS = KafkaShape(
    "kafka-events", 5, (TopicShape("clicks", 6, 3), TopicShape("logins", 4, 2), TopicShape("__consumer_offsets", 5, 3))
)
ORDERS = KafkaShape("prod/kafka-orders", 4, (TopicShape("orders", 6, 3), TopicShape("refunds", 3, 2)))
LEGACY = KafkaShape("kafka-legacy", 3, (TopicShape("audit", 4, 2), TopicShape("mail", 3, 3)), api="brokers")
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


@dataclass(frozen=True)
class Shape:
    """A whole cluster. Ranges are seconds; one seed decides everything that is left to chance."""

    nodes: int = 12
    public: int = 2
    zones: tuple[str, ...] = ("us-east-1a", "us-east-1b", "us-east-1c")
    services: tuple[KafkaShape, ...] = (EVENTS, ORDERS, LEGACY)
    apps: tuple[AppShape, ...] = APPS
    profile: str = "2.1"  # or 1.11, whose Mesos 1.5 can't deactivate an agent
    terraform_exposed: bool = False  # the resources lack ignore_changes = [ami]
    seed: int = 0
    resync: Range = (60.0, 900.0)  # an empty broker's way back into every ISR: slower than a boot
    register: Range = (60.0, 180.0)  # from launch to the agent's registration
    same_ip: float = 0.7  # how often a replacement gets its predecessor's private IP
    masters: tuple[str, ...] = ("10.0.0.11", "10.0.0.12", "10.0.0.13")
