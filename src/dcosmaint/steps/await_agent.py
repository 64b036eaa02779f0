"""await-agent: a new agent, proved to be on the new instance (R7), whose SSH host key is enrolled.

Neither hostname nor address nor a new agent id proves it: the old instance can come back under all three. The chain is
address → instance id → its private IP → an agent there that registered after that instance was launched.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from dcosmaint.errors import Retryable
from dcosmaint.model import Agent, Instance, Node, Waiting, Waits
from dcosmaint.ports import Ec2Reads, KeyActs, MesosReads, TerraformReads
from dcosmaint.steps.looks import LOOKS, agents_at


@dataclass(frozen=True)
class AwaitAgent:
    name: ClassVar[str] = "await-agent"
    node: Node
    terraform: TerraformReads
    ec2: Ec2Reads
    mesos: MesosReads
    acts: KeyActs
    waits: Waits

    def run(self) -> Iterator[Waiting]:
        good = 0
        while good < LOOKS:
            instance = new_instance(self.node, self.terraform, self.ec2)
            good = good + 1 if new_agent(instance, self.mesos) else 0
            if good < LOOKS:
                yield Waiting(f"an agent on {instance.id} at {instance.private_ip}", "", self.waits.register)
        self.acts.enrol(instance)


def new_instance(node: Node, terraform: TerraformReads, ec2: Ec2Reads) -> Instance:
    """The instance that took the node's place."""
    placed = next((p for p in terraform.placed() if p.address == node.address), None)
    if placed is None or placed.instance_id == node.instance.id:
        raise Retryable(f"Terraform's state names no new instance at {node.address}")
    found = ec2.instances([placed.instance_id])
    if not found:
        raise Retryable(f"EC2 does not know {placed.instance_id} yet")
    return found[0]


def new_agent(instance: Instance, mesos: MesosReads) -> Agent | None:
    """The one agent at the instance's address that registered after it was launched, and serves."""
    agents = [a for a in agents_at(mesos, instance.private_ip) if a.registered_at > instance.launched_at]
    serving = [a for a in agents if a.active and not a.deactivated and not a.draining]
    return serving[0] if len(serving) == len(agents) == 1 else None
