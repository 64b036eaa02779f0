"""One process on one roll, in process and on virtual time, with all that it wrote and said."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from dcosmaint.admission import Agree, Door, as_planned
from dcosmaint.executor import Executor
from dcosmaint.hands import VirtualHands
from dcosmaint.journal import Journal, Memory
from dcosmaint.lines import RollBegun, TakenOver, What
from dcosmaint.model import Policy, Roll, Verdict, Work
from dcosmaint.reporter import Event, Look, Narrator, Reporter
from dcosmaint.sandbox.faces import in_process
from dcosmaint.sandbox.world import AppShape, World
from dcosmaint.site import Site
from tests.rolls.stage import PRIVATE, SMALL, Free, Stage

FIRST = f"{PRIVATE}[0]"
BARE = replace(SMALL, services=(), apps=(AppShape("/web", 3),))
QUICK = Policy(soak=0.0)


class Heard(Reporter):
    def __init__(self) -> None:
        self.events: list[Event] = []
        self.looks: list[Look] = []

    def looked(self, look: Look) -> None:
        self.looks.append(look)

    def say(self, event: Event) -> None:
        self.events.append(event)

    def named(self, name: str) -> list[Event]:
        return [event for event in self.events if event.event == name]


@dataclass
class Drive:
    """One process on one roll, with what it said and wrote."""

    world: World
    policy: Policy = QUICK
    work: Work = Work.ROLL
    heard: Heard = field(default_factory=Heard)
    lines: Memory = field(default_factory=Memory)
    hear: Callable[[float, What], None] = lambda at, what: None

    def __post_init__(self) -> None:
        self.stage = Stage(self.world)
        self.site: Site = in_process(self.world, failures=0.0)
        self.roll: Roll = self.stage.roll(self.work, policy=self.policy)
        self.hands = VirtualHands(self.world)

    def begin(self) -> Journal:
        self.journal = Journal(self.lines, Free(), lambda: self.hands.now())
        self.journal.append(RollBegun(self.roll))
        return self.journal

    def run(self, agree: Agree = as_planned) -> Verdict:
        journal = self.begin() if not self.lines.lines else self.journal
        narrator = Narrator(journal, self.heard)

        def hear(at: float, what: What) -> None:
            narrator(at, what)
            self.hear(at, what)

        journal.heard = hear
        door = Door(journal, self.site, self.hands, self.heard, agree)
        return Executor(journal, self.site, self.hands, self.heard, door).run()

    def said(self, *events: str) -> list[dict[str, Any]]:
        return [line for line in map(json.loads, self.lines.lines) if line["event"] in events]

    def acts_of(self, node: str) -> list[str]:
        return [line["act"] for line in self.said("acting") if line["node"] == node]


def taken_over(drive: Drive) -> None:
    """By another process, which reads what the one before it has left, and nothing else."""
    drive.hear = lambda at, what: None
    drive.hands = VirtualHands(drive.world)
    drive.journal = Journal(drive.lines, Free(), lambda: drive.hands.now())
    drive.journal.replay([*drive.lines.lines])
    drive.journal.append(TakenOver("me@here"))
