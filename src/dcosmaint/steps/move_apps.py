"""move-apps: Marathon's instances leave the node one at a time, while all others of their app serve.

The cordon is airtight, so whatever leaves is started elsewhere. All apps of the node move beside each other, each of
them only while it is whole, and from one node at a time. An instance that finds no other place goes down with the node,
as the plan has said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from dcosmaint.model import App, Node, Waiting, Waits
from dcosmaint.planner.apps import places
from dcosmaint.ports import MarathonActs, MarathonReads, MesosReads
from dcosmaint.steps.looks import apps_short, still_cordoned
from dcosmaint.steps.slots import Slots


@dataclass(frozen=True)
class MoveApps:
    name: ClassVar[str] = "move-apps"
    node: Node
    counts: Mapping[str, int]
    mesos: MesosReads
    marathon: MarathonReads
    acts: MarathonActs
    slots: Slots
    waits: Waits

    def run(self) -> Iterator[Waiting]:
        while left := self._left(here := self._here()):
            self.slots.stay()
            still_cordoned(self.mesos, self.node)  # else they would be started here again, for ever
            ready = [app.id for app in left if self._whole(app)]
            ours = self.slots.claim(ready, [app.id for app in here])
            for app in self._here() if ours else ():  # as it is since nobody else moves it
                if app.id in ours and self._whole(app):
                    self._move(app)
            others = ", ".join(app for app in ready if app not in ours)
            why = f"another node in flight moves {others} first" if others else ""
            yield Waiting("its apps to move", ", ".join(map(self._says, left)), self.waits.start, why)
        self.slots.claim((), ())
        while short := apps_short(self.marathon, self.mesos, self.counts):
            yield Waiting("its apps to run elsewhere", ", ".join(short), self.waits.start)

    def _here(self) -> list[App]:
        there = (app for app in self.marathon.apps() if not (app.resident or app.pinned))
        return [app for app in there if self.node.agent_id in app.instance_ids]

    def _left(self, here: Sequence[App]) -> list[App]:
        """Those with an instance here that has a place elsewhere."""
        agents = self.mesos.agents().listed if here else ()
        return [app for app in here if places(app, agents, self.node)]

    def _whole(self, app: App) -> bool:
        """As many serve as did when this node began, or as are wanted now."""
        return not app.deploying and len(app.on) >= min(self.counts.get(app.id, app.instances), app.instances)

    def _move(self, app: App) -> None:
        """One of one is started anew elsewhere before it ends here, where its upgrade strategy says so."""
        if app.instances == 1 and app.restarts:
            self.acts.restart(app)
        else:
            self.acts.kill(app, min(app.instance_ids[self.node.agent_id]))

    def _says(self, app: App) -> str:
        return f"{app.id} {len(app.instance_ids[self.node.agent_id])} here, {len(app.on)} of {app.instances} serve"
