"""The rehearsal: what it takes for granted is said, and is what the pretend copy goes by."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dcosmaint.cli import pretend_cluster
from dcosmaint.forecast import USUAL, forecast
from dcosmaint.plan import Forecast
from dcosmaint.sandbox.faces import in_process
from dcosmaint.sandbox.world import Shape, build
from dcosmaint.survey import survey
from tests.builders import a_policy, a_roll
from tests.cli.stage import Stage


def foreseen(assumed: Shape = USUAL) -> Forecast:
    world = build(Shape(nodes=8))
    inventory = survey(in_process(world, failures=0.0), world.now)
    new = list(world.cloud.amis)[-1]
    roll = a_roll(inventory, a_policy(batch_size=2), images=dict.fromkeys(inventory.images, new))
    return forecast(roll, inventory, assumed)


def test_every_node_ends_at_its_time_and_the_last_one_at_the_end() -> None:
    found = foreseen()
    assert found.left == ()
    assert len(found.ends) == 8
    assert list(found.ends) == sorted(found.ends)
    assert found.ends[-1] <= found.seconds < found.ends[-1] + 60.0


@pytest.mark.parametrize(
    ("slower", "says"),
    [
        (Shape(resync=(1200.0, 3600.0)), "a member with an empty volume is in sync after 20 to 60 min"),
        (Shape(register=(600.0, 840.0)), "the agent of a new instance registers after 10 to 14 min"),
        (Shape(drag=20.0), "calls and terraform take 20 times as much of its time, which runs faster than yours"),
    ],
)
def test_what_it_assumes_is_said_and_counts(slower: Shape, says: str) -> None:
    usual, found = foreseen(), foreseen(slower)
    assert says in found.assumes
    assert says not in usual.assumes
    assert found.seconds > 1.1 * usual.seconds


def test_a_roll_takes_about_as_long_as_its_rehearsal(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    before = json.loads(stage.type("plan", "--ami", stage.new_ami, "--json").stdout)["forecast"]["seconds"]
    began = stage.world.now
    assert stage.type("roll", "--ami", stage.new_ami, "--yes").exit_code == 0
    assert before / 1.5 < stage.world.now - began < before * 1.5


def test_the_sandbox_in_this_process_takes_no_longer_for_our_work(tmp_path: Path) -> None:
    """Calls there cost nothing but what they compute."""
    assert pretend_cluster.in_this_process(tmp_path).assumed == USUAL
