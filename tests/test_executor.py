"""The loop: how it begins, goes on and ends."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from dcosmaint.lines import Done, TakenOver, What
from dcosmaint.model import Verdict
from dcosmaint.sandbox.world import build
from tests.driven import BARE, FIRST, Drive


def test_a_roll_that_is_done_says_so_last() -> None:
    drive = Drive(build(BARE))
    assert drive.run() is Verdict.DONE
    assert [line["event"] for line in map(json.loads, drive.lines.lines)][-1] == "roll-done"
    assert len(drive.said("node-done")) == 5
    assert drive.journal.progress.over == "roll-done"


def test_nothing_to_do_is_done_at_once() -> None:
    drive = Drive(build(BARE))
    drive.roll = replace(drive.roll, targets=(), images={})
    assert drive.run() is Verdict.DONE
    assert [line["event"] for line in map(json.loads, drive.lines.lines)] == ["roll", "roll-done"]


def test_a_roll_that_stops_says_why_last() -> None:
    drive = Drive(build(BARE))
    drive.world.faults.never_register.add(FIRST)
    assert drive.run() is Verdict.STUCK
    (line,) = drive.said("roll-stopped")
    assert line["why"] == f"{FIRST} did not end well"


def test_the_steps_of_a_node_are_journalled_in_their_order() -> None:
    drive = Drive(build(BARE))
    drive.run()
    done = [line["step"] for line in drive.said("done") if line["node"] == FIRST]
    assert done == [
        "cordon-agent",
        "replace-brokers",
        "leave-balancers",
        "move-apps",
        "stop-docker",
        "stop-agent",
        "terminate-instance",
        "apply-terraform",
        "await-agent",
        "join-balancers",
        "verify-agent",
    ]


def test_another_process_begins_where_the_journal_stands() -> None:
    """What is done is not done again, and what is not is begun anew."""
    drive = Drive(build(BARE))
    first: list[What] = []

    def stop(at: float, what: What) -> None:
        if what == Done(FIRST, "terminate-instance"):
            first.append(what)
            raise KeyboardInterrupt

    drive.hear = stop
    with pytest.raises(KeyboardInterrupt):
        drive.run()
    drive.hear = lambda at, what: None
    drive.journal.append(TakenOver("somebody@else"))
    assert drive.run() is Verdict.DONE
    done = [line["step"] for line in drive.said("done") if line["node"] == FIRST]
    assert sorted(done) == sorted(set(done))
