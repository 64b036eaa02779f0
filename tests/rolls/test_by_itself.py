"""A scheduler that itself replaces brokers which are down for long: none is ever replaced by two."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from dcosmaint.choice import Choice
from dcosmaint.model import Policy, Roll, Work
from dcosmaint.planner.rules import warnings
from dcosmaint.safety import OWN_REPLACE
from dcosmaint.sandbox.world import Shape, build
from tests.rolls.fleets import DEDICATED, EARLY, wilful
from tests.rolls.stage import CLICKS, LEGACY, PRIVATE, Stage, clean, not_replaced, rolled

QUICK = Policy(soak=20.0, batch_size=4)
LATE = 1200.0
"""Seconds: the default, longer than a node is away."""


def warned(stage: Stage, roll: Roll) -> list[str]:
    return [finding.subject for finding in warnings(roll, stage.survey()) if finding.rule == "replaces-itself"]


def replaces(stage: Stage) -> Iterator[tuple[str, float]]:
    """Who replaced a broker, and how long it had been down by then."""
    down: dict[str, float] = {}
    for line in map(json.loads, stage.world.log):
        if line["what"] == "lost":
            down[line["pod"]] = line["at"]
        elif line["what"] == "placed":
            down.pop(line["pod"], None)
        elif line["what"] == "replace":
            yield line["by"], line["at"] - down.get(line["pod"], line["at"])


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("shape", [LEGACY, DEDICATED], ids=["roomy", "dedicated"])
def test_r4_a_broker_that_its_scheduler_is_about_to_replace_is_left_to_it(shape: Shape, seed: int) -> None:
    stage = Stage(build(replace(wilful(EARLY, shape), seed=seed)), seed)
    roll = stage.roll(policy=QUICK)
    assert warned(stage, roll) == [CLICKS.name]
    rolled(stage, roll)
    by = list(replaces(stage))
    assert any(who == "sdk" for who, _ in by)
    assert all(down < EARLY - OWN_REPLACE for who, down in by if who == "tool")
    assert not_replaced(stage.world, roll) == []
    clean(stage, roll)


@pytest.mark.parametrize("seed", range(3))
def test_one_that_would_do_so_much_later_is_not_waited_for(seed: int) -> None:
    stage = Stage(build(replace(wilful(LATE), seed=seed)), seed)
    roll = stage.roll(policy=QUICK)
    rolled(stage, roll)
    assert {who for who, _ in replaces(stage)} == {"tool"}
    clean(stage, roll)


def test_where_members_move_first_nobody_is_down_for_so_long() -> None:
    stage = Stage(build(wilful(EARLY, profile="2.1")))
    roll = stage.roll(Work.REPLACE, Choice(only=(f"{PRIVATE}[0]",)), QUICK)
    assert warned(stage, roll) == []
    rolled(stage, roll)
    assert [who for who, _ in replaces(stage)] == ["tool"]
    clean(stage, roll)
