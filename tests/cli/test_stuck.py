"""Plans whose rehearsal does not come to its end: they say so, and on what, and are no good news to a script."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dcosmaint.model import Policy
from dcosmaint.sandbox.world import AppShape, Shape
from tests.cli.stage import Stage

TWO = Shape(nodes=5, public=2, services=(), apps=(AppShape("/edge", 2, public=True),), balancers=())
"""Where nothing moves its apps, all of /edge is on the second public agent once the first one was emptied."""

SECOND = "aws_instance.dcos_public_agent_node[1]"


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    stage = Stage(tmp_path, TWO, Policy(batch_size=4, soak=60.0, move_apps=False))
    stage.world.advance(stage.world.now + 100.0)
    return stage


def said(output: str) -> str:
    return " ".join(output.split())


@pytest.mark.parametrize("words", [("plan",), ("plan", "--exit-code"), ("roll", "--dry-run")])
def test_it_is_said_plainly_and_ends_with_3(stage: Stage, words: tuple[str, ...]) -> None:
    ended = stage.type(*words, "--ami", stage.new_ami)
    assert ended.exit_code == 3
    shown = said(ended.output)
    assert "BLOCKED" not in shown
    assert "REHEARSAL STUCK: 4 of 5 nodes came to their end in it, and the roll may stop there as well" in shown
    assert f"stuck on app-down: {SECOND}: /edge: has all that runs of it, 2 instances, on {SECOND}" in shown


def test_programs_read_it_beside_the_forecast(stage: Stage) -> None:
    ended = stage.type("plan", "--json", "--ami", stage.new_ami)
    assert ended.exit_code == 3
    (stuck,) = json.loads(ended.stdout)["forecast"]["stuck"]
    assert (stuck["rule"], stuck["nodes"]) == ("app-down", [SECOND])


def test_a_roll_may_begin_all_the_same_and_shows_it_before_its_question(stage: Stage) -> None:
    ended = stage.type("roll", "--ami", stage.new_ami, answer="no\n")
    shown, asked, _ = ended.output.partition("Type the cluster's name")
    assert "REHEARSAL STUCK" in shown
    assert asked


def test_what_its_deadline_leaves_over_is_told_once_and_is_no_refusal(stage: Stage) -> None:
    ended = stage.type("roll", "--dry-run", "--ami", stage.new_ami, "--deadline", "2m")
    assert ended.exit_code == 0
    assert "REHEARSAL STUCK" not in ended.output
    assert "no turn in the rehearsal: aws_instance.dcos_agent_node[1] and 3 more nodes: the deadline" in said(
        ended.output
    )
