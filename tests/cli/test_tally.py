"""What a pretend cluster counts at the end of a roll: what was done against its orders, and never what was ordered."""

from __future__ import annotations

from pathlib import Path

import pytest

from dcosmaint.sandbox.world import KafkaShape, Shape, TopicShape
from tests.cli.stage import Stage

SHAPE = Shape(
    nodes=6,
    public=0,
    services=(KafkaShape("kafka-events", 3, (TopicShape("clicks", 4, 3),)),),
    resync=(60.0, 120.0),
    apps=(),
)


@pytest.mark.parametrize(
    "ordered",
    [
        {"order": "replace-last"},
        {"cordon": "none"},
        {"default_cap": 2, "min_isr": {"kafka-events": 1}},
    ],
)
def test_what_was_ordered_is_no_breach_neither_then_nor_after_another_roll(
    tmp_path: Path, ordered: dict[str, object]
) -> None:
    stage = Stage(tmp_path, SHAPE)
    policy = stage.cluster.policy(6)
    stage.limit(**ordered)
    first = stage.type("roll", "--ami", stage.new_ami, "--yes")
    assert (first.exit_code, breaches(first.output)) == (0, "0"), first.output
    stage.limit(**{name: getattr(policy, name) for name in ordered})
    again = stage.type("rollback", "--yes")
    assert (again.exit_code, breaches(again.output)) == (0, "0"), again.output


def test_members_that_are_left_to_their_operator_go_down_with_their_node(tmp_path: Path) -> None:
    stage = Stage(tmp_path, SHAPE)
    stage.limit(moves={"kafka-events": "ignore"})
    ended = stage.type("roll", "--ami", stage.new_ami, "--yes")
    assert (ended.exit_code, breaches(ended.output)) == (4, "0"), ended.output  # he has not replaced the first yet


def breaches(output: str) -> str:
    """How many, by the last of the tallies."""
    return output[output.rindex("breaches") :].split()[1]
