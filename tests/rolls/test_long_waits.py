"""What takes long on purpose is no roll that hangs, and what hangs is held however long all else takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import pytest

from dcosmaint.admission import Door
from dcosmaint.choice import Choice
from dcosmaint.executor import Executor
from dcosmaint.hands import Result, Signal, VirtualHands
from dcosmaint.journal import Journal
from dcosmaint.model import Change, Child, Placed, Policy, Verdict
from dcosmaint.ports import TerraformReads
from dcosmaint.reporter import Reporter
from dcosmaint.sandbox.world import World, build
from tests.rolls.stage import PRIVATE, SMALL, Stage, why

FIRST = f"{PRIVATE}[3]"
"""The first one to go: it carries no broker."""


def test_a_soak_may_be_longer_than_the_silence_after_which_a_roll_is_given_up() -> None:
    stage = Stage(build(SMALL))
    policy = Policy(soak=3 * 3600.0)
    assert policy.soak > policy.waits.stalled
    journal = stage.begin(stage.roll(policy=policy))
    assert stage.run(journal) is Verdict.DONE, why(journal)


@dataclass
class SlowInSurveys(TerraformReads):
    """`exposed` is asked in surveys alone."""

    port: TerraformReads
    world: World

    def placed(self) -> tuple[Placed, ...]:
        return self.port.placed()

    def child(self) -> Child | None:
        return self.port.child()

    def changes(self) -> tuple[Change, ...]:
        return self.port.changes()

    def images(self) -> Mapping[str, str]:
        return self.port.images()

    def companions(self, addresses: Sequence[str], types: Sequence[str]) -> tuple[str, ...]:
        return self.port.companions(addresses, types)

    def exposed(self) -> tuple[str, ...]:
        self.world.advance(self.world.now + 130.0)
        return self.port.exposed()


def test_a_node_that_hangs_is_held_also_where_every_survey_takes_minutes() -> None:
    stage = Stage(build(SMALL))
    stage.world.faults.never_register.add(FIRST)
    journal = stage.begin(stage.roll())
    site = replace(stage.site, terraform=SlowInSurveys(stage.site.terraform, stage.world))
    stage.world.clock.after(86_400.0, too_late)
    assert stage.run(journal, site) is Verdict.STUCK
    assert "await-agent" in why(journal)


def too_late() -> None:
    pytest.fail("a day, and nobody is held")


class Asleep(VirtualHands):
    """Sleeps once for an hour, in the middle of a wait for something that is due in seconds."""

    def __init__(self, world: World, when: Callable[[], bool]) -> None:
        super().__init__(world)
        self._world, self._when, self._slept = world, when, False

    def next(self, until: float) -> Result | Signal | None:
        if not self._slept and self._when():
            self._slept = True
            self._world.advance(self._world.now + 3600.0)
        return super().next(until)


def test_a_laptop_that_slept_holds_nobody_for_it() -> None:
    stage = Stage(build(replace(SMALL, register=(4000.0, 4100.0))))
    journal = stage.begin(stage.roll(choice=Choice(limit=1)))
    hands = Asleep(stage.world, lambda: waits_for_its_agent(journal, stage.world.now))
    door = Door(journal, stage.site, hands, Reporter())
    assert Executor(journal, stage.site, hands, Reporter(), door).run() is Verdict.DONE, why(journal)


def waits_for_its_agent(journal: Journal, now: float) -> bool:
    """And has done so for more than a minute."""
    launched = any("apply-terraform" in flight.done for flight in journal.progress.flights.values())
    return launched and now - journal.progress.at > 60.0
