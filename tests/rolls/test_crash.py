"""R10: a kill at any moment loses nothing. Another process takes over and comes to the same end.

A kill is tried at every call of a port and at every line of the journal, before its effect and after it, and the World
goes on without us for a while.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from dcosmaint.choice import Choice
from dcosmaint.errors import Refused
from dcosmaint.journal import Journal
from dcosmaint.lines import RollBegun
from dcosmaint.model import Policy, Roll, Verdict, Work
from dcosmaint.sandbox.world import Shape, World, build
from dcosmaint.sandbox.world.attachments import TYPE
from dcosmaint.sandbox.world.faults.nodes import in_flight
from tests.rolls.fleets import EARLY, wilful
from tests.rolls.mortal import Killed, Life, MortalFile, mortal
from tests.rolls.stage import (
    EVENTS,
    LEGACY,
    OLD,
    PRIVATE,
    PUBLIC,
    SMALL,
    WIDE,
    Free,
    Stage,
    cordoned,
    not_replaced,
    shelf_in,
    unwell,
    why,
)

QUICK = Policy(soak=20.0)
RESERVE = replace(QUICK, cordon="reserve")
MAINTENANCE = replace(QUICK, cordon="maintenance")
MINDFUL = replace(OLD, profile="1.13")
"""Its Marathon looks at maintenance windows."""
SHARE = 37
"""`make test` kills at one moment in so many; `make test-all` at each."""

GAPS = (0.0, 7.0, 90.0, 400.0, 5000.0)
"""Seconds until somebody takes over."""


@dataclass(frozen=True)
class Play:
    """What is rolled, on what, and the oracle for its end: what is wrong in the World, or nothing."""

    name: str
    shape: Shape
    roll: Callable[[Stage], Roll]
    wrong: Callable[[World, Roll], list[str]]


def named(number: int) -> Choice:
    return Choice(only=(f"{PRIVATE}[{number}]",))


def still_there(world: World, roll: Roll) -> list[str]:
    """Targets of a drain whose agent is listed, whose agent may start, or whose instance does not run."""
    machines = [world.machine(target) for target in roll.targets]
    listed = {agent.machine.id for agent in world.ground.listed}
    return [m.address for m in machines if m.id in listed or m.process or m.hold != "lasting" or m.state != "running"]


def cut_off(world: World, roll: Roll) -> list[str]:
    """Public nodes that a load balancer does not find healthy any more, beside what was not replaced."""
    found = not_replaced(world, roll)
    for balancer in world.balancers.all.values():
        states = world.balancers.known(balancer)
        public = (world.node(m.address) for m in map(world.machine, roll.targets) if m.public)
        found += [m.address for m in public if states.get(balancer.called(m)) != "healthy"]
    return found


def without_volume(world: World, roll: Roll) -> list[str]:
    """Nodes that have another volume than before, or none, beside what was not replaced."""
    targets = map(world.machine, roll.targets)
    return [*not_replaced(world, roll), *(m.address for m in targets if world.node(m.address).volume != m.volume)]


def one_lost(stage: Stage, policy: Policy = QUICK) -> Roll:
    """Somebody else terminates its instance as soon as it is taken out: where it is cordoned, its members are there."""
    world = stage.world

    def vanish() -> None:
        if found := in_flight(world):
            world.vanish(found[0].id)
        else:
            world.at(1.0, vanish)

    world.at(1.0, vanish)
    return stage.roll(Work.REPLACE, named(1), policy)


EDGE = replace(SMALL, nodes=6, public=2)
APART = replace(SMALL, volumes="work-dir", same_ip=1.0)
ATTACHED, APART_ATTACHED = replace(SMALL, volumes="data", attachments=True), replace(APART, attachments=True)
OLD_APART = replace(OLD, volumes="work-dir", same_ip=1.0)
FRESH, KEEP = replace(QUICK, work_dir="fresh"), replace(QUICK, work_dir="keep")

PLAYS = (
    Play("batch", SMALL, lambda stage: stage.roll(policy=QUICK), not_replaced),
    Play(
        "window",
        WIDE,
        lambda stage: stage.roll(
            policy=replace(QUICK, strategy="window", caps={EVENTS: 2}, min_isr={EVENTS: 1}, max_in_flight=3)
        ),
        not_replaced,
    ),
    Play("legacy", LEGACY, lambda stage: stage.roll(policy=QUICK), not_replaced),
    Play("public", EDGE, lambda stage: stage.roll(choice=Choice(only=(f"{PUBLIC}[0]",)), policy=QUICK), cut_off),
    Play("drain", SMALL, lambda stage: stage.roll(Work.DRAIN, named(1), QUICK), still_there),
    Play("replace", SMALL, lambda stage: stage.roll(Work.REPLACE, named(1), QUICK), not_replaced),
    Play("gone", SMALL, one_lost, not_replaced),
    Play("last-gone", OLD, one_lost, not_replaced),
    Play("rollback", SMALL, lambda stage: stage.roll(Work.ROLLBACK, named(1), QUICK), not_replaced),
    Play("last", OLD, lambda stage: stage.roll(policy=QUICK), not_replaced),
    Play("last-drain", OLD, lambda stage: stage.roll(Work.DRAIN, named(1), QUICK), still_there),
    Play("fresh", APART, lambda stage: stage.roll(policy=FRESH), not_replaced),
    Play("keep", APART, lambda stage: stage.roll(policy=KEEP), not_replaced),
    Play("last-fresh", OLD_APART, lambda stage: stage.roll(policy=FRESH), not_replaced),
    Play("last-keep", OLD_APART, lambda stage: stage.roll(policy=KEEP), not_replaced),
    Play("mixed-keep", replace(APART, volumes="mixed"), lambda stage: stage.roll(policy=KEEP), not_replaced),
    Play("last-mixed-keep", replace(OLD_APART, volumes="mixed"), lambda stage: stage.roll(policy=KEEP), not_replaced),
    Play("gone-data", replace(SMALL, volumes="data"), lambda stage: one_lost(stage, KEEP), not_replaced),
    Play("attached", ATTACHED, lambda stage: stage.roll(policy=replace(QUICK, companions=(TYPE,))), without_volume),
    Play(
        "attached-keep",
        APART_ATTACHED,
        lambda stage: stage.roll(policy=replace(KEEP, companions=(TYPE,))),
        without_volume,
    ),
    Play("reserve", OLD, lambda stage: stage.roll(policy=RESERVE), not_replaced),
    Play("reserve-legacy", replace(LEGACY, profile="1.9"), lambda stage: stage.roll(policy=RESERVE), not_replaced),
    Play("maintenance", MINDFUL, lambda stage: stage.roll(policy=MAINTENANCE), not_replaced),
    Play("maintenance-drain", OLD, lambda stage: stage.roll(Work.DRAIN, named(0), MAINTENANCE), still_there),
    Play("reserve-drain", OLD, lambda stage: stage.roll(Work.DRAIN, named(0), RESERVE), still_there),
    Play("last-legacy", replace(LEGACY, profile="1.9"), lambda stage: stage.roll(policy=QUICK), not_replaced),
    Play("last-by-itself", wilful(EARLY), lambda stage: stage.roll(policy=QUICK), not_replaced),
)


@dataclass
class Kill:
    """One process's life and, if it ended early, what was in flight then."""

    play: Play
    life: Life
    seed: int = 0
    in_flight: int = 0

    def __post_init__(self) -> None:
        self.stage = Stage(build(replace(self.play.shape, seed=self.seed)), self.seed)
        self.roll = self.play.roll(self.stage)

    def happen(self, folder: Path) -> None:
        shelf = shelf_in(folder)
        path = shelf.journal(self.roll.id)
        path.parent.mkdir(parents=True)
        journal = Journal(MortalFile(path, self.life), Free(), self.stage.hands.now)
        try:
            journal.append(RollBegun(self.roll))
            self._ended(journal, self.stage.run(journal, mortal(self.stage.site, self.life)))
        except Killed:
            self.in_flight = len(journal.progress.flights)
            self._taken_over(folder)
        assert self.wrong() == []

    def _taken_over(self, folder: Path) -> None:
        world = self.stage.world
        world.advance(world.now + GAPS[self.life.lived % len(GAPS)])
        other, shelf = Stage(world, seed=self.life.lived), shelf_in(folder)
        try:
            journal = other.take_over(shelf, self.roll.id)
        except Refused:
            assert len(world.log) == 1, "a roll whose first line was cut had touched something"
            journal = other.begin(self.roll)
        self._ended(journal, other.run(journal))

    def _ended(self, journal: Journal, verdict: Verdict) -> None:
        assert verdict is Verdict.DONE, why(journal)

    def wrong(self) -> list[str]:
        world = self.stage.world
        world.advance(world.now + 3600.0)  # whatever still comes back does so within an hour
        wrong = [*self.play.wrong(world, self.roll), *cordoned(world), *unwell(world)]
        return [*wrong, *self.stage.tally(self.roll).breaches]


def lived(play: Play, folder: Path) -> Life:
    """A whole roll that nobody kills."""
    kill = Kill(play, Life())
    kill.happen(folder)
    return kill.life


@pytest.mark.parametrize("share", [pytest.param(n, marks=[pytest.mark.slow] if n else []) for n in range(SHARE)])
@pytest.mark.parametrize("play", PLAYS, ids=lambda play: play.name)
def test_a_kill_at_any_moment_loses_nothing(play: Play, share: int, quick_disk: Path) -> None:
    whole = lived(play, quick_disk / "whole")
    # To be killed after a look is to be killed before whatever comes next.
    kills = [(n, False) for n in range(1, whole.lived + 1)] + [(n, True) for n in whole.marks]
    lost, together = [], 0
    for moment, after in kills[share::SHARE]:
        kill = Kill(play, Life(moment, after=after))
        try:
            kill.happen(quick_disk / f"{moment}-{after}")
        except (AssertionError, Exception) as error:
            lost.append(f"{'after' if after else 'before'} {moment}: {type(error).__name__} {error}")
        together += kill.in_flight > 1
    print(f"{play.name}: killed {len(kills[share::SHARE])} of {len(kills)} times, {together} with several in flight")
    assert lost == []
    assert bool(together) == (play.name == "window")
