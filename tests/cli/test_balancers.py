"""Nodes behind load balancers, as they are planned, rolled, drained and brought back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dcosmaint.model import Waits
from dcosmaint.sandbox.monitor import judge
from dcosmaint.sandbox.world import BalancerShape, Shape
from tests.cli.stage import Stage

PUBLIC = "aws_instance.dcos_public_agent_node"
FIRST = f"{PUBLIC}[0]"
SHAPE = Shape(nodes=5, public=2, services=(), apps=(), register=(20.0, 60.0))
"""Its public nodes are behind a classic load balancer, and a target group that goes by IP."""


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path, SHAPE)


def healthy(stage: Stage, address: str = FIRST) -> list[str]:
    """Names of the load balancers that find the node healthy."""
    machine, known = stage.world.node(address), stage.world.balancers
    return [b.shape.name for b in known.all.values() if known.known(b).get(b.called(machine)) == "healthy"]


def registered(stage: Stage, address: str = FIRST) -> list[str]:
    return stage.world.ground.traffic(stage.world.node(address)).get("traffic", [])


def test_a_roll_takes_public_nodes_out_of_their_load_balancers_and_puts_them_back(stage: Stage) -> None:
    ended = stage.type("roll", "--ami", stage.new_ami, "--yes")
    assert ended.exit_code == 0, ended.output
    assert [healthy(stage, f"{PUBLIC}[{n}]") for n in (0, 1)] == [["public-agents", "edge"]] * 2
    tally = judge(stage.world.log, {})
    assert (tally.breaches, tally.cut_off) == ((), 0)
    assert "nodes stopped under traffic" in ended.output


def test_the_plan_says_what_a_node_is_behind(stage: Stage) -> None:
    assert "behind edge, public-agents" in stage.type("plan", "--ami", stage.new_ami).output.replace("\n", " ")
    plan = json.loads(stage.type("plan", "--ami", stage.new_ami, "--json").output)
    behind = {node["node"]: node["load_balancers"] for node in plan["nodes"]}
    assert behind[FIRST] == ["edge", "public-agents"]
    assert behind[stage.address(0)] == []
    assert plan["blockers"] == []


def test_a_drain_leaves_and_an_undrain_joins_what_it_left(stage: Stage) -> None:
    assert stage.type("drain", FIRST, "--yes").exit_code == 0
    assert registered(stage) == []
    back = stage.type("undrain", FIRST, "--yes")
    assert back.exit_code == 0, back.output
    assert "joins again: edge, public-agents" in back.output
    assert healthy(stage) == ["public-agents", "edge"]
    assert judge(stage.world.log, {}).breaches == ()


def test_an_undrain_joins_what_the_newest_drain_left_and_nothing_older(stage: Stage) -> None:
    for _ in range(2):
        assert stage.type("drain", FIRST, "--yes").exit_code == 0
        assert stage.type("undrain", FIRST, "--yes").exit_code == 0
        edge = next(b for b in stage.world.balancers.all.values() if b.shape.name == "edge")
        stage.world.balancers.deregister(edge.id, edge.called(stage.world.node(FIRST)), by="operator")
        stage.world.advance(stage.world.now + 60.0)
    assert healthy(stage) == ["public-agents"]


def test_an_undrain_after_a_drain_that_was_aborted_joins_what_that_had_left(stage: Stage) -> None:
    """Its node is in flight for good: nobody ended it."""
    stage.limit(waits=Waits(stalled=60.0))
    stage.world.at(20.0, lambda: stage.world.faults.api.update({"units": 1_000}))
    assert stage.type("drain", FIRST, "--yes").exit_code == 4
    assert registered(stage) == []
    assert stage.type("abort", "--hold", "--yes").exit_code == 4
    stage.world.faults.api.clear()
    stage.world.systemd.stop_docker(stage.world.node(FIRST), by="operator")
    assert stage.type("undrain", FIRST, "--yes").exit_code == 0
    assert healthy(stage) == ["public-agents", "edge"]


def test_without_the_drains_journal_an_undrain_joins_nothing(stage: Stage) -> None:
    assert stage.type("drain", FIRST, "--yes").exit_code == 0
    for roll in stage.shelf.ids():
        stage.shelf.journal(roll).unlink()
    assert stage.type("undrain", FIRST, "--yes").exit_code == 0
    assert registered(stage) == []


def test_the_last_healthy_target_is_refused_by_the_name_of_its_load_balancer(tmp_path: Path) -> None:
    stage = Stage(tmp_path, SHAPE)
    machine = stage.world.node(stage.address(0))
    stage.world.balancers.add(BalancerShape("internal"), [machine])
    refused = stage.type("roll", "--ami", stage.new_ami, "--yes")
    assert refused.exit_code == 3
    says = " ".join(refused.output.split())
    assert f"last-target: {stage.address(0)} load balancer internal has no healthy target but {machine.id}" in says


def test_doctor_names_the_permissions_that_it_can_not_try(stage: Stage) -> None:
    said = json.loads(stage.type("doctor", "--json").stdout)["checks"]
    says = [one["says"] for one in said if "behind load balancers" in one["says"]]
    assert len(says) == 1
    assert says[0].startswith("2 nodes are behind load balancers (edge, public-agents): a roll needs")
    assert "elasticloadbalancing:RegisterTargets" in says[0]
    assert "elasticloadbalancing:DeregisterInstancesFromLoadBalancer" in says[0]
