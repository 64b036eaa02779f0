"""When a roll's deadline comes: as after the first Ctrl-C, and by the clock of the journal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dcosmaint import lines, tighten
from dcosmaint.errors import Fatal, Usage
from dcosmaint.lines import RollBegun, TakenOver, fold
from dcosmaint.model import Progress, Terms, Verdict
from dcosmaint.planner.deadline import expired
from dcosmaint.sandbox.world import build
from tests.builders import NOON, a_policy, a_roll
from tests.driven import BARE, QUICK, Drive
from tests.rolls.stage import cordoned, not_replaced, unwell

WHY = "the deadline of this roll has passed"


def third_admission() -> float:
    """Seconds from the beginning, of a roll that has none."""
    drive = Drive(build(BARE))
    assert drive.run() is Verdict.DONE
    return float(drive.said("admit")[2]["at"] - drive.said("roll")[0]["at"])


def test_a_node_that_is_only_cordoned_when_the_deadline_comes_is_let_go() -> None:
    drive = Drive(build(BARE), policy=replace(QUICK, deadline=third_admission() + 0.5))
    assert drive.run() is Verdict.STUCK
    (paused,), (released,) = drive.said("paused"), drive.said("released")
    assert paused["why"] == drive.said("roll-stopped")[0]["why"] == WHY
    assert drive.acts_of(released["node"]) == ["mesos.cordon"]
    assert (cordoned(drive.world), drive.journal.progress.flights) == ([], {})
    drive.journal.append(TakenOver("me@here", Terms(deadline=86_400.0)))
    assert drive.run() is Verdict.DONE
    assert not_replaced(drive.world, drive.roll) == []


def test_what_has_begun_when_the_deadline_comes_goes_to_its_end() -> None:
    drive = Drive(build(BARE), policy=replace(QUICK, deadline=third_admission() - 20.0))
    assert drive.run() is Verdict.STUCK
    (paused,) = drive.said("paused")
    assert [line for line in drive.said("node-done") if line["at"] > paused["at"]]
    assert [line for line in drive.said("admit") if line["at"] > paused["at"]] == []
    assert (drive.said("released"), drive.journal.progress.flights, unwell(drive.world)) == ([], {}, [])


def test_it_comes_also_while_the_cluster_can_not_be_surveyed() -> None:
    drive = Drive(build(BARE), policy=replace(QUICK, deadline=60.0))
    drive.world.faults.api["mesos"] = 10_000
    with pytest.raises(Fatal, match="can't be surveyed"):
        drive.run()
    assert drive.said("paused")[0]["why"] == WHY
    assert drive.said("admit") == []


@pytest.mark.parametrize(
    ("before", "terms", "after"),
    [
        (None, Terms(), None),
        (None, Terms(deadline=60.0), NOON + 60.0),
        (NOON + 30.0, Terms(), NOON + 30.0),
        (NOON + 30.0, Terms(deadline=60.0), NOON + 30.0),
        (NOON + 90.0, Terms(deadline=60.0), NOON + 60.0),
        (NOON - 1.0, Terms(), NOON - 1.0),
        (NOON - 1.0, Terms(deadline=60.0), NOON + 60.0),
    ],
)
def test_who_takes_over_brings_it_nearer_or_sets_another_once_it_has_come(
    before: float | None, terms: Terms, after: float | None
) -> None:
    assert fold(Progress(until=before), NOON, TakenOver("me@here", terms)).until == after


def test_it_is_counted_from_the_first_line() -> None:
    begun = RollBegun(a_roll(policy=a_policy(deadline=60.0)))
    assert fold(Progress(), NOON, begun).until == NOON + 60.0
    assert fold(Progress(), NOON, lines.RollBegun(a_roll())).until is None


def test_nobody_is_late_before_the_moment_and_everybody_from_it_on() -> None:
    progress = Progress(until=NOON)
    assert [expired(progress, NOON - 0.1), expired(progress, NOON), expired(Progress(), NOON)] == ["", WHY, ""]


def test_a_later_one_is_refused_while_the_roll_has_time_left() -> None:
    with pytest.raises(Usage, match="would loosen the roll, whose deadline comes in 60 s"):
        tighten.later(Progress(until=NOON + 60.0), Terms(deadline=61.0), NOON)
    tighten.later(Progress(until=NOON + 60.0), Terms(deadline=60.0), NOON)
    tighten.later(Progress(until=NOON), Terms(deadline=600.0), NOON)
