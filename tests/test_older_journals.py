"""Journals that earlier versions wrote: what they did not know yet has a default."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

import pytest

from dcosmaint import lines
from dcosmaint.journal import Journal, Memory
from dcosmaint.lines import What, from_json, to_json
from dcosmaint.model import Policy, Verdict
from dcosmaint.sandbox.world import build
from tests.builders import NOON, a_flight, a_member, a_node, a_roll
from tests.driven import BARE, FIRST, Drive, taken_over
from tests.rolls.stage import Free


@dataclass(frozen=True)
class Newer:
    """A line, and the fields of it that came later, by their path."""

    line: What
    paths: tuple[tuple[str | int, ...], ...]


FLIGHT = ("flights", 0)
POLICY = ("roll", "policy")
NEWER = (
    Newer(
        lines.RollBegun(a_roll()),
        (
            ("roll", "manner", "marks_gone"),
            ("roll", "manner"),
            ("roll", "lifts"),
            ("roll", "silent"),
            ("roll", "policy", "deadline"),
            ("roll", "policy", "frameworks"),
            ("roll", "policy", "work_dir"),
            ("roll", "policy", "waits", "tasks"),
        ),
    ),
    Newer(lines.Slot("node", a_member(0)), (("also",), ("left",))),
    Newer(
        lines.Admitted((a_flight(a_node(0)),)),
        tuple(
            (*FLIGHT, *name.split("."))
            for name in (
                *("node.instance.outlived_by", "red", "noted", "also", "balancers", "passed", "begins", "moving"),
                *("node.agent.open", "node.agent.apart", "node.work_dir_apart"),
            )
        ),
    ),
    Newer(lines.Replacing("node", a_member(0), "task-1"), (("also",),)),
    Newer(lines.TakenOver("you@there"), (("terms",),)),
)


@pytest.mark.parametrize("newer", NEWER, ids=lambda newer: newer.line.event)
def test_a_line_without_what_came_later_is_read(newer: Newer) -> None:
    fields = json.loads(json.dumps(to_json(NOON, newer.line)))
    for *way, last in newer.paths:
        place: Any = fields
        for step in way:
            place = place[step]
        del place[last]
    assert from_json(fields) == (NOON, newer.line)


def test_the_form_is_one_that_tools_of_every_earlier_form_refuse() -> None:
    """They would pass over what has come since. Who changes the form counts on here."""
    assert to_json(NOON, lines.RollBegun(a_roll()))["schema"] == 9


def test_a_journal_of_the_first_form_is_gone_on_with() -> None:
    """Its form stays as its first line has it."""
    sink = Memory()
    lived = Journal(sink, Free(), lambda: NOON)
    for line in (lines.RollBegun(a_roll(), schema=1), lines.Admitted((a_flight(a_node(0)),))):
        lived.append(line)
    assert json.loads(sink.lines[0])["schema"] == 1
    again = Journal(sink, Free(), lambda: NOON)
    again.replay([*sink.lines])
    again.append(lines.TakenOver("you@there"))
    assert again.progress.flights == lived.progress.flights
    assert json.loads(sink.lines[-1])["event"] == "taken-over"


@pytest.mark.parametrize("step", ["stop-docker", "stop-agent", "terminate-instance", "await-agent"])
def test_steps_that_a_flight_of_an_older_version_went_past_are_left_out(step: str) -> None:
    """It knew neither load balancers nor moves of apps, and is far behind both."""
    drive = Drive(build(BARE))

    def killed(at: float, what: What) -> None:
        if what == lines.Done(FIRST, step):
            raise KeyboardInterrupt

    drive.hear = killed
    with pytest.raises(KeyboardInterrupt):
        drive.run()
    unknown = ("leave-balancers", "move-apps")
    drive.lines.lines = [line for line in drive.lines.lines if json.loads(line).get("step") not in unknown]
    before = len(drive.lines.lines)
    taken_over(drive)
    assert drive.run() is Verdict.DONE
    later = [json.loads(line) for line in drive.lines.lines[before:]]
    assert [line for line in later if line.get("node") == FIRST and line.get("step") in unknown] == []
    assert drive.stage.tally(drive.roll).breaches == ()


@pytest.mark.parametrize(("apart", "verdict"), [(True, Verdict.DONE), (False, Verdict.STUCK)])
def test_a_flight_of_form_8_is_taken_for_one_whose_work_dir_is_on_the_volume_that_ec2_keeps(
    *, apart: bool, verdict: Verdict
) -> None:
    """As it was when it was admitted. Nodes that start under the newer version are asked."""
    drive = Drive(build(replace(BARE, volumes="work-dir", same_ip=1.0)), Policy(soak=0.0, work_dir="keep"))
    drive.world.node(FIRST).apart = apart

    def killed(at: float, what: What) -> None:
        if what == lines.Done(FIRST, "terminate-instance"):
            raise KeyboardInterrupt

    drive.hear = killed
    with pytest.raises(KeyboardInterrupt):
        drive.run()
    told = json.dumps({"work_dir_apart": apart})[1:-1]
    assert any(told in line for line in drive.lines.lines)
    written = (line.replace(f", {told}", "") for line in drive.lines.lines)
    drive.lines.lines = [line.replace('"schema": 9', '"schema": 8') for line in written]
    taken_over(drive)
    assert drive.run() is verdict
    stopped = [flight.stopped for flight in drive.journal.progress.stopped]
    assert all("its work dir did not come with it" in says for says in stopped)
    assert bool(stopped) is not apart


def test_a_roll_that_begins_now_has_a_form_that_older_versions_refuse_by_name() -> None:
    assert to_json(NOON, lines.RollBegun(a_roll()))["schema"] == lines.SCHEMA == 9


def test_a_node_of_an_older_form_which_named_frameworks_without_their_tasks_is_read() -> None:
    fields = to_json(NOON, lines.Admitted((a_flight(a_node(0)),)))
    node = fields["flights"][0]["node"]
    del node["frameworks"]
    node["unknown"] = ["spark"]
    assert from_json(fields) == (NOON, lines.Admitted((a_flight(a_node(0)),)))
