"""terminate-instance: only what this roll named, drained, and nobody needs any more (R3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from dcosmaint.errors import Fatal, NodeFailed
from dcosmaint.model import Node, Roll, Waiting
from dcosmaint.ports import Ec2Acts, Ec2Reads, MesosReads, ServiceReads
from dcosmaint.steps.looks import nobody_left, still_gone
from dcosmaint.steps.slots import Slots


@dataclass(frozen=True)
class TerminateInstance:
    name: ClassVar[str] = "terminate-instance"
    node: Node
    roll: Roll
    mesos: MesosReads
    services: ServiceReads
    ec2: Ec2Reads
    acts: Ec2Acts
    slots: Slots

    def run(self) -> Iterator[Waiting]:
        instance = self.node.instance.id
        while self._state() != "terminated":
            still_gone(self.mesos, self.node)
            if self._state() != "shutting-down":
                self._check()
                self.acts.terminate(instance)
            yield Waiting(f"{instance} to be terminated", self._state(), self.roll.policy.waits.terminate)

    def _state(self) -> str:
        """EC2's word. An instance that EC2 has forgotten was terminated long ago."""
        found = self.ec2.instances([self.node.instance.id])
        return found[0].state if found else "terminated"

    def _check(self) -> None:
        flight, instance = self.slots.flight, self.node.instance.id
        if instance not in self.roll.targets:
            raise Fatal(f"{instance} is not a target of this roll: it is not terminated")
        if "stop-agent" not in flight.done:
            raise Fatal(f"the agent of {self.node.address} did not leave by our hand: {instance} is not terminated")
        if flight.holds:
            named = ", ".join(map(str, flight.holds))
            raise NodeFailed(f"{named} not proved to be in sync elsewhere: {instance} is not terminated")
        nobody_left(self.services, self.node)
