"""What the core asks of the world, in its own words. Reading ports first, acting ports after.

Every method may raise `Retryable` (no answer, or one that proves nothing), `NodeFailed` (it concerns one
node and will not pass) or `Fatal`. No other exception of a foreign library leaves an adapter.
A method that reads answers for *now*: no port remembers an answer longer than the call.
Every act may be repeated, but for `ServiceActs.replace`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, Protocol

from dcosmaint.model import (
    Agent,
    Agents,
    App,
    Balancer,
    Change,
    Child,
    ClusterFacts,
    Cordon,
    Framework,
    Image,
    Instance,
    Member,
    Placed,
    Service,
    Target,
    Task,
    Units,
    Waiting,
    Window,
    WorkDir,
)


class Step(Protocol):
    """One step of a pipeline."""

    name: ClassVar[str]

    def run(self) -> Iterator[Waiting]:
        """Bring the world to what the name promises.

        Each `yield Waiting(goal, left, patience)` says: not yet, for this reason; look again later. It ends when the
        gate holds. It may be begun again at any moment, so it looks before every act, in every round.
        """
        ...


# ---- reading ----------------------------------------------------------------------------------------------------


class MesosReads(Protocol):
    def agents(self) -> Agents: ...

    def tasks(self) -> tuple[Task, ...]:
        """Live tasks only, from GET_TASKS `tasks` or `/state` `frameworks[].tasks`: never `/tasks` nor the summary."""
        ...

    def frameworks(self) -> tuple[Framework, ...]:
        """Those that are registered and those that the master still remembers, sorted. They tell whose a volume is."""
        ...

    def facts(self) -> ClusterFacts: ...

    def flags(self, agent_id: str) -> Mapping[str, str]:
        """The agent's own start flags, such as `cgroups_enable_cfs`."""
        ...

    def windows(self) -> tuple[Window, ...]:
        """The maintenance schedule, each machine by itself, in its order."""
        ...

    def cordoned(self, agent: Agent, how: Cordon) -> bool:
        """Whether nothing new is placed on it, as far as that method keeps it off. `agent` was read just now."""
        ...

    def lifted(self, agent_id: str, how: Cordon) -> bool:
        """Whether nothing of that cordon is left, neither at the master nor in the agent's work dir."""
        ...


class ServiceReads(Protocol):
    def all(self) -> tuple[Service, ...]:
        """Every SDK service, each read whole, sorted by name."""
        ...

    def one(self, name: str) -> Service: ...

    def rejected(self, member: Member) -> tuple[str, ...]:
        """Why its scheduler took no offer for it lately, the most frequent reason first; () where it does not tell."""
        ...


class MarathonReads(Protocol):
    def apps(self) -> tuple[App, ...]:
        """Every app and pod but the SDK schedulers, sorted by id."""
        ...

    def version(self) -> str:
        """Of the root Marathon. A roll does without it: a login of DC/OS Enterprise may not be allowed to see it."""
        ...


class HealthReads(Protocol):
    def red(self, private_ip: str) -> tuple[str, ...]:
        """The DC/OS units of a node that are not healthy. A node that is not known yet is `Retryable`."""
        ...


class Ec2Reads(Protocol):
    def instances(self, ids: Sequence[str]) -> tuple[Instance, ...]:
        """Those of `ids` that EC2 still knows, a terminated one among them for about an hour.

        Cheap enough for a poll: `protected` and `balancers` are not asked for, and have their defaults.
        """
        ...

    def in_full(self, ids: Sequence[str]) -> tuple[Instance, ...]:
        """The same, with `protected` and `balancers`. It costs calls by the dozen: once a survey, in no poll."""
        ...

    def image(self, ami: str) -> Image | None: ...

    def baked(self, roll: str) -> Image | None:
        """The AMI with the tag `dcosmaint:roll=<roll>`, newest first."""
        ...


class BalancerReads(Protocol):
    def targets(self, balancer: Balancer, of: str) -> tuple[Target, ...] | None:
        """Whom it sends traffic to, sorted, and the target `of` also while its connections are drained.

        None where nobody has such a load balancer any more.
        """
        ...


class PackerReads(Protocol):
    def child(self) -> Child | None:
        """The build that was begun for this roll, or None."""
        ...


class TerraformReads(Protocol):
    def placed(self) -> tuple[Placed, ...]:
        """The instances of the configured groups in the state, sorted by address."""
        ...

    def child(self) -> Child | None:
        """The newest plan or apply that this roll began, or None."""
        ...

    def changes(self) -> tuple[Change, ...]:
        """What the plan that ended last would change: read from the JSON of the saved file."""
        ...

    def images(self) -> Mapping[str, str]:
        """The AMI that the code or the variables name now, by group."""
        ...

    def exposed(self) -> tuple[str, ...]:
        """Groups whose resource lacks `ignore_changes = [ami]`: a plain apply would replace their fleet."""
        ...


class UnitReads(Protocol):
    def look(self, instance: Instance) -> Units: ...

    def work_dir(self, instance: Instance) -> WorkDir: ...


# ---- acting -----------------------------------------------------------------------------------------------------


class MesosActs(Protocol):
    def cordon(self, agent_id: str, how: Cordon) -> None:
        """Nothing new is placed on it; what runs there runs on.

        A method that leaks is made good by its adapter, from now on and for as long as somebody asks `cordoned`.
        """
        ...

    def uncordon(self, agent_id: str, how: Cordon) -> None: ...


class ServiceActs(Protocol):
    def replace(self, member: Member) -> None:
        """SDK pod replace: another place, an **empty** volume. Returns once the scheduler took it. Never repeat it."""
        ...


class MarathonActs(Protocol):
    def kill(self, app: App, instance: str) -> None:
        """End one instance, with the grace period of its app. Marathon starts another one in its place at once."""
        ...

    def restart(self, app: App) -> None:
        """Deploy it anew. Refused while it is being deployed."""
        ...


class Ec2Acts(Protocol):
    def terminate(self, instance_id: str) -> None: ...


class BalancerActs(Protocol):
    def deregister(self, balancer: Balancer, target: str, port: int) -> None:
        """No new connections; open ones are drained for as long as the load balancer is told to."""
        ...

    def register(self, balancer: Balancer, target: str, port: int) -> None: ...


class PackerActs(Protocol):
    def bake(self, roll: str) -> None:
        """Begin a build whose AMI carries the tag `dcosmaint:roll=<roll>`."""
        ...

    def interrupt(self) -> None: ...


class TerraformActs(Protocol):
    def plan(self, addresses: Sequence[str], images: Mapping[str, str]) -> None:
        """Begin a saved plan for these addresses alone."""
        ...

    def apply(self) -> None:
        """Begin the apply of the plan that ended last, of that very file."""
        ...

    def swap(self, group: str, ami: str) -> None:
        """Write the AMI into the code or the variables; every other byte stays."""
        ...

    def interrupt(self) -> None: ...


class UnitActs(Protocol):
    def stop_docker(self, instance: Instance) -> None:
        """SIGUSR1 (dockerd dumps its stacks at it), then stop of docker.service and docker.socket."""
        ...

    def start_docker(self, instance: Instance) -> None: ...

    def hold_agent(self, instance: Instance, *, lasting: bool) -> None:
        """Keep the agent's unit from being started again, by a drop-in; `lasting` survives a reboot."""
        ...

    def signal_agent(self, instance: Instance) -> None:
        """SIGUSR1 to the main process: it unregisters, and its work moves."""
        ...

    def stop_agent(self, instance: Instance) -> None:
        """`systemctl stop` of the socket, where there is one, and the unit."""
        ...

    def release_agent(self, instance: Instance) -> None:
        """Take our drop-ins away and start the unit."""
        ...

    def empty_work_dir(self, instance: Instance) -> None:
        """Remove all that is in the agent's work dir. Refused while its unit is active."""
        ...


class KeyActs(Protocol):
    def enrol(self, instance: Instance) -> None:
        """Learn the SSH host key of an instance that this roll created; one that is known stays as it is."""
        ...


class Lease(Protocol):
    def check(self) -> None:
        """Raise `LeaseLost` unless the lock is still ours, as far as this machine knows. Asks nobody."""
        ...

    def confirm(self) -> None:
        """Read the lock where it is kept, right before an irreversible act: who can't read it waits.

        Raises `LeaseUnread` when it can't be read, `LeaseLost` when it is not ours any more.
        """
        self.check()

    def keep(self) -> None:
        """Leave the lock in place at the end of this process, where it can be: nodes are in flight still."""
        return
