"""What the outside things look like: Mesos, AWS, Terraform, a node's systemd."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from dcosmaint.model.balancers import Registration
from dcosmaint.model.words import NOTHING, Resources


@dataclass(frozen=True, order=True)
class Volume:
    """A persistent volume of an agent: it keeps its data, and its place, whether or not a task uses it."""

    id: str
    role: str  # that its disk is reserved for: a framework's, or one that several share
    principal: str  # who reserved it; "" where Mesos was not told


@dataclass(frozen=True, order=True)
class Apart:
    """What a roll has set apart on an agent, so that nobody else is offered it."""

    roll: str  # its label; "" where somebody reserved for our role without one
    cpus: float
    mem: float

    def __str__(self) -> str:
        whose = f"roll {self.roll}" if self.roll else "somebody, for role dcosmaint,"
        return f"{whose} has left {self.cpus:g} cpus and {self.mem:g} MiB set apart"


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
    resources: Resources = NOTHING
    free: Resources = NOTHING  # neither reserved, nor used, nor offered to nobody's harm
    version: str = ""
    volumes: tuple[Volume, ...] = ()  # sorted
    open: Resources = NOTHING  # what could still be set apart: `free`, and on a public agent what its own role has free
    apart: tuple[Apart, ...] = ()  # sorted

    @property
    def role(self) -> Literal["private", "public"]:
        return "public" if self.public else "private"

    @property
    def serves(self) -> bool:
        """Whether what runs there serves, as far as the master hears. One that is deactivated is never active."""
        return self.active or self.deactivated


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


@dataclass(frozen=True, order=True)
class Framework:
    """A framework that the master knows, or remembers; two may have one name after a reinstallation."""

    name: str  # without outer slashes
    roles: tuple[str, ...]
    principal: str = ""


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
    balancers: tuple[Registration, ...] = ()  # what sends it traffic, sorted; only `in_full` asks for them
    outlived_by: tuple[str, ...] = ()  # EBS volumes beside its root that are kept when it is terminated, sorted

    def as_target(self, like: Registration) -> str:
        """What it is called where another one is registered like that."""
        return self.private_ip if like.by_ip else self.id


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
    instances: tuple[str, ...] = ()  # ids of EC2 instances that it would then name, as far as the plan knows them


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
    login_lost: bool = False  # it failed because nobody takes its credentials (any more)


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
class WorkDir:
    """The work dir of a node's agent: its identity, its reservations, its volumes, the sandboxes of its tasks."""

    apart: bool  # on another device than the root file system, which no instance hands on
    empty: bool
