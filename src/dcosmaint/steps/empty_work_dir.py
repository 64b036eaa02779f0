"""empty-work-dir: the next instance finds nothing on the volume that outlives this one, and is a new agent (R3).

Removing the link to the agent's id would not do: its reservations and volumes would come back on the new id, and what
tasks and brokers left on the disk would be missed by nobody, and fill it. All is thrown away as late as can be: until
then starting the agent again brings everything back.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import ClassVar

from dcosmaint.model import Node, Waiting, Waits
from dcosmaint.ports import Ec2Reads, MesosReads, UnitActs, UnitReads
from dcosmaint.steps.leaving import ForGood
from dcosmaint.steps.looks import still_gone, still_there


@dataclass(frozen=True)
class EmptyWorkDir:
    name: ClassVar[str] = "empty-work-dir"
    node: Node
    mesos: MesosReads
    leaving: ForGood
    ec2: Ec2Reads
    units: UnitReads
    acts: UnitActs
    waits: Waits

    def run(self) -> Iterator[Waiting]:
        while (yield from self._left()):
            yield self._empty()

    def _left(self) -> Generator[Waiting, None, bool]:
        """Whether the next instance would find anything. On the root file system it goes with this one."""
        yield from still_there(self.ec2, self.node, self.waits)
        seen = self.units.work_dir(self.node.instance)
        return seen.apart and not seen.empty

    def _empty(self) -> Waiting:
        still_gone(self.mesos, self.node)
        seen = self.units.look(self.node.instance)
        if seen.agent or seen.process or not seen.held:
            return Waiting(f"{seen.unit} to stay down", "", self.waits.stop)
        if refusal := self.leaving.refusal():
            return Waiting(f"room to take {self.node.address} away", refusal, self.waits.stalled)
        self.acts.empty_work_dir(self.node.instance)
        return Waiting("the work dir of its agent to be empty", "", self.waits.stop)
