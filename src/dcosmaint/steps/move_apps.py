"""move-apps: Marathon's instances leave the node one at a time, while all others of their app serve.

The cordon is airtight, so whatever leaves is started elsewhere. All apps of the node move beside each other, each of
them only while it is whole, and from one node at a time. An instance that finds no other place goes down with the node,
as the plan has said; but never the last ones of an app of two or more, unless that was accepted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from dcosmaint.model import App, Node, Policy, Waiting
from dcosmaint.planner.apps import places
from dcosmaint.ports import MarathonActs, MarathonReads, MesosReads
from dcosmaint.steps.looks import apps_short, serving, still_cordoned
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
    policy: Policy

    def run(self) -> Iterator[Waiting]:
        while waiting := self._moving() or self._short():
            yield waiting

    def _moving(self) -> Waiting | None:
        """Ends what may end now. None once nothing is left here that has to leave."""
        here = self._here()
        placed = self._placed(here)
        left = [app for app in here if app.id in placed or self._last(app)]
        if not left:
            self.slots.claim((), ())
            return None
        self.slots.stay()
        still_cordoned(self.mesos, self.node)  # else they would be started here again, for ever
        ready = [app.id for app in left if app.id in placed and self._spared(app)]
        ours = self.slots.claim(ready, [app.id for app in here])
        for app in self._here() if ours else ():  # as it is since nobody else moves it
            if app.id in ready and app.id in ours and self._spared(app):
                self._move(app)
        others, stuck = [app for app in ready if app not in ours], [app.id for app in left if app.id not in placed]
        why = "; ".join(_why(others, stuck))
        return Waiting("its apps to move", ", ".join(map(self._says, left)), self.policy.waits.start, why)

    def _short(self) -> Waiting | None:
        short = apps_short(self.marathon, self.mesos, self.counts)
        return Waiting("its apps to run elsewhere", ", ".join(short), self.policy.waits.start) if short else None

    def _here(self) -> list[App]:
        there = (app for app in self.marathon.apps() if not (app.resident or app.pinned))
        return [app for app in there if self.node.agent_id in app.instance_ids]

    def _placed(self, here: Sequence[App]) -> list[str]:
        """Those with a place elsewhere."""
        agents = self.mesos.agents().listed if here else ()
        return [app.id for app in here if places(app, agents, self.node)]

    def _last(self, app: App) -> bool:
        """Whether all that serves of an app of two or more is on nodes in flight, and nobody has accepted that."""
        several = app.instances > 1 and not self.policy.accepts("app-down", app.id)
        return several and bool(app.on) and all(map(self.slots.flies, app.on))

    def _spared(self, app: App) -> bool:
        """Whether it can do without one: as many serve as did when this node began, or as are wanted now."""
        whole = self._serve(app) >= min(self.counts.get(app.id, app.instances), app.instances)
        return whole and not app.deploying and not (self._last(app) and len(app.on) < 2)

    def _serve(self, app: App) -> int:
        return serving(app, self.mesos.agents().listed)

    def _move(self, app: App) -> None:
        """One of one is started anew elsewhere before it ends here, where its upgrade strategy says so."""
        if app.instances == 1 and app.restarts:
            self.acts.restart(app)
        else:
            self.acts.kill(app, min(app.instance_ids[self.node.agent_id]))

    def _says(self, app: App) -> str:
        return f"{app.id} {len(app.instance_ids[self.node.agent_id])} here, {self._serve(app)} of {app.instances} serve"


def _why(others: Sequence[str], stuck: Sequence[str]) -> Iterator[str]:
    if others:
        yield f"another node in flight moves {', '.join(others)} first"
    if stuck:
        yield f"no other agent could take {', '.join(stuck)}, of which nothing would serve"
