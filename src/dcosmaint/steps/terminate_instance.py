"""terminate-instance: only what this roll named, drained, and nobody needs any more (R3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from dcosmaint.model import Node, Waiting, Waits
from dcosmaint.ports import Ec2Acts, Ec2Reads, MesosReads
from dcosmaint.steps.leaving import ForGood
from dcosmaint.steps.looks import state, still_gone


@dataclass(frozen=True)
class TerminateInstance:
    name: ClassVar[str] = "terminate-instance"
    node: Node
    mesos: MesosReads
    leaving: ForGood
    ec2: Ec2Reads
    acts: Ec2Acts
    waits: Waits

    def run(self) -> Iterator[Waiting]:
        instance, waits = self.node.instance.id, self.waits
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
        refusal = self.leaving.refusal()
        if not refusal:
            self.acts.terminate(self.node.instance.id)
        return refusal
