"""apply-terraform: the node's address has a new instance, running, of the wanted AMI."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from dcosmaint.errors import NodeFailed
from dcosmaint.model import Instance, Node, Roll, Waiting
from dcosmaint.planner.work_dirs import outlives
from dcosmaint.ports import Ec2Reads, TerraformReads
from dcosmaint.steps.looks import wanted_ami
from dcosmaint.steps.writer import Writer


@dataclass(frozen=True)
class ApplyTerraform:
    name: ClassVar[str] = "apply-terraform"
    node: Node
    roll: Roll
    terraform: TerraformReads
    ec2: Ec2Reads
    writer: Writer

    def run(self) -> Iterator[Waiting]:
        ami = wanted_ami(self.roll, self.node.group, self.ec2)
        address, patience = self.node.address, self.roll.policy.waits.apply
        joined = False
        while (instance := self._created(there := self._there())) is None:
            self.writer.want(self.node, ami, seen=there)
            yield self.writer.turn() if joined else Waiting("other nodes to join the apply", "", patience)
            joined = True
        self.writer.drop(address)
        while instance.state != "running":
            yield Waiting(f"{instance.id} to run", instance.state, patience)
            instance = self._created(self._there()) or instance
        if instance.ami != ami:
            raise NodeFailed(
                f"{address} has {instance.id} of {instance.ami}, and {ami} was wanted: somebody else applied? Terminate"
                f" it, and a resume makes the node anew.{self._before(instance)}"
            )

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
