"""terminate-instance: only what this roll named, drained, and nobody needs any more (R3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from dcosmaint.errors import Fatal, NodeFailed
from dcosmaint.model import Node, Roll, Waiting
from dcosmaint.ports import Ec2Acts, Ec2Reads, MesosReads, ServiceReads
from dcosmaint.steps.looks import LOOKS, nobody_left, still_gone
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
        instance, forgotten = self.node.instance.id, 0
        while (state := self._state()) != "terminated":
            forgotten = 0 if state else forgotten + 1
            if forgotten == LOOKS:
                return
            left = self._end(state) if state else ""
            left = left or self._state() or "EC2 does not know it"
            yield Waiting(f"{instance} to be terminated", left, self.roll.policy.waits.terminate)

    def _state(self) -> str:
        """EC2's word, "" for none: it forgets what was terminated an hour ago, but one empty answer is no proof."""
        found = self.ec2.instances([self.node.instance.id])
        return found[0].state if found else ""

    def _end(self, state: str) -> str:
        """Returns why it may not be terminated now, or ""."""
        still_gone(self.mesos, self.node)
        if state == "shutting-down":
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
