"""Apps of two on two public agents: the first that goes leaves both instances on the other, whose turn comes too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from dcosmaint.choice import Choice
from dcosmaint.model import Policy, Work
from dcosmaint.planner.rules import warnings
from dcosmaint.sandbox.world import AppShape, Shape, build
from tests.rolls.stage import OLD, PUBLIC, SMALL, Stage, not_replaced, why

EDGE = AppShape("/edge", 2, docker=True, public=True)
TWO = replace(SMALL, nodes=5, public=2, services=(), apps=(EDGE,), balancers=())
QUICK = Policy(soak=0.0)


def staged(shape: Shape, seed: int, failures: float = 0.0) -> Stage:
    stage = Stage(build(replace(shape, seed=seed)), seed, failures)
    stage.world.advance(stage.world.now + 60.0)
    return stage


def every_second(stage: Stage, seen: Counter[int]) -> Callable[[], None]:
    """How many instances of it are healthy, for as long as the world turns."""
    app, marathon = stage.world.ground.apps["/edge"], stage.world.marathon

    def look() -> None:
        seen[app.running - len(marathon.unproved(app))] += 1
        stage.world.at(1.0, look)

    return look


@pytest.mark.parametrize("spread", [True, False])
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("strategy", ["batch", "window"])
def test_both_nodes_have_their_turn_and_the_app_is_never_at_zero(seed: int, strategy: str, *, spread: bool) -> None:
    stage = staged(replace(TWO, apps=(replace(EDGE, spread=spread),)), seed, failures=0.01)
    roll = stage.roll(policy=replace(QUICK, strategy="window" if strategy == "window" else "batch", batch_size=3))
    seen: Counter[int] = Counter()
    stage.world.at(1.0, every_second(stage, seen))
    journal = stage.begin(roll)
    stage.run(journal)
    assert not_replaced(stage.world, roll) == [], why(journal)
    tally = stage.tally(roll)
    assert (tally.apps_at_zero, tally.breaches, min(seen)) == (0, (), 1)


@pytest.mark.parametrize("seed", range(3))
def test_of_a_drained_node_the_app_leaves_one_by_one_as_well(seed: int) -> None:
    stage = staged(TWO, seed)
    first = stage.roll(Work.DRAIN, Choice(only=(f"{PUBLIC}[0]",)), replace(QUICK, canary=0))
    stage.run(stage.begin(first))
    on = [task.agent_id for task in stage.world.ground.apps["/edge"].tasks]
    assert on == [stage.world.node(f"{PUBLIC}[1]").agent_id] * 2
    assert stage.tally(first).apps_at_zero == 0


@pytest.mark.parametrize("seed", range(3))
def test_where_nothing_moves_it_the_plan_foretells_that_it_may_stop_there(seed: int) -> None:
    stage = staged(replace(OLD, nodes=5, public=2, services=(), apps=(EDGE,), balancers=()), seed)
    roll = stage.roll(policy=QUICK)
    assert [one.subject for one in warnings(roll, stage.survey()) if one.rule == "app-gathers"] == ["/edge"]
    stage.run(stage.begin(roll))
    assert not_replaced(stage.world, roll) in ([], [f"{PUBLIC}[1]"])
    assert stage.tally(roll).apps_at_zero == 0
