"""What changes the world, and the lease without which nobody does. Only `ServiceActs.replace` may not be repeated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from dcosmaint.model import App, Balancer, Cordon, Instance, Member


class MesosActs(Protocol):
    def cordon(self, agent_id: str, how: Cordon) -> None:
        """Nothing new is placed on it; what runs there runs on.

        A method that leaks is made good by its adapter, from now on and for as long as somebody asks `cordoned`.
        """
        ...

    def uncordon(self, agent_id: str, how: Cordon) -> None: ...

    def mark_gone(self, agent_id: str) -> None:
        """It never comes back: the master forgets it at once, and tells so whose tasks ran there.

        SDK schedulers (from 0.55.2) then replace all members on it, at once. One that has unregistered is forgotten.
        """
        ...


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
    def plan(self, addresses: Sequence[str], companions: Sequence[str], images: Mapping[str, str]) -> None:
        """Begin a saved plan for these addresses, and for what goes with them, alone."""
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
        """SIGUSR1 to its own process: it unregisters, and its work moves."""
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
