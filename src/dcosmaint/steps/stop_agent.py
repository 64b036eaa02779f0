"""stop-agent: the agent unregisters by SIGUSR1, its process ends, and nothing starts it again.

The hold comes first: systemd starts the unit again seconds after its process ends (`Restart=always`), and the agent
would come back under its old id. `systemctl stop` comes last: its SIGTERM, sent too early, ends the agent without
unregistering. What the agent's work dir would keep of a cordon is given back right before the signal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from dcosmaint.model import Node, Units, Waiting, Waits
from dcosmaint.ports import Ec2Reads, MarathonReads, MesosReads, UnitActs, UnitReads
from dcosmaint.steps.kept import Steady
from dcosmaint.steps.looks import LOOKS, agent_by_id, apps_short, still_gone, still_there
from dcosmaint.steps.not_ours import Idle


@dataclass(frozen=True)
class StopAgent:
    name: ClassVar[str] = "stop-agent"
    node: Node
    counts: Mapping[str, int]
    lasting: bool
    mesos: MesosReads
    leaving: Idle
    cordon: Steady
    marathon: MarathonReads
    ec2: Ec2Reads
    units: UnitReads
    acts: UnitActs
    waits: Waits

    def run(self) -> Iterator[Waiting]:
        gone = 0
        while gone < LOOKS:
            yield from still_there(self.ec2, self.node, self.waits)
            seen = self.units.look(self.node.instance)
            listed = self._listed()
            gone = gone + 1 if self._stopped(seen, listed=listed) else 0
            first = None if gone else self._act(seen, listed=listed)
            yield first or self._waiting(seen, listed=listed)
        while short := apps_short(self.marathon, self.mesos, self.counts):
            yield Waiting("its apps to run elsewhere", ", ".join(short), self.waits.start)

    def _listed(self) -> bool:
        """Whether the master lists the agent. Under another id it would be a comeback (R15)."""
        if agent_by_id(self.mesos, self.node.agent_id) is not None:
            return True
        still_gone(self.mesos, self.node)
        return False

    def _stopped(self, seen: Units, *, listed: bool) -> bool:
        return not listed and not seen.agent and not seen.process and self._held(seen)

    def _held(self, seen: Units) -> bool:
        """An earlier roll may have left a hold that ends with a reboot: to a drain that is none."""
        return seen.held and (seen.lasting or not self.lasting)

    def _act(self, seen: Units, *, listed: bool) -> Waiting | None:
        """Returns what it has to wait for first, or None."""
        if listed:
            self.leaving.listed()
        if not self._held(seen):
            self.cordon.keep()
            if first := self.leaving.first():
                return first
            self.acts.hold_agent(self.node.instance, lasting=self.lasting)
        if listed and seen.process:
            if not self.cordon.give_back():
                why = f"what was set apart on agent {self.node.agent_id} is not given back yet"
                return Waiting(f"room to take {self.node.address} away", why, self.waits.stalled)
            if first := self.leaving.first():  # as late as can be: for a moment the node was open
                self.cordon.keep()
                return first
            self.acts.signal_agent(self.node.instance)
        elif not listed and not seen.process and seen.agent:
            self.acts.stop_agent(self.node.instance)
        return None

    def _waiting(self, seen: Units, *, listed: bool) -> Waiting:
        if listed:
            return Waiting(f"agent {self.node.agent_id} to leave the master", "", self.waits.stop)
        if seen.process or seen.agent:
            return Waiting(f"{seen.unit} to end", "", self.waits.stop)
        return Waiting(f"agent {self.node.agent_id} to stay away", "", self.waits.stop)
