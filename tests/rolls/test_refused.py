"""What a roll is refused for, before anything is touched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from dcosmaint.errors import Refused
from dcosmaint.model import Policy, Roll
from dcosmaint.sandbox.world import BalancerShape, Shape, World, build
from dcosmaint.sandbox.world.shape import EVENTS as FIVE_BROKERS
from dcosmaint.sandbox.world.shape import FRAGILE
from tests.rolls.stage import (
    EVENTS,
    OLD,
    PRIVATE,
    SMALL,
    Stage,
    clean,
    not_replaced,
    rolled,
)

QUICK = Policy(soak=20.0)
FIRST = f"{PRIVATE}[0]"
Change = Callable[[World], None]
NASTY = Shape()


def refused(stage: Stage, roll: Roll) -> set[str]:
    """The rules that refuse, and the proof that nothing was touched."""
    with pytest.raises(Refused):
        stage.begin(roll)
    assert len(stage.world.log) == 1
    return {finding.rule for finding in stage.blockers(roll)}


def fragile() -> Shape:
    return replace(NASTY, services=(replace(FIVE_BROKERS, topics=(*FIVE_BROKERS.topics, FRAGILE)),))


def test_a_topic_of_one_copy_is_refused_by_name() -> None:
    stage = Stage(build(fragile()))
    roll = stage.roll()
    assert refused(stage, roll) == {"data-loss"}
    assert {finding.subject for finding in stage.blockers(roll)} == {f"{EVENTS}/{FRAGILE.name}"}


def test_data_that_was_given_up_by_name_is_lost_and_nothing_else() -> None:
    stage = Stage(build(fragile()))
    roll = stage.roll(policy=Policy(batch_size=4, accepted=(f"data-loss={EVENTS}/{FRAGILE.name}",)))
    rolled(stage, roll)
    assert not_replaced(stage.world, roll) == []
    wiped = {p.topic for s in stage.world.ground.services.values() for p in s.partitions if p.wiped}
    assert wiped == {FRAGILE.name}
    assert all(FRAGILE.name in breach for breach in stage.tally(roll).breaches)


REFUSED: dict[str, tuple[Shape, Change]] = {
    "terraform-exposed": (replace(SMALL, terraform_exposed=True), lambda world: None),
    "foreign-cordon": (SMALL, lambda world: world.master.deactivate(world.node(FIRST).agent_id, by="operator")),
    "topics-unreadable": (SMALL, lambda world: setattr(world.ground.services[EVENTS], "readable", False)),
    "plan-incomplete": (SMALL, lambda world: setattr(world.ground.services[EVENTS], "deploy", "IN_PROGRESS")),
    "scaling-group": (SMALL, lambda world: setattr(world.node(FIRST), "scaling_group", "agents")),
    "last-target": (replace(SMALL, public=1, balancers=(BalancerShape("ingress"),)), lambda world: None),
    "protected": (SMALL, lambda world: setattr(world.node(FIRST), "protected", True)),
    "last-public": (replace(SMALL, public=1), lambda world: None),
    "recovered-agents": (SMALL, lambda world: world.master.fail_over()),
}


ORDERED: dict[str, tuple[Shape, Policy]] = {
    "no-deactivate": (OLD, Policy(cordon="deactivate")),
    "leaky-cordon": (OLD, Policy(order="replace-first")),
    "black-hole": (OLD, Policy(stop_order="docker-first")),
    "no-place": (replace(SMALL, nodes=3), Policy(order="replace-first")),
}


@pytest.mark.parametrize("rule", ORDERED)
def test_what_this_cluster_can_not_do_is_refused_where_it_was_ordered(rule: str) -> None:
    shape, policy = ORDERED[rule]
    stage = Stage(build(shape))
    assert refused(stage, stage.roll(policy=policy)) == {rule}


@pytest.mark.parametrize("rule", REFUSED)
def test_a_roll_is_refused_by_name_before_anything_is_touched(rule: str) -> None:
    shape, change = REFUSED[rule]
    stage = Stage(build(shape))
    roll = stage.roll()
    change(stage.world)
    stage.world.log[1:] = []
    assert rule in refused(stage, roll)


def test_all_that_stands_in_the_way_is_told_at_once() -> None:
    stage = Stage(build(replace(SMALL, terraform_exposed=True)))
    stage.world.node(FIRST).protected = True
    stage.world.node(f"{PRIVATE}[4]").scaling_group = "agents"
    stage.world.ground.services[EVENTS].readable = False
    assert refused(stage, stage.roll()) == {"terraform-exposed", "protected", "scaling-group", "topics-unreadable"}


def test_an_exposed_terraform_is_rolled_when_that_is_accepted_and_its_plans_touch_nobody_else() -> None:
    stage = Stage(build(replace(SMALL, terraform_exposed=True)))
    roll = stage.roll(policy=replace(QUICK, accepted=("terraform-exposed",)))
    rolled(stage, roll)
    clean(stage, roll)
