"""terminate-instance: only what this roll named, drained, and nobody needs any more (R3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from dcosmaint.errors import Fatal, NodeFailed
from dcosmaint.model import Node, Roll, Waiting
from dcosmaint.ports import Ec2Acts, Ec2Reads, MesosReads, ServiceReads
from dcosmaint.steps.looks import nobody_left, state, still_gone
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
        instance, patience = self.node.instance.id, self.roll.policy.waits.terminate
        while (seen := (yield from state(self.ec2, instance, patience))) != "terminated":
            left = self._end(seen) or (yield from state(self.ec2, instance, patience))
            yield Waiting(f"{instance} to be terminated", left, patience)

    def _end(self, seen: str) -> str:
        """Returns why it may not be terminated now, or ""."""
        still_gone(self.mesos, self.node)
        if seen == "shutting-down":
            return ""
        refusal = self._refusal()
        if not refusal:
            self.acts.terminate(self.node.instance.id)
        return refusal

    def _refusal(self) -> str:
        flight, instance = self.slots.flight, self.node.instance.id
        if instance not in self.roll.targets:
            raise Fatal(f"{instance} is not a target of this roll: it is not terminated")
        if "stop-agent" not in flight.done:
            raise Fatal(f"the agent of {self.node.address} did not leave by our hand: {instance} is not terminated")
        last = self.roll.manner.last
        if flight.holds and not last:
            named = ", ".join(map(str, flight.holds))
            raise NodeFailed(f"{named} not proved to be in sync elsewhere: {instance} is not terminated")
        nobody_left(self.services, self.node, but=flight.holds if last else ())
        names = sorted({member.service for member in flight.holds})
        return next(filter(None, (self.slots.bare(self.services.one(name)) for name in names)), "")
