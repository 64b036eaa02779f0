"""await-agent: a new agent, proved to be on the new instance (R7), whose SSH host key is enrolled.

Neither hostname nor address nor agent id proves it: the old instance can come back under all three, and a work dir that
outlives it brings the old id to the new one. The chain is address → instance id → its private IP → an agent there that
registered after that instance was launched.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from dcosmaint.errors import NodeFailed, Retryable
from dcosmaint.model import Agent, Instance, Node, Roll, Waiting
from dcosmaint.planner.work_dirs import outlives
from dcosmaint.ports import Ec2Reads, KeyActs, MesosActs, MesosReads, TerraformReads
from dcosmaint.steps.differences import identity, way_out
from dcosmaint.steps.looks import LOOKS, agents_at
from dcosmaint.steps.slots import Slots


@dataclass(frozen=True)
class AwaitAgent:
    name: ClassVar[str] = "await-agent"
    roll: Roll
    terraform: TerraformReads
    ec2: Ec2Reads
    mesos: MesosReads
    cordons: MesosActs
    acts: KeyActs
    slots: Slots

    def run(self) -> Iterator[Waiting]:
        seen: list[Agent] = []
        while len(seen) < LOOKS:
            instance = new_instance(self.node, self.terraform, self.ec2)
            agent = new_agent(instance, self.mesos)
            seen = [*seen, agent] if agent else []
            if not seen:
                self._uncordon(instance)
            if len(seen) < LOOKS:
                goal = f"an agent on {instance.id} at {instance.private_ip}"
                yield Waiting(goal, self._doubt(instance), self.roll.policy.waits.register)
        self._identify(seen[-1])
        self.acts.enrol(instance)

    @property
    def node(self) -> Node:
        return self.slots.flight.node

    def _uncordon(self, instance: Instance) -> None:
        """A cordon of ours that the master kept under the old id."""
        flight = self.slots.flight
        for agent in _registered(instance, self.mesos) if flight.keeps_cordon else ():
            if agent.id == flight.node.agent_id and agent.deactivated and not agent.draining:
                self.cordons.uncordon(agent.id, self.roll.cordon)

    def _doubt(self, instance: Instance) -> str:
        """Why it may wait for nothing: Mesos lets no agent come back under another host name, which is its address."""
        flight, old = self.slots.flight, self.node.private_ip
        if "empty-work-dir" in flight.done or not outlives(self.node, self.roll.policy) or old == instance.private_ip:
            return ""
        return (
            f"with the work dir of the agent at {old} none starts at another address: pin private_ip in Terraform, or"
            " empty /var/lib/mesos/slave on the new node and restart its agent"
        )

    def _kept(self) -> bool:
        return self.roll.policy.work_dir == "keep" and outlives(self.node, self.roll.policy)

    def _identify(self, agent: Agent) -> None:
        """Raises `NodeFailed` where the work dir did not become what was ordered, unless that is accepted."""
        flight = self.slots.flight
        emptied = "empty-work-dir" in flight.done
        for one in identity(agent.id, flight.agent_ids, kept=self._kept(), emptied=emptied):
            if not self.roll.policy.accepts(one.rule, one.subject):
                raise NodeFailed(f"the new agent has {one.message}{way_out([one])}")
            self.slots.note(f"the new agent has {one.message}, as accepted")


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
    agents = _registered(instance, mesos)
    serving = [a for a in agents if a.active and not a.deactivated and not a.draining]
    return serving[0] if len(serving) == len(agents) == 1 else None


def _registered(instance: Instance, mesos: MesosReads) -> list[Agent]:
    return [agent for agent in agents_at(mesos, instance.private_ip) if agent.registered_at > instance.launched_at]
