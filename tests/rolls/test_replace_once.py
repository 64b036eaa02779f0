"""R4: a replace is sent once for one task, whatever becomes of the call, of its answer, or of whoever sent it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from dcosmaint.errors import Retryable
from dcosmaint.journal import File
from dcosmaint.model import Member, Policy, Verdict
from dcosmaint.ports import ServiceActs
from dcosmaint.sandbox.world import Shape, build
from dcosmaint.site import Site
from tests.rolls.mortal import Killed
from tests.rolls.stage import LEGACY, SMALL, Stage, not_replaced, shelf_in

QUICK = Policy(soak=20.0)

BOTH = pytest.mark.parametrize("shape", [SMALL, LEGACY], ids=["sdk", "legacy"])


@dataclass
class FirstCall(ServiceActs):
    """The first replace goes wrong, all others go through."""

    port: ServiceActs
    arrives: bool
    then: type[BaseException]
    over: bool = False

    def replace(self, member: Member) -> None:
        first, self.over = not self.over, True
        if self.arrives or not first:
            self.port.replace(member)
        if first:
            raise self.then("no answer came")


def with_first_call(site: Site, *, arrives: bool, then: type[BaseException]) -> Site:
    return replace(site, acts=replace(site.acts, services=FirstCall(site.acts.services, arrives, then)))


def replaces(stage: Stage) -> list[str]:
    """The task ids that schedulers were told to replace."""
    return [line["task"] for line in map(json.loads, stage.world.log) if line["what"] == "replace"]


@BOTH
@pytest.mark.parametrize("arrives", [True, False], ids=["answer", "call"])
@pytest.mark.parametrize("seed", range(3))
def test_a_replace_whose_call_or_answer_is_lost_happens_once(seed: int, arrives: bool, shape: Shape) -> None:
    stage = Stage(build(replace(shape, seed=seed)), seed)
    roll = stage.roll(policy=QUICK)
    verdict = stage.run(stage.begin(roll), with_first_call(stage.site, arrives=arrives, then=Retryable))
    assert verdict is Verdict.DONE
    assert len({*replaces(stage)}) == len(replaces(stage)) >= 3
    assert not_replaced(stage.world, roll) == []
    assert stage.tally(roll).breaches == ()


@BOTH
def test_a_broker_that_takes_its_time_to_shut_down_is_not_told_again(shape: Shape) -> None:
    stage = Stage(build(replace(shape, shutdown=(45.0, 45.0))))
    roll = stage.roll(policy=QUICK)
    assert stage.run(stage.begin(roll)) is Verdict.DONE
    assert len({*replaces(stage)}) == len(replaces(stage)) >= 3
    assert stage.tally(roll).breaches == ()


@BOTH
@pytest.mark.parametrize("arrives", [True, False], ids=["after", "before"])
@pytest.mark.parametrize("seed", range(3))
def test_who_takes_over_right_after_a_replace_asks_before_sending_another(
    seed: int, arrives: bool, shape: Shape, quick_disk: Path
) -> None:
    stage = Stage(build(replace(shape, seed=seed)), seed)
    roll, shelf = stage.roll(policy=QUICK), shelf_in(quick_disk)
    journal = stage.begin(roll, File.create(shelf.journal(roll.id)))
    with pytest.raises(Killed):
        stage.run(journal, with_first_call(stage.site, arrives=arrives, then=Killed))
    other = Stage(stage.world, seed + 100)
    assert other.run(other.take_over(shelf, roll.id)) is Verdict.DONE
    assert len({*replaces(stage)}) == len(replaces(stage)) >= 3
    assert not_replaced(stage.world, roll) == []
    assert stage.tally(roll).breaches == ()
