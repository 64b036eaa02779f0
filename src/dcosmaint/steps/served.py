"""Does what users see go on without the node? Asked beside `leaving.py`, afresh as there.

The plan has found another instance of each app, and another public agent. Either may have fallen silent since: Marathon
lists an instance on a silent agent as running for minutes, and the master tells at once that the agent is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dcosmaint.model import Agent, App
from dcosmaint.ports import MarathonReads, MesosReads
from dcosmaint.steps.leaving import Leaving
from dcosmaint.steps.looks import serving
from dcosmaint.steps.slots import Slots


@dataclass(frozen=True)
class Served:
    leaving: Leaving
    mesos: MesosReads
    marathon: MarathonReads
    slots: Slots

    def listed(self) -> None:
        self.leaving.listed()

    def refusal(self) -> str:
        """Nothing was stopped here yet: a roll that stops lets it go."""
        if why := self._alone():
            self.slots.stay()
            return why
        return self.leaving.refusal()

    def _alone(self) -> str:
        node = self.slots.flight.node
        others = [agent for agent in self.mesos.agents().listed if agent.id not in self.slots.flight.agent_ids]
        if node.agent and node.agent.public and not any(a.public and a.serves for a in others):
            return "no other public agent serves now"
        last = [app.id for app in self.marathon.apps() if self._last(app, others)]
        return f"nothing else of {', '.join(last)} serves now" if last else ""

    def _last(self, app: App, others: Sequence[Agent]) -> bool:
        """Of an app of one nobody expects more, and of one that was accepted neither."""
        here = app.instances > 1 and self.slots.flight.node.agent_id in app.on
        accepted = self.slots.journal.roll.policy.accepts("app-down", app.id)
        return here and not accepted and not serving(app, others)
