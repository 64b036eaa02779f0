"""apply-terraform: the node's address has a new instance, running, of the wanted AMI, and what goes with the node."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from dcosmaint.errors import NodeFailed
from dcosmaint.model import Instance, Node, Roll, Waiting
from dcosmaint.planner.work_dirs import outlives
from dcosmaint.ports import Ec2Reads, TerraformReads
from dcosmaint.steps.differences import left_behind
from dcosmaint.steps.looks import wanted_ami
from dcosmaint.steps.slots import Slots
from dcosmaint.steps.writer import Writer


@dataclass(frozen=True)
class ApplyTerraform:
    name: ClassVar[str] = "apply-terraform"
    node: Node
    roll: Roll
    terraform: TerraformReads
    ec2: Ec2Reads
    writer: Writer
    slots: Slots

    def run(self) -> Iterator[Waiting]:
        ami = wanted_ami(self.roll, self.node.group, self.ec2)
        address, patience = self.node.address, self.roll.policy.waits.apply
        joined = False
        while (instance := self._created(there := self._there())) is None:
            self.writer.want(self.node, ami, seen=there)
            yield self.writer.turn() if joined else Waiting("other nodes to join the apply", "", patience)
            joined = True
        if instance.ami != ami:
            self.writer.drop(address)
            raise NodeFailed(
                f"{address} has {instance.id} of {instance.ami}, and {ami} was wanted: somebody else applied? Terminate"
                f" it, and a resume makes the node anew.{self._before(instance)}"
            )
        while not self.writer.complete(self.node, ami, instance.id):
            yield self.writer.turn()
        self.writer.drop(address)
        while left := self._left(instance):
            yield left
            instance = self._created(self._there()) or instance

    def _left(self, instance: Instance) -> Waiting | None:
        """What there is to wait for on an instance that is there. People's boot scripts attach volumes too."""
        patience = self.roll.policy.waits.apply
        if instance.state != "running":
            return Waiting(f"{instance.id} to run", instance.state, patience)
        lost = ", ".join(left_behind(self.node.instance, instance))
        if not lost:
            return None
        if self.roll.policy.accepts("differs", "volumes"):
            self.slots.note(f"{lost} was not attached to {instance.id}, as accepted")
            return None
        left = (
            f"EC2 kept it of {self.node.instance.id}, and nothing attaches it: attach it, and name what should have in"
            " terraform.companions, or, if it is meant so, `dcosmaint resume --accept differs=volumes`"
        )
        return Waiting(f"{lost} to be attached to {instance.id}", left, patience)

    def _before(self, instance: Instance) -> str:
        """What was emptied for the next instance is that one's by now."""
        if self.roll.policy.work_dir != "fresh" or not outlives(self.node, self.roll.policy):
            return ""
        return f" Before that, stop its agent and empty /var/lib/mesos/slave on {instance.id}: the next one finds it."

    def _there(self) -> str:
        """The instance that Terraform's state has at the address, "" for none."""
        return next((p.instance_id for p in self.terraform.placed() if p.address == self.node.address), "")

    def _created(self, there: str) -> Instance | None:
        """The new instance, once both Terraform's state and EC2 have it."""
        if there in ("", self.node.instance.id):
            return None
        found = self.ec2.instances([there])
        return found[0] if found and found[0].state in ("pending", "running") else None
