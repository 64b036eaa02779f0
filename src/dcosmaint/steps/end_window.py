"""end-window: the machine has no maintenance window of ours any more, since its agent has left.

A window is one of an address. The next instance may have the same, and nobody would be offered it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from dcosmaint.model import Cordon, Waiting, Waits
from dcosmaint.ports import MesosActs, MesosReads


@dataclass(frozen=True)
class EndWindow:
    name: ClassVar[str] = "end-window"
    agent_id: str
    how: Cordon
    mesos: MesosReads
    acts: MesosActs
    waits: Waits

    def run(self) -> Iterator[Waiting]:
        while not self.mesos.lifted(self.agent_id, self.how):
            self.acts.uncordon(self.agent_id, self.how)
            yield Waiting(f"the maintenance window of agent {self.agent_id} to be taken out", "", self.waits.stop)
