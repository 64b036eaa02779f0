"""`cordon: maintenance`: Marathon stays away from a node that has its turn, members are replaced last."""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dcosmaint.choice import Choice
from dcosmaint.journal import Memory
from dcosmaint.lines import Aborting, Admitted, What
from dcosmaint.model import Policy, Verdict, Work
from dcosmaint.planner.rules import warnings
from dcosmaint.sandbox.world import Shape, build
from dcosmaint.sandbox.world.maintenance import SECOND, MachineId, Planned
from tests.rolls.fleets import fleets
from tests.rolls.stage import (
    OLD,
    PRIVATE,
    Free,
    Stage,
    clean,
    not_replaced,
    rolled,
    said,
    shelf_in,
)
from tests.rolls.test_reserve import killed

MAINTENANCE = Policy(soak=20.0, batch_size=4, cordon="maintenance")
FIRST = f"{PRIVATE}[0]"
HOUR = 3600
THEIRS = Planned((MachineId("db-1.example.com", "10.9.9.9"),), 1_795_394_378_123_456_789, 3_600_000_000_001)


FLEETS = fleets(
    ("1.9", "1.11", "1.13", "2.1"), quick=(("1.9", "legacy"), ("1.11", "small"), ("1.13", "nasty")), seeds=3
)


@pytest.mark.parametrize(("profile", "shape", "seed"), FLEETS)
def test_every_release_is_rolled_and_windows_of_others_stay(profile: str, shape: Shape, seed: int) -> None:
    stage = Stage(build(replace(shape, profile=profile, seed=seed)), seed, failures=0.01 * (seed % 2))
    stage.world.maintenance.write([THEIRS])
    roll = stage.roll(policy=MAINTENANCE)
    assert roll.manner.last
    rolled(stage, roll)
    assert not_replaced(stage.world, roll) == []
    assert stage.world.maintenance.windows == (THEIRS,)
    clean(stage, roll)


def test_the_window_is_taken_out_when_the_agent_has_left_before_the_instance_ends() -> None:
    stage, memory = Stage(build(OLD)), Memory()
    roll = stage.roll(Work.REPLACE, Choice(only=(FIRST,)), MAINTENANCE)
    assert stage.run(stage.begin(roll, memory)) is Verdict.DONE
    steps = [line["step"] for line in said(memory, "done") if line["node"]]
    assert steps[:6] == [
        *("cordon-agent", "leave-balancers", "stop-agent", "stop-docker", "end-window", "terminate-instance"),
    ]


def test_marathon_starts_nothing_on_a_node_that_has_its_turn() -> None:
    """Where it heeds windows: what it starts anew while the node still takes offers goes elsewhere."""
    stage = Stage(build(replace(OLD, profile="1.13")))
    roll = stage.roll(policy=MAINTENANCE)
    rolled(stage, roll)
    assert "best-effort" in {finding.rule for finding in warnings(roll, stage.survey())}
    clean(stage, roll)


def test_a_node_in_a_window_of_somebody_else_is_refused_unless_that_is_accepted() -> None:
    stage = Stage(build(OLD))
    ip = stage.world.node(FIRST).private_ip
    stage.world.maintenance.write([THEIRS, replace(THEIRS, machines=(MachineId(ip, ip),), start=10**18)])
    before = stage.world.maintenance.windows
    choice = Choice(only=(FIRST,))
    for cordon in ("auto", "maintenance", "reserve"):
        policy: Any = replace(MAINTENANCE, cordon=cordon)
        (refused,) = stage.blockers(stage.roll(Work.REPLACE, choice, policy))
        assert (refused.rule, refused.subject) == ("foreign-window", FIRST)
        assert "of somebody else, from 2001-09-09 01:46 UTC to 2001-09-09 02:46 UTC" in refused.message
    accepted = replace(MAINTENANCE, cordon="auto", accepted=("foreign-window",))
    rolled(stage, stage.roll(Work.REPLACE, choice, accepted))
    assert stage.world.maintenance.windows == before, "it is theirs to take out"


@pytest.mark.parametrize(("begins", "lasts"), [(-2 * HOUR, HOUR), (7 * 24 * HOUR, HOUR), (-HOUR, HOUR + 60)])
def test_a_window_of_somebody_else_that_keeps_nothing_off_is_no_cordon(begins: int, lasts: int) -> None:
    """Not by anybody's word: its machine can be in no second one. Asked again when its turn comes."""
    stage, memory = Stage(build(OLD)), Memory()
    accepted = replace(MAINTENANCE, accepted=("foreign-window",))
    roll = stage.roll(Work.REPLACE, Choice(only=(FIRST,)), accepted)
    journal = stage.begin(roll, memory)
    stage.world.maintenance.write([on_first(stage, begins, lasts)])
    (refused,) = stage.blockers(roll)
    assert (refused.rule, refused.subject, refused.acceptable) == ("foreign-window", FIRST, False)
    assert "keeps nothing off it for the hour that its turn may take" in refused.message
    assert stage.run(journal) is Verdict.STUCK
    assert said(memory, "admit") == []


def test_a_node_whose_machine_is_scheduled_by_somebody_after_the_survey_is_held() -> None:
    stage, memory = Stage(build(OLD)), Memory()
    journal = stage.begin(stage.roll(Work.REPLACE, Choice(only=(FIRST,)), MAINTENANCE), memory)

    def hear(at: float, what: What) -> None:
        if isinstance(what, Admitted):
            stage.world.maintenance.write([on_first(stage, 7 * 24 * HOUR, HOUR)])

    journal.heard = hear
    assert stage.run(journal) is Verdict.STUCK
    (failed,) = said(memory, "failed")
    assert failed["step"] == "cordon-agent"
    assert "have that taken out, it is in no second one" in failed["why"]


def on_first(stage: Stage, begins: int, lasts: int) -> Planned:
    """A window of somebody else, in seconds from now on."""
    ip = stage.world.node(FIRST).private_ip
    return Planned((MachineId(ip, ip),), (int(stage.world.now) + begins) * SECOND, lasts * SECOND)


def test_an_abort_takes_out_what_a_killed_roll_has_left(tmp_path: Path) -> None:
    stage = Stage(build(OLD))
    stage.world.maintenance.write([THEIRS])
    roll = stage.roll(Work.REPLACE, Choice(only=(FIRST,)), MAINTENANCE)
    killed(stage, roll, tmp_path, "cordon")
    assert any(window != THEIRS for window in stage.world.maintenance.windows)
    journal = shelf_in(tmp_path).open(roll.id, Free(), stage.hands.now, nullcontext())
    journal.append(Aborting("me@here"))
    stage.run(journal)
    assert stage.world.maintenance.windows == (THEIRS,)
    assert journal.progress.flights == {}


def test_an_undrain_takes_out_what_an_earlier_roll_has_left_there(tmp_path: Path) -> None:
    stage = Stage(build(OLD))
    killed(stage, stage.roll(Work.DRAIN, Choice(only=(FIRST,)), MAINTENANCE), tmp_path, "cordon")
    back = stage.roll(Work.UNDRAIN, Choice(only=(FIRST,)), MAINTENANCE, roll_id="r2")
    rolled(stage, replace(back, lifts=("r1",)))
    assert stage.world.maintenance.windows == ()


def test_the_lines_name_the_method() -> None:
    stage, memory = Stage(build(OLD)), Memory()
    assert stage.run(stage.begin(stage.roll(Work.DRAIN, Choice(only=(FIRST,)), MAINTENANCE), memory)) is Verdict.DONE
    acts = [(line["act"], line["of"][1]) for line in map(json.loads, memory.lines) if "mesos." in line.get("act", "")]
    assert acts == [("mesos.cordon", "maintenance"), ("mesos.uncordon", "maintenance")]
