"""R14: data that was given up by name is what one broker alone takes with it, whatever the cap."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dcosmaint.forecast import forecast
from dcosmaint.model import Policy
from dcosmaint.sandbox.world import KafkaShape, Shape, TopicShape, build
from tests.rolls.stage import EVENTS, OLD, SMALL, Stage, clean, not_replaced, rolled

PAIRS = KafkaShape(EVENTS, 4, (TopicShape("pairs", 8, 2),))
BOLD = Policy(batch_size=9, canary=0, soak=20.0, caps={EVENTS: 4}, accepted=(f"data-loss={EVENTS}",))

SHAPES = {
    "2.1": replace(SMALL, nodes=8, services=(PAIRS,)),
    "2.1, all brokers": replace(SMALL, nodes=8, services=(replace(PAIRS, api="brokers"),)),
    "1.11": replace(OLD, nodes=8, services=(PAIRS,)),
}


@pytest.mark.parametrize("strategy", ["batch", "window"])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_of_two_copies_none_is_lost_although_losses_are_accepted(shape: Shape, strategy: str) -> None:
    stage = Stage(build(shape))
    roll = stage.roll(policy=replace(BOLD, strategy="window" if strategy == "window" else "batch"))
    rolled(stage, roll)
    assert not_replaced(stage.world, roll) == []
    assert stage.tally(roll).partitions_lost == 0
    clean(stage, roll)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("accepted", [(), BOLD.accepted], ids=["as it is", "accepted"])
def test_a_plan_advises_nobody_to_give_up_what_only_has_to_wait(shape: Shape, accepted: tuple[str, ...]) -> None:
    stage = Stage(build(shape))
    told = forecast(stage.roll(policy=replace(BOLD, accepted=accepted)), stage.survey())
    assert told.left == ()
    assert any("may not be away together" in batch.why for batch in told.batches)
    assert not any("--accept" in batch.why for batch in told.batches)


def test_of_one_copy_that_is_given_up_brokers_go_together() -> None:
    stage = Stage(build(replace(SMALL, nodes=8, services=(KafkaShape(EVENTS, 4, (TopicShape("scratch", 4, 1),)),))))
    roll = stage.roll(policy=BOLD)
    rolled(stage, roll)
    assert not_replaced(stage.world, roll) == []
    assert stage.tally(roll).most_lost[EVENTS] > 1
