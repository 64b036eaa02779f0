"""A cordon that leaks is made good in every round, for as long as a node has to be kept empty."""

from __future__ import annotations

from dataclasses import dataclass

from dcosmaint.model import Cordon, Node
from dcosmaint.ports import MesosActs, MesosReads
from dcosmaint.steps.looks import LOOKS, agent_by_id


class Steady:
    """One that holds by itself, or none."""

    def keep(self) -> None: ...

    def give_back(self) -> bool:
        """Before its agent leaves. Whether nothing of it is left that would outlive it."""
        return True


@dataclass(frozen=True)
class Kept(Steady):
    """What a task leaves is set apart anew; an agent that was restarted may have lost all of it."""

    node: Node
    how: Cordon
    mesos: MesosReads
    acts: MesosActs

    def keep(self) -> None:
        agent = agent_by_id(self.mesos, self.node.agent_id)
        if agent is not None and agent.active and not self.mesos.cordoned(agent, self.how):
            self.acts.cordon(agent.id, self.how)

    def give_back(self) -> bool:
        if not self.mesos.lifted(self.node.agent_id, self.how):
            self.acts.uncordon(self.node.agent_id, self.how)
        return any(self.mesos.lifted(self.node.agent_id, self.how) for _ in range(LOOKS))  # it takes the agent 0.1 s
