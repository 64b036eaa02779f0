"""cordon-agent: nothing new is placed on the node. What runs there runs on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from dcosmaint.model import Agent, Cordon, Node, Waiting, Waits
from dcosmaint.ports import Ec2Reads, MesosActs, MesosReads
from dcosmaint.steps.looks import agent_by_id, still_there


@dataclass(frozen=True)
class CordonAgent:
    name: ClassVar[str] = "cordon-agent"
    node: Node
    how: Cordon
    mesos: MesosReads
    ec2: Ec2Reads
    acts: MesosActs
    waits: Waits

    def run(self) -> Iterator[Waiting]:
        while (agent := agent_by_id(self.mesos, self.node.agent_id)) is None or not self._shut(agent):
            if agent is None:  # gone without our doing: nobody knows what its tasks do, so it is not pushed on
                yield from still_there(self.ec2, self.node, self.waits)
                yield Waiting(f"Mesos to list agent {self.node.agent_id}", "", self.waits.register)
                continue
            self.acts.cordon(agent.id, self.how)
            if not self._shown():
                yield Waiting(f"agent {agent.id} to show as {self.how.shown}", "", self.waits.stop)

    def _shown(self) -> bool:
        agent = agent_by_id(self.mesos, self.node.agent_id)
        return agent is not None and self._shut(agent)

    def _shut(self, agent: Agent) -> bool:
        return self.mesos.cordoned(agent, self.how)
