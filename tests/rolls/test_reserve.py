"""`cordon: reserve`: members move first on a Mesos that can't deactivate, also where now and then one falls back."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from dcosmaint.choice import Choice
from dcosmaint.journal import Journal, Memory
from dcosmaint.lines import Aborting, Done, RollBegun, What
from dcosmaint.model import Manner, Policy, Roll, Verdict, Work
from dcosmaint.planner.rules import warnings
from dcosmaint.sandbox.world import Shape, build
from dcosmaint.sandbox.world.followers import rolls
from tests.rolls.fleets import DEDICATED, fleets
from tests.rolls.mortal import Killed, dies_in
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
    why,
)

RESERVE = Policy(soak=20.0, batch_size=4, cordon="reserve")
FIRST = f"{PRIVATE}[0]"
OLDER = ("1.9", "1.11", "1.13")
SLOW = 4.0
"""Seconds between two looks of a follower that comes too late most of the time."""


FLEETS = fleets((*OLDER, "2.1"), quick=(("1.9", "legacy"), ("1.11", "nasty"), ("1.13", "small")))


@pytest.mark.parametrize(("profile", "shape", "seed"), FLEETS)
def test_every_release_is_rolled_and_nobody_notices(profile: str, shape: Shape, seed: int) -> None:
    stage = Stage(build(replace(shape, profile=profile, seed=seed)), seed, failures=0.01 * (seed % 2))
    roll = stage.roll(policy=RESERVE)
    assert roll.manner.last == (shape is DEDICATED)
    rolled(stage, roll)
    assert not_replaced(stage.world, roll) == []
    clean(stage, roll)


def test_members_move_first_and_their_node_is_given_back_before_it_leaves() -> None:
    stage, memory = Stage(build(OLD)), Memory()
    roll = stage.roll(Work.REPLACE, Choice(only=(FIRST,)), RESERVE)
    assert stage.run(stage.begin(roll, memory)) is Verdict.DONE
    assert [line["step"] for line in said(memory, "done") if line["node"]] == [
        *("cordon-agent", "replace-brokers", "leave-balancers", "stop-agent", "stop-docker", "replace-fallen"),
        *("terminate-instance", "apply-terraform", "await-agent", "join-balancers", "verify-agent"),
    ]
    acts = [line["act"] for line in said(memory, "acting")]
    assert acts.index("mesos.cordon") < acts.index("services.replace") < acts.index("mesos.uncordon")
    assert acts.index("mesos.uncordon") + 1 == acts.index("units.signal_agent")


def test_a_broker_that_falls_back_is_replaced_once_more_for_another_task() -> None:
    """On a seed on which a follower that is too slow loses the race, as it does now and then."""
    stage, memory = Stage(build(Shape(profile="1.9"))), Memory()
    stage.world.followers.every = SLOW
    roll = stage.roll(policy=RESERVE)
    assert stage.run(stage.begin(roll, memory)) is Verdict.DONE
    fell = [line["why"].split()[0] for line in said(memory, "noted") if "fell back" in line["why"]]
    assert fell
    sent = [line["task_id"] for line in said(memory, "replacing")]
    assert len(sent) == len({*sent})
    moved = [f"{line['member']['service']}/{line['member']['pod']}" for line in said(memory, "replacing")]
    assert {member: moved.count(member) for member in fell} == dict.fromkeys(fell, 2)
    clean(stage, roll)


def hearing(journal: Journal, told: Callable[[What], bool], effect: Callable[[], None]) -> None:
    """Once, when the line comes."""
    done: list[What] = []

    def hear(at: float, what: What) -> None:
        if told(what) and not done:
            done.append(what)
            effect()

    journal.heard = hear


def test_what_an_agent_brought_back_under_another_id_is_given_back_by_the_label() -> None:
    """A work dir that lost its `latest` keeps its reservations."""
    stage = Stage(build(OLD))
    roll = stage.roll(Work.REPLACE, Choice(only=(FIRST,)), RESERVE)
    journal = stage.begin(roll)
    other = stage.world.ground.agents[stage.world.node(f"{PRIVATE}[4]").agent_id]

    def come_back() -> None:
        stage.world.followers.follow(other, roll.id)
        stage.world.followers.leave(other.id)

    hearing(journal, lambda what: isinstance(what, Done) and what.step == "stop-agent", come_back)
    assert stage.run(journal) is Verdict.DONE, why(journal)
    assert rolls(other) == {}
    clean(stage, roll)


def test_of_another_roll_nothing_is_given_back() -> None:
    """R8: it is in nobody's journal here."""
    stage = Stage(build(OLD))
    other = stage.world.ground.agents[stage.world.node(f"{PRIVATE}[4]").agent_id]
    stage.world.followers.follow(other, "somebody-elses")
    stage.world.followers.leave(other.id)
    roll = stage.roll(Work.REPLACE, Choice(only=(FIRST,)), RESERVE)
    rolled(stage, roll)
    assert [*rolls(other)] == ["somebody-elses"]


def test_a_drained_node_comes_back_without_anything_set_apart() -> None:
    stage = Stage(build(OLD))
    roll = stage.roll(Work.DRAIN, Choice(only=(FIRST,)), RESERVE)
    rolled(stage, roll)
    rolled(stage, stage.roll(Work.UNDRAIN, Choice(only=(FIRST,)), RESERVE, roll_id="r2"))
    agent = stage.world.ground.agents[stage.world.node(FIRST).agent_id]
    assert (agent.offers, agent.set_apart) == (True, {})


def killed(stage: Stage, roll: Roll, folder: Path, act: str) -> None:
    """The process of a roll ends in the first `mesos.act`."""
    journal = shelf_in(folder).create(roll.id, Free(), stage.hands.now, stage.hands.alone)
    journal.append(RollBegun(roll))
    with pytest.raises(Killed):
        stage.run(journal, dies_in(stage.site, "mesos", act))


def test_an_undrain_gives_back_what_a_roll_has_left_there(tmp_path: Path) -> None:
    stage = Stage(build(OLD))
    killed(stage, stage.roll(Work.DRAIN, Choice(only=(FIRST,)), RESERVE), tmp_path, "cordon")
    agent = stage.world.ground.agents[stage.world.node(FIRST).agent_id]
    assert [*rolls(agent)] == ["r1"]
    back = stage.roll(Work.UNDRAIN, Choice(only=(FIRST,)), RESERVE, roll_id="r2")
    rolled(stage, replace(back, lifts=("r1",)))
    assert rolls(agent) == {}


def test_an_abort_gives_back_what_a_killed_roll_has_set_apart(tmp_path: Path) -> None:
    stage = Stage(build(OLD))
    roll = stage.roll(Work.REPLACE, Choice(only=(FIRST,)), RESERVE)
    killed(stage, roll, tmp_path, "cordon")
    agent = stage.world.ground.agents[stage.world.node(FIRST).agent_id]
    assert [*rolls(agent)] == ["r1"]
    journal = shelf_in(tmp_path).open(roll.id, Free(), stage.hands.now, stage.hands.alone)
    journal.append(Aborting("me@here"))
    stage.run(journal)
    stage.world.advance(stage.world.now + 600.0)
    assert (rolls(agent), journal.progress.flights, journal.progress.steered) == ({}, {}, ())
    assert agent.offers
    assert agent.free.cpus > 0.0


@pytest.mark.parametrize(("roll_id", "whose"), [("r0", "roll r0"), ("", "somebody, for role dcosmaint,")])
def test_what_another_roll_has_left_is_told_in_the_plan_and_so_is_that_the_cordon_is_best_effort(
    roll_id: str, whose: str
) -> None:
    stage = Stage(build(OLD))
    other = stage.world.ground.agents[stage.world.node(FIRST).agent_id]
    stage.world.followers.follow(other, roll_id)
    stage.world.followers.leave(other.id)
    roll = stage.roll(Work.REPLACE, Choice(only=(FIRST,)), RESERVE)
    assert roll.manner == Manner("reserve", marks_gone=True)
    said_of = {finding.rule: finding for finding in warnings(roll, stage.survey())}
    assert said_of["left-apart"].subject == FIRST
    assert said_of["left-apart"].message.startswith(f"{whose} has left")
    assert "best effort" in said_of["best-effort"].message


def test_the_lines_name_the_method() -> None:
    stage, memory = Stage(build(OLD)), Memory()
    assert stage.run(stage.begin(stage.roll(Work.DRAIN, Choice(only=(FIRST,)), RESERVE), memory)) is Verdict.DONE
    cordons = [line["of"] for line in map(json.loads, memory.lines) if line.get("act") == "mesos.cordon"]
    assert [of[1] for of in cordons] == ["reserve"] * len(cordons)
