"""Jobs of a framework that nobody here moves: waited for, or taken down with their node."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dcosmaint.lines import Admitted, What
from dcosmaint.model import Fate, Verdict, Waits
from dcosmaint.sandbox.world import JobsShape, Shape, World, build
from dcosmaint.sandbox.world.shape import Range
from tests.driven import BARE, FIRST, QUICK, Drive
from tests.rolls.stage import not_replaced

WAITED: Mapping[str, Fate] = {"metronome": "wait"}


def a_drive(fate: Fate, shape: JobsShape, **policy: Any) -> Drive:
    return Drive(build(replace(BARE, jobs=(shape,))), policy=replace(QUICK, frameworks={shape.name: fate}, **policy))


def lost(world: World) -> list[str]:
    return [line["agent"] for line in map(json.loads, world.log) if line["what"] == "job-lost"]


def test_the_turn_of_a_node_comes_when_its_jobs_have_ended() -> None:
    drive = a_drive("wait", JobsShape(on=(0, 1), lasts=(400.0, 900.0)))
    assert drive.run() is Verdict.DONE
    assert (not_replaced(drive.world, drive.roll), lost(drive.world)) == ([], [])
    first = drive.said("admit")[0]["flights"][0]["node"]["address"]
    assert first != FIRST


def begun_after_admission(lasts: Range | None, shape: Shape = BARE, **policy: Any) -> Drive:
    """A job begins on the first node right after its survey, before anything keeps it off."""
    drive = Drive(build(shape), policy=replace(QUICK, **{"frameworks": WAITED, **policy}))
    jobs = drive.world.add_jobs(JobsShape(lasts=lasts), ())

    def begin(at: float, what: What) -> None:
        if isinstance(what, Admitted) and what.flights[0].node.address == FIRST:
            jobs.run(what.flights[0].node.agent_id)

    drive.hear = begin
    return drive


def test_a_job_that_began_since_the_survey_is_waited_for_right_before_the_stop() -> None:
    drive = begun_after_admission((300.0, 300.0))
    assert drive.run() is Verdict.DONE
    assert (not_replaced(drive.world, drive.roll), lost(drive.world)) == ([], [])
    waits = [event.fields for event in drive.heard.named("waiting") if "metronome" in str(event.fields.get("left"))]
    assert waits[0]["goal"] == f"room to take {FIRST} away"
    assert str(waits[0]["left"]).startswith(f"tasks run on {FIRST}: of metronome, which nobody here moves: end them, ")


def test_one_that_nobody_said_a_word_of_is_not_taken_down_either() -> None:
    """Its node would have been refused, had it run there when the roll was planned."""
    drive = begun_after_admission((300.0, 300.0), frameworks={})
    assert drive.run() is Verdict.DONE
    assert (not_replaced(drive.world, drive.roll), lost(drive.world)) == ([], [])


def test_where_nothing_keeps_work_off_a_node_it_waits_for_a_moment_without_a_job() -> None:
    drive = begun_after_admission((300.0, 300.0), replace(BARE, profile="1.11"))
    assert drive.run() is Verdict.DONE
    assert lost(drive.world) == []


def test_a_job_that_does_not_end_holds_the_node_once_patience_is_over() -> None:
    drive = begun_after_admission(None, waits=Waits(tasks=900.0))
    assert drive.run() is Verdict.STUCK
    (held,) = drive.said("held")
    assert held["node"] == FIRST
    assert held["why"].startswith("no progress in 900 s: ")
    assert f"tasks run on {FIRST}: of metronome, which nobody here moves" in held["why"]
    assert "`dcosmaint resume` waits anew" in held["why"]
    assert lost(drive.world) == []


def test_jobs_of_several_frameworks_that_come_and_go_hold_the_node_as_those_of_one_do() -> None:
    """Another one that has begun is no progress."""
    drive = begun_after_admission(None, waits=Waits(tasks=900.0))
    world, agent = drive.world, drive.world.node(FIRST).agent_id
    spark = world.add_jobs(JobsShape(name="spark", lasts=(20.0, 60.0)), ())

    def another() -> None:
        spark.run(agent)

    for number in range(1, 60):
        world.ground.clock.after(120.0 * number, another)
    assert drive.run() is Verdict.STUCK
    (held,) = drive.said("held")
    stops = drive.heard.named("step-begin")[-1].at
    assert held["why"].startswith("no progress in 900 s: ")
    assert 900.0 < held["at"] - stops < 1100.0


def test_a_roll_does_not_wait_for_ever_for_the_turn_of_a_node_whose_jobs_never_end() -> None:
    drive = a_drive("wait", JobsShape(on=(0,), lasts=None), waits=Waits(tasks=900.0))
    assert drive.run() is Verdict.STUCK
    (stopped,) = drive.said("roll-stopped")
    last = [line["at"] for line in map(json.loads, drive.lines.lines)][-2:]
    assert 900.0 < last[1] - last[0] < 1100.0
    assert f"1 task of metronome on {FIRST}" in stopped["why"]
    assert "nobody had a turn for 900 s (policy.waits.tasks): end them, or leave the node out by" in stopped["why"]
    assert not_replaced(drive.world, drive.roll) == [FIRST]


def test_a_node_that_waits_for_a_job_when_the_deadline_comes_is_let_go() -> None:
    drive = begun_after_admission(None, deadline=600.0)
    assert drive.run() is Verdict.STUCK
    (released,) = drive.said("released")
    assert released["node"] == FIRST
    assert [act for act in drive.acts_of(FIRST) if act.startswith("units.")] == []


def test_jobs_of_a_framework_that_is_ignored_go_down_with_their_node() -> None:
    drive = a_drive("ignore", JobsShape(on=(0,), lasts=None))
    agent = drive.world.node(FIRST).agent_id
    assert drive.run() is Verdict.DONE
    assert lost(drive.world) == [agent]


def test_jobs_that_begin_again_and_again_do_not_keep_a_roll_from_its_end() -> None:
    drive = a_drive("wait", JobsShape(on=(0, 2), lasts=(20.0, 60.0), every=120.0))
    assert drive.run() is Verdict.DONE
    assert (not_replaced(drive.world, drive.roll), lost(drive.world)) == ([], [])
