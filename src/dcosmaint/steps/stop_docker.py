"""stop-docker: the units are inactive and no container is left.

Asked of the process table: the docker CLI would start the daemon again through its socket.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import ClassVar

from dcosmaint.model import Node, Units, Waiting, Waits, counted
from dcosmaint.ports import Ec2Reads, MesosReads, UnitActs, UnitReads
from dcosmaint.steps.leaving import Leaving
from dcosmaint.steps.looks import still_cordoned, still_there


@dataclass(frozen=True)
class StopDocker:
    name: ClassVar[str] = "stop-docker"
    node: Node
    mesos: MesosReads
    leaving: Leaving
    ec2: Ec2Reads
    units: UnitReads
    acts: UnitActs
    waits: Waits

    def run(self) -> Iterator[Waiting]:
        while (seen := (yield from self._look())).docker or seen.shims:
            refusal = self._act(seen)
            if refusal:
                yield Waiting(f"room to take {self.node.address} away", refusal, self.waits.stalled)
            else:
                yield Waiting("docker to stop", f"{counted(seen.shims, 'container')} left", self.waits.stop)

    def _act(self, seen: Units) -> str:
        """Returns why it may not go on now, or ""."""
        if not seen.docker:
            return ""
        still_cordoned(self.mesos, self.node)  # under an agent that takes work it would be a black hole
        refusal = self.leaving.refusal()
        if not refusal:
            self.acts.stop_docker(self.node.instance)
        return refusal

    def _look(self) -> Generator[Waiting, None, Units]:
        yield from still_there(self.ec2, self.node, self.waits)
        return self.units.look(self.node.instance)
