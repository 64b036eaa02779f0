"""apply-terraform: the node's address has a new instance, running, of the wanted AMI."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from dcosmaint.errors import NodeFailed
from dcosmaint.model import Instance, Node, Roll, Waiting
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
        address = self.node.address
        if self._created() is None:
            self.writer.want(self.node, ami)
            yield Waiting("other nodes to join the apply", "", self.roll.policy.waits.apply)
        while (instance := self._created()) is None:
            self.writer.want(self.node, ami)
            yield self.writer.turn()
        self.writer.drop(address)
        while instance.state != "running":
            yield Waiting(f"{instance.id} to run", instance.state, self.roll.policy.waits.apply)
            instance = self._created() or instance
        if instance.ami != ami:
            raise NodeFailed(
                f"{address} has {instance.id} of {instance.ami}, and {ami} was wanted: somebody else applied?"
            )

    def _created(self) -> Instance | None:
        """The new instance at the address, once Terraform's state and EC2 both have it."""
        placed = next((p for p in self.terraform.placed() if p.address == self.node.address), None)
        if placed is None or placed.instance_id == self.node.instance.id:
            return None
        found = self.ec2.instances([placed.instance_id])
        return found[0] if found and found[0].state in ("pending", "running") else None
