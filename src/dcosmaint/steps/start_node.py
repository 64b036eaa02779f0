"""start-docker, start-agent and uncordon-agent: a drained node comes back, in the order that drained it reversed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from dcosmaint.model import DEACTIVATION, Agent, Cordon, Node, Waiting, Waits, kept_off
from dcosmaint.ports import Ec2Reads, MesosActs, MesosReads, UnitActs, UnitReads
from dcosmaint.steps.looks import LOOKS, all_agents, still_there
from dcosmaint.steps.slots import Slots


@dataclass(frozen=True)
class StartDocker:
    name: ClassVar[str] = "start-docker"
    node: Node
    ec2: Ec2Reads
    units: UnitReads
    acts: UnitActs
    waits: Waits

    def run(self) -> Iterator[Waiting]:
        yield from still_there(self.ec2, self.node, self.waits)
        while not self.units.look(self.node.instance).docker:
            self.acts.start_docker(self.node.instance)
            if not self.units.look(self.node.instance).docker:
                yield Waiting("docker to start", "", self.waits.start)


@dataclass(frozen=True)
class StartAgent:
    name: ClassVar[str] = "start-agent"
    node: Node
    ec2: Ec2Reads
    units: UnitReads
    acts: UnitActs
    waits: Waits

    def run(self) -> Iterator[Waiting]:
        yield from still_there(self.ec2, self.node, self.waits)
        while (seen := self.units.look(self.node.instance)).held or not seen.process:
            self.acts.release_agent(self.node.instance)
            yield Waiting(f"{seen.unit} to start", "", self.waits.start)


@dataclass(frozen=True)
class LostNode:
    """Somebody else has terminated it: that is told, and nobody waits for it."""

    name: ClassVar[str] = "start-docker"
    node: Node
    slots: Slots

    def run(self) -> Iterator[Waiting]:
        lost = f"{self.node.instance.id} was terminated by somebody else: nothing is left to bring back"
        self.slots.note(f"{lost}. A plain `terraform apply` makes a node at {self.node.address}")
        yield from ()


@dataclass(frozen=True)
class UncordonAgent:
    """The agent serves again. A cordon that stood when the undrain began is the drain's own: it is lifted.

    One that came later is somebody else's, and is named.
    """

    name: ClassVar[str] = "uncordon-agent"
    node: Node
    inherits: bool  # a cordon stands there under its id
    lifts: tuple[Cordon, ...]
    mesos: MesosReads
    acts: MesosActs
    waits: Waits

    def run(self) -> Iterator[Waiting]:
        good = 0
        while good < LOOKS:
            seen = all_agents(self.mesos)
            agents = [agent for agent in seen.listed if agent.private_ip == self.node.private_ip]
            closed = [agent for agent in agents if agent.deactivated or agent.draining]
            ours = [agent for agent in closed if self.inherits and not agent.draining]
            for agent in ours:
                self.acts.uncordon(agent.id, DEACTIVATION)
            kept = [agent for agent in agents if not self._given_back(agent)]
            others = [*(_took(agent) for agent in closed if agent not in ours), *self._kept_off(agents, seen.at)]
            serves = len(agents) == 1 and agents[0].active and not (closed or kept or others)
            good = good + 1 if serves else 0
            if good < LOOKS:
                theirs = "; ".join(others)
                yield Waiting(f"an agent at {self.node.private_ip} to serve", theirs, self.waits.register)

    def _kept_off(self, agents: Sequence[Agent], at: float) -> Iterator[str]:
        """By what bears the name of nobody whom we know."""
        ours = [roll for how in self.lifts for roll in how.rolls]
        windows = self.mesos.windows() if agents else ()
        for agent in agents:
            yield from kept_off(agent, windows, ours, at)

    def _given_back(self, agent: Agent) -> bool:
        """Whether nothing is there any more of what earlier rolls have left under their names."""
        left = [how for how in self.lifts if not self.mesos.lifted(agent.id, how)]
        for how in left:
            self.acts.uncordon(agent.id, how)
        return not left


def _took(agent: Agent) -> str:
    word = "drains it" if agent.draining else "deactivated it"
    return f"somebody else {word}: `dcos node reactivate {agent.id}` if that is over"
