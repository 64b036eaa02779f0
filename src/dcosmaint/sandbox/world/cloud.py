"""EC2: instances and AMIs."""

from __future__ import annotations

from dcosmaint.sandbox.world.faults import Rejected
from dcosmaint.sandbox.world.ground import Ground
from dcosmaint.sandbox.world.shape import NodeShape
from dcosmaint.sandbox.world.state import Ami, Machine
from dcosmaint.sandbox.world.systemd import Systemd


class Cloud:
    def __init__(self, ground: Ground, systemd: Systemd) -> None:
        self._ground = ground
        self._systemd = systemd
        self.amis: dict[str, Ami] = {}
        self._addresses = 20  # counts private IPs, over all zones
        self.changes = 0

    def add_ami(self, name: str, ami_id: str = "") -> Ami:
        ami = Ami(ami_id or self._ground.chance.ami_id(), name, created_at=self._ground.clock.now)
        self.amis[ami.id] = ami
        self.changes += 1
        return ami

    def newest_ami(self, roll: str) -> Ami | None:
        """The newest AMI with the tag of this roll."""
        return next((ami for ami in reversed(self.amis.values()) if ami.roll == roll), None)

    def add(self, shape: NodeShape) -> Machine:
        """An instance that has always been there."""
        ground = self._ground
        machine = Machine(
            id=shape.instance_id or ground.chance.instance_id(),
            ami=shape.ami,
            private_ip=shape.private_ip or self._new_ip(shape.zone),
            zone=shape.zone,
            public=shape.public,
            size=shape.size,
            address=shape.address,
            launched_at=ground.clock.now,
            volume=shape.volume,
            apart=shape.apart,
        )
        machine.attributes = {"public_ip": "true"} if shape.public else {"tier": "worker"}
        ground.machines[machine.id] = machine
        self.changes += 1
        return machine

    def launch(self, shape: NodeShape, old: Machine | None = None) -> Machine:
        """RunInstances: pending, then running; its agent registers when it has booted.

        Its boot script gets it the volume of `old`, unless that is Terraform's business.
        """
        machine = self.add(shape)
        if old and not self._ground.shape.attachments:
            self.attach(machine, old)
        facts = {"ami": machine.ami, "ip": machine.private_ip}
        self._ground.tell("terraform", "launch", machine, **facts)
        self._ground.clock.after(self._ground.chance.within((8.0, 20.0)), lambda: self._runs(machine))
        return machine

    def attach(self, machine: Machine, old: Machine) -> None:
        """The volume of `old`, with what is on it. An agent that has come up by then does not look there."""
        if old.volume:
            machine.volume, machine.apart = old.volume, old.apart and not machine.installed
        if machine.apart:
            machine.agent_id = "" if old.emptied else old.agent_id
            machine.forgotten = old.forgotten
        self.changes += 1

    def _runs(self, machine: Machine) -> None:
        if machine.state == "pending":
            machine.state = "running"
            self.changes += 1
            self._systemd.boot(machine)

    def terminate(self, instance_id: str, by: str = "tool") -> None:
        machine = self._ground.machines.get(instance_id)
        if machine is None:
            raise Rejected(400, f"The instance ID '{instance_id}' does not exist")
        if machine.protected:
            raise Rejected(400, f"The instance '{instance_id}' may not be terminated: disableApiTermination is set")
        if machine.state in ("shutting-down", "terminated"):
            return
        self._ground.tell(by, "terminate", machine, ami=machine.ami)
        machine.state = "shutting-down"
        self.changes += 1
        self._systemd.power_off(machine)
        self._ground.clock.after(self._ground.chance.within((25.0, 35.0)), lambda: self._terminated(machine))

    def _terminated(self, machine: Machine) -> None:
        machine.state, machine.terminated_at = "terminated", self._ground.clock.now
        self.changes += 1
        self._ground.tell("aws", "terminated", machine)

    def next_ip(self, old: Machine) -> str:
        """Where its replacement will be: often at the very same address, if that is free."""
        free = all(m.private_ip != old.private_ip or m.state == "terminated" for m in self._ground.machines.values())
        if free and self._ground.chance.happens(self._ground.shape.same_ip):
            return old.private_ip
        return self._new_ip(old.zone)

    def _new_ip(self, zone: str) -> str:
        """One that no machine has or had: a copy of another cluster brought its addresses along."""
        zones, taken = self._ground.shape.zones, {machine.private_ip for machine in self._ground.machines.values()}
        net = zones.index(zone) + 1 if zone in zones else 9
        while True:
            self._addresses += 1
            address = f"10.{self._addresses // 250}.{net}.{self._addresses % 250}"
            if address not in taken:
                return address
