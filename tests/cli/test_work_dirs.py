"""What is told of nodes that EC2 keeps a volume of: those with the work dir of their agent on it, and the others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import pytest

from dcosmaint.sandbox.world import KafkaShape, Shape, TopicShape
from tests.cli.stage import Stage

EVENTS = KafkaShape("kafka-events", 4, (TopicShape("clicks", 4, 3),))
SHAPE = Shape(nodes=6, public=0, services=(EVENTS,), apps=(), balancers=(), volumes="mixed", same_ip=1.0)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path, SHAPE)


def said(output: str) -> str:
    return " ".join(output.split())


def carriers(stage: Stage) -> tuple[str, str]:
    """A node with members whose work dir is on a volume of its own, and one whose work dir is on its root."""
    nodes = [node["node"] for node in json.loads(stage.type("nodes", "--json").output) if node["members"]]
    apart = [stage.world.node(node).apart for node in nodes]
    return nodes[apart.index(True)], nodes[apart.index(False)]


def plan(stage: Stage, node: str) -> dict[str, Any]:
    made = stage.type("plan", "--ami", stage.new_ami, "--only", node, "--json")
    return dict(json.loads(made.output))


@pytest.mark.parametrize(
    ("work_dir", "fates"),
    [
        ("keep", ("come back with its work dir", "are lost with its instance")),
        ("fresh", ("are lost with its instance", "are lost with its instance")),
    ],
)
def test_what_becomes_of_data_is_told_for_each_kind_of_node(
    stage: Stage, work_dir: Literal["keep", "fresh"], fates: tuple[str, str]
) -> None:
    stage.limit(work_dir=work_dir)
    for node, fate in zip(carriers(stage), fates, strict=True):
        shown = said(stage.type("replace", node, answer="no\n").output)
        assert f"persistent volumes {fate}: 1 of kafka-events" in shown
        assert "persistent volumes stay on its disk" in said(stage.type("drain", node, answer="no\n").output)


def test_where_nobody_can_tell_neither_is_promised(stage: Stage) -> None:
    stage.limit(work_dir="keep")
    node, _ = carriers(stage)
    stage.world.faults.hangs.add(stage.world.node(node).id)
    shown = said(stage.type("replace", node, answer="no\n").output)
    assert "come back with its work dir, or are lost with its instance: nobody can tell: 1 of kafka-events" in shown
    assert "nobody can tell whether the work dir of its agent is there" in shown


def test_a_plan_warns_of_the_nodes_alone_whose_work_dir_is_kept(stage: Stage) -> None:
    stage.limit(work_dir="fresh")
    kept, other = carriers(stage)
    assert not [one for one in plan(stage, other)["warnings"] if one["rule"] == "work-dir"]
    (told,) = [one for one in plan(stage, kept)["warnings"] if one["rule"] == "work-dir"]
    assert told["subject"] == "1 node with the work dir of an agent on volumes that EC2 keeps"
    assert told["message"] == "it is emptied right before the instance is terminated"


def test_programs_read_where_each_target_has_its_work_dir(stage: Stage) -> None:
    kept, other = carriers(stage)
    apart = {node["node"]: node["work_dir_apart"] for node in plan(stage, kept)["nodes"]}
    assert (apart[kept], apart[other]) == (True, None), "the other one is not asked"


def work_dirs(stage: Stage) -> list[str]:
    """What doctor says of them, all of it red."""
    looked = json.loads(stage.type("doctor", "--json").output)["checks"]
    told = [one for one in looked if "EC2 keeps" in one["says"]]
    assert all((one["name"], one["state"]) == ("plan", "red") for one in told)
    return [one["says"] for one in told]


def test_doctor_names_the_one_kind_and_the_silent_until_it_is_said_what_becomes_of_them(stage: Stage) -> None:
    apart = [node for node in map(stage.address, range(6)) if stage.world.node(node).apart]
    told = work_dirs(stage)
    assert [says.partition(": keeps the work dir")[0] for says in told] == [f"work-dir: {node}" for node in apart]
    stage.limit(work_dir="keep")
    assert not work_dirs(stage)
    stage.world.faults.hangs.add(stage.world.node(stage.address(1)).id)
    (silent,) = work_dirs(stage)
    assert silent.startswith(f"work-dir: {stage.address(1)}: EC2 keeps")
    assert "nobody can tell whether the work dir of its agent is there" in silent


def test_doctor_asks_no_more_nodes_where_several_are_silent(stage: Stage) -> None:
    stage.world.faults.hangs.update(stage.world.node(stage.address(number)).id for number in range(6))
    assert len(work_dirs(stage)) == 3
