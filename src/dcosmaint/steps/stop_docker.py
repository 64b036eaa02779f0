"""stop-docker: the units are inactive and no container is left.

Asked of the process table: the docker CLI would start the daemon again through its socket.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import ClassVar

from dcosmaint.model import Node, Units, Waiting, Waits, counted
from dcosmaint.ports import Ec2Reads, MesosReads, UnitActs, UnitReads
from dcosmaint.steps.looks import still_cordoned, still_there
from dcosmaint.steps.not_ours import Idle


@dataclass(frozen=True)
class StopDocker:
    name: ClassVar[str] = "stop-docker"
    node: Node
    mesos: MesosReads
    leaving: Idle
    ec2: Ec2Reads
    units: UnitReads
    acts: UnitActs
    waits: Waits

    def run(self) -> Iterator[Waiting]:
        while (seen := (yield from self._look())).docker or seen.shims:
            left = f"{counted(seen.shims, 'container')} left"
            yield self._act(seen) or Waiting("docker to stop", left, self.waits.stop)

    def _act(self, seen: Units) -> Waiting | None:
        """Returns what it has to wait for first, or None."""
        if not seen.docker:
            return None
        still_cordoned(self.mesos, self.node)  # under an agent that takes work it would be a black hole
        if first := self.leaving.first():
            return first
        self.acts.stop_docker(self.node.instance)
        return None

    def _look(self) -> Generator[Waiting, None, Units]:
        yield from still_there(self.ec2, self.node, self.waits)
        return self.units.look(self.node.instance)
