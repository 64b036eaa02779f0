"""terminate-instance: only what this roll named, drained, and nobody needs any more (R3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from dcosmaint.errors import Fatal, NodeFailed
from dcosmaint.model import Node, Roll, Waiting
from dcosmaint.ports import Ec2Acts, Ec2Reads, MesosReads
from dcosmaint.steps.leaving import Leaving
from dcosmaint.steps.looks import state, still_gone
from dcosmaint.steps.slots import Slots


@dataclass(frozen=True)
class TerminateInstance:
    name: ClassVar[str] = "terminate-instance"
    node: Node
    roll: Roll
    mesos: MesosReads
    leaving: Leaving
    ec2: Ec2Reads
    acts: Ec2Acts
    slots: Slots

    def run(self) -> Iterator[Waiting]:
        instance, waits = self.node.instance.id, self.roll.policy.waits
        while (seen := (yield from state(self.ec2, instance, waits.terminate))) != "terminated":
            if refusal := self._end(seen):
                yield Waiting(f"room to take {self.node.address} away", refusal, waits.stalled)
            else:
                left = yield from state(self.ec2, instance, waits.terminate)
                yield Waiting(f"{instance} to be terminated", left, waits.terminate)

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
        if flight.holds and not self.roll.manner.last:
            named = ", ".join(map(str, flight.holds))
            raise NodeFailed(f"{named} not proved to be in sync elsewhere: {instance} is not terminated")
        return self.leaving.refusal()
