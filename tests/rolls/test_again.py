"""A node begins again when somebody takes back what was done there; not for ever."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from dcosmaint.again import BEGINS, ahead, recurs
from dcosmaint.lines import Aborting, Begun, Done, Held, Moved, Replacing, TakenOver, What, fold
from dcosmaint.model import Progress, Verdict
from dcosmaint.sandbox.world import build
from tests.builders import NOON, a_flight, a_member, a_node
from tests.driven import BARE, FIRST, Drive, taken_over
from tests.rolls.stage import SMALL, not_replaced


def lifting(drive: Drive, times: int) -> Callable[[float, What], None]:
    """Somebody's script that lifts our cordon of the first node each time that it is set."""
    lifted: list[What] = []

    def lift(at: float, what: What) -> None:
        if what == Done(FIRST, "cordon-agent") and len(lifted) < times:
            lifted.append(what)
            drive.world.master.reactivate(drive.world.node(FIRST).agent_id, by="operator")

    return lift


def test_r15_a_node_whose_cordon_is_lifted_again_and_again_fails_and_says_what_recurs() -> None:
    drive = Drive(build(BARE))
    drive.hear = lifting(drive, times=1_000)
    assert drive.run() is Verdict.STUCK
    (failed,) = drive.said("failed")
    assert "takes work again. It has begun again 3 times for the like without getting any further" in failed["why"]
    assert failed["why"].endswith("Find out who, end that, then resume")
    assert len(drive.said("begin")) == BEGINS
    assert drive.acts_of(FIRST).count("units.stop_docker") == 0


def test_a_resume_after_the_script_is_gone_ends_the_roll() -> None:
    drive = Drive(build(BARE))
    drive.hear = lifting(drive, times=BEGINS + 1)
    assert drive.run() is Verdict.STUCK
    taken_over(drive)
    assert drive.run() is Verdict.DONE, drive.journal.progress
    assert not_replaced(drive.world, drive.roll) == []


def test_a_node_whose_cordon_is_lifted_a_few_times_goes_on() -> None:
    drive = Drive(build(SMALL))
    drive.hear = lifting(drive, times=BEGINS)
    assert drive.run() is Verdict.DONE, drive.journal.progress
    assert len(drive.said("begin")) == BEGINS


def test_a_process_that_is_killed_in_between_does_not_begin_to_count_anew() -> None:
    drive = Drive(build(BARE))
    lift = lifting(drive, times=1_000)

    def killed(at: float, what: What) -> None:
        lift(at, what)
        if isinstance(what, Begun):
            raise KeyboardInterrupt

    drive.hear = killed
    for _ in range(BEGINS):
        with pytest.raises(KeyboardInterrupt):
            drive.run()
        taken_over(drive)
        drive.hear = killed
    assert drive.run() is Verdict.STUCK
    assert [line["event"] for line in map(json.loads, drive.lines.lines)].count("begin") == BEGINS


# ---- what counts as getting further

NODE = a_node(0)
ADDRESS = NODE.address
AGAIN = Begun(NODE, "agent-0 takes work again")
CORDONED, EMPTIED = Done(ADDRESS, "cordon-agent"), Done(ADDRESS, "replace-brokers")
SENT, GONE = Replacing(ADDRESS, a_member(0), "task-1"), Moved(ADDRESS, a_member(0))


@pytest.mark.parametrize(
    ("happened", "begins"),
    [
        ((AGAIN,), 1),
        ((AGAIN, CORDONED), 0),  # never before
        ((CORDONED, AGAIN, CORDONED, AGAIN), 2),
        ((CORDONED, AGAIN, CORDONED, EMPTIED), 0),
        ((CORDONED, EMPTIED, AGAIN, CORDONED, EMPTIED), 1),
        ((CORDONED, AGAIN, SENT, GONE), 0),
        ((CORDONED, SENT, GONE, AGAIN, CORDONED, SENT, GONE), 1),  # it came back, and was moved away once more
        ((CORDONED, AGAIN, TakenOver("me@here")), 1),
        ((CORDONED, AGAIN, Held(ADDRESS, "cordon-agent", "no progress"), TakenOver("me@here")), 0),
        ((CORDONED, AGAIN, Held(ADDRESS, "cordon-agent", "no progress"), Aborting("me@here")), 0),
    ],
)
def test_begins_are_counted_until_a_node_gets_further(happened: tuple[What, ...], begins: int) -> None:
    progress = Progress(flights={ADDRESS: a_flight(NODE)})
    for what in happened:
        progress = fold(progress, NOON, what)
    assert progress.flights[ADDRESS].begins == begins


def test_a_node_may_begin_again_a_few_times() -> None:
    flight = a_flight(NODE)
    assert [bool(recurs(replace(flight, begins=n), "why")) for n in range(BEGINS + 2)] == [False] * BEGINS + [True] * 2


class Named:
    def __init__(self, name: str) -> None:
        self.name = name


@pytest.mark.parametrize(
    ("done", "left"), [("", "abcd"), ("a", "bcd"), ("ac", "d"), ("c", "d"), ("x", "abcd"), ("abcd", ""), ("dcba", "")]
)
def test_a_pipeline_goes_on_behind_the_last_step_that_is_done(done: str, left: str) -> None:
    steps = [Named(name) for name in "abcd"]
    assert "".join(step.name for step in ahead(steps, tuple(done))) == left  # type: ignore[arg-type]  # names are all
