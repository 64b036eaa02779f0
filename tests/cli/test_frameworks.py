"""Tasks of frameworks that nobody here moves: who they are and where, in everything that lists."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dcosmaint.sandbox.world import JobsShape, Shape
from tests.cli.stage import Stage

SHAPE = Shape(
    nodes=4, public=0, services=(), apps=(), balancers=(), jobs=(JobsShape("metronome", on=(0, 0, 1), lasts=None),)
)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path, SHAPE)


def said(stage: Stage, *words: str) -> str:
    return " ".join(stage.type(*words).output.split())


def test_nodes_and_doctor_name_them_with_their_tasks(stage: Stage) -> None:
    nodes = json.loads(stage.type("nodes", "--json").output)
    assert [node["frameworks"] for node in nodes] == [{"metronome": 2}, {"metronome": 1}, {}, {}]
    assert "2 tasks of metronome" in said(stage, "nodes")
    ip = stage.world.node(stage.address(0)).private_ip
    assert f"services: metronome is no service: 2 on {ip}, 1 on " in said(stage, "doctor")


def test_a_plan_refuses_their_nodes_and_says_what_may_be_said_of_them(stage: Stage) -> None:
    ended = stage.type("plan", "--ami", stage.new_ami)
    text = " ".join(ended.output.split())
    assert ended.exit_code == 3
    assert f"tasks of metronome on {stage.address(0)} (2), {stage.address(1)} (1): refuse" in text
    assert "BLOCKED: unknown-framework" in text
    assert "set policy.frameworks.metronome to wait or ignore" in text


def test_a_plan_says_of_those_that_are_waited_for_when_their_turn_comes(stage: Stage) -> None:
    stage.limit(frameworks={"metronome": "wait"})
    ended = stage.type("plan", "--ami", stage.new_ami)
    assert ended.exit_code == 0, ended.output
    assert "(1): wait, for 2:00:00: its nodes' turn comes when they have none (not rehearsed)" in " ".join(
        ended.output.split()
    )


def test_a_plan_is_loud_about_those_that_go_down(stage: Stage) -> None:
    stage.limit(frameworks={"metronome": "ignore"})
    plan = json.loads(stage.type("plan", "--ami", stage.new_ami, "--json").output)
    assert [(one["rule"], one["subject"]) for one in plan["warnings"]] == [("framework-ignored", "metronome")] * 2
    assert plan["nodes"][0]["frameworks"] == {"metronome": 2}
    assert f"2 tasks of it GO DOWN with {stage.address(0)}" in said(stage, "drain", stage.address(0), "--yes")
