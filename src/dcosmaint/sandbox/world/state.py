"""What is true in a pretend cluster, as plain mutable records. The modules beside it change them; the faces read them.

Every record that faces read often counts its `changes`, so that an answer need not be built twice for one truth.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from dcosmaint.sandbox.world.layers import Layers
from dcosmaint.sandbox.world.shape import AppShape, BalancerShape, Size
from dcosmaint.sandbox.world.volumes import Volume, principal_of

LIVE = ("TASK_STAGING", "TASK_STARTING", "TASK_RUNNING", "TASK_KILLING")


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
    architecture: str = "x86_64"
    attributes: dict[str, str] = field(default_factory=dict)
    agent_id: str = ""  # the identity in the agent's work dir, or that was there; "" before there was one
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
    volume: str = ""  # an EBS volume that outlives it
    apart: bool = False  # the work dir is on that volume
    emptied: bool = False  # nothing is left in the work dir
    forgotten: bool = False  # its work dir has all but the agent's identity
    installed: bool = False  # the agent has been up here before

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
    loose: bool = False  # out of no reservation, and not Marathon's
    state: str = "TASK_STAGING"
    launched_at: float = 0.0
    running_at: float = 0.0
    ended_at: float = 0.0
    reason: str = ""

    @property
    def live(self) -> bool:
        return self.state in LIVE


@dataclass(frozen=True)
class Drain:
    """An operator's order to empty an agent."""

    mark_gone: bool = False  # and to give it up once it is empty
    grace: int | None = None  # nanoseconds for each task, where the order said so


@dataclass(eq=False)
class Agent:
    """A Mesos agent that the master knows, listed or not."""

    id: str
    machine: Machine
    registered_at: float
    size: Size
    reregistered_at: float = 0.0  # 0: never
    ids: tuple[str, ...] = ()  # its own, after those that it had before with the same work dir
    listed: bool = True
    recovering: bool = False  # the master failed over and it has not re-registered yet
    connected: bool = True
    deactivated: bool = False
    drain: Drain | None = None
    unreachable: bool = False  # taken off the list for its silence
    gone: bool = False  # given up by an operator: it never comes back under this id
    attributes: dict[str, str] = field(default_factory=dict)
    version: str = ""
    flags: dict[str, str] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)  # live ones, by id
    reserved: dict[str, Size] = field(default_factory=dict)  # "service/pod" → what is reserved for it here
    volumes: dict[str, Volume] = field(default_factory=dict)  # by the same key, on the disk of that reservation
    set_apart: dict[Layers, Size] = field(default_factory=dict)  # by an operator
    unsaved: list[tuple[Layers, Size]] = field(default_factory=list)  # changes of that which its disk has not yet
    freed: list[tuple[float, Size]] = field(default_factory=list)  # what became free, and when it is offered next

    def reserve(self, key: str, size: Size, volume: Volume) -> None:
        self.reserved[key], self.volumes[key] = size, volume

    def unreserve(self, key: str) -> Size:
        """The volume is destroyed first: Mesos gives back no disk with data on it."""
        self.volumes.pop(key, None)
        return self.reserved.pop(key)

    @property
    def active(self) -> bool:
        """As Mesos says it: False for a disconnected one, and for a deactivated one."""
        return self.connected and not self.deactivated

    @property
    def draining(self) -> bool:
        """Drained as well."""
        return self.drain is not None

    @property
    def offers(self) -> bool:
        """Whether frameworks get offers of it: not even the owner of a reservation gets any of a deactivated one."""
        return self.listed and self.active and not self.draining and not self.recovering

    @property
    def free(self) -> Size:
        """What is neither reserved nor used by a task without a reservation."""
        cpus, mem, disk = self.size.cpus, self.size.mem, self.size.disk
        used = [task.size for task in self.tasks.values() if task.loose or task.framework == "marathon"]
        for size in (*self.reserved.values(), *self.set_apart.values(), *used):
            cpus, mem, disk = cpus - size.cpus, mem - size.mem, disk - size.disk
        return Size(cpus, mem, disk)

    @property
    def on_disk(self) -> dict[Layers, Size]:
        """What an operator has set apart as far as the agent itself has written it down."""
        found = dict(self.set_apart)
        for layers, change in self.unsaved:
            found[layers] = (found.get(layers, Size()) - change).counted
        return {layers: size for layers, size in found.items() if size != Size()}

    def offered(self, now: float) -> Size:
        """Of what is free, what frameworks have been offered: the allocator runs once a second."""
        self.freed = [(at, size) for at, size in self.freed if at > now]
        left = self.free
        for _, size in self.freed:
            left -= size
        return left


@dataclass(eq=False)
class Framework:
    """What the master knows of a framework."""

    id: str
    name: str
    role: str
    aware: bool = True  # PARTITION_AWARE: it is told apart whether a task can't be reached, or is gone for good
    active: bool = True
    completed: list[Task] = field(default_factory=list)  # newest last, the last 100

    @property
    def principal(self) -> str:
        return principal_of(self.name)


@dataclass(eq=False)
class App:
    """A Marathon app, a scheduler's among them."""

    shape: AppShape
    labels: dict[str, str] = field(default_factory=dict)  # a scheduler's
    notes: dict[str, str] = field(default_factory=dict)  # labels of another app, by whoever created it
    created_at: float = 0.0  # 0: it was there from the beginning
    tasks: list[Task] = field(default_factory=list)  # live ones
    due: int = 0  # launches that wait for their backoff or for an offer
    cycling: bool = False  # its backoff runs
    failures: int = 0  # in a row: the backoff grows with them
    old: list[Task] = field(default_factory=list)  # instances that a restart ends once the new ones serve
    waiting: list[Task] = field(default_factory=list)  # lost with their agent, whose data they wait for

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


@dataclass(eq=False)
class Target:
    """An instance id or an IP, as a load balancer knows it."""

    id: str
    checked_at: float  # until then its health is not known
    draining: bool = False


@dataclass(eq=False)
class Balancer:
    """A classic load balancer, or a target group, which has an ARN and may know its targets by IP."""

    shape: BalancerShape
    arn: str = ""
    targets: dict[str, Target] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.arn or self.shape.name

    @property
    def port(self) -> int:
        """Of its targets; the listeners of a classic one have it."""
        return self.shape.port if self.arn else 0

    def called(self, machine: Machine) -> str:
        return machine.private_ip if self.shape.kind == "ip" else machine.id
