"""Cordons that leak, as an operator orders them, reads of them, and has them lifted."""

from __future__ import annotations

from pathlib import Path

import pytest

from dcosmaint.model import Cordon, Method
from dcosmaint.model.windows import window
from dcosmaint.sandbox.faces import in_process
from dcosmaint.sandbox.world import AppShape, KafkaShape, Shape, TopicShape
from dcosmaint.sandbox.world.maintenance import SECOND, MachineId, Planned
from tests.cli.stage import Stage

SHAPE = Shape(
    nodes=6,
    public=0,
    services=(KafkaShape("kafka-events", 3, (TopicShape("clicks", 4, 3),)),),
    resync=(60.0, 120.0),
    apps=(AppShape("/web", 6),),
    balancers=(),
    profile="1.13",
)


@pytest.fixture(params=["reserve", "maintenance"])
def method(request: pytest.FixtureRequest) -> Method:
    found: Method = request.param
    return found


@pytest.fixture
def stage(method: Method, tmp_path: Path) -> Stage:
    stage = Stage(tmp_path, SHAPE)
    stage.limit(cordon=method)
    return stage


def said(output: str) -> str:
    return " ".join(output.split())


def test_a_plan_says_what_the_cordon_is_worth_and_what_it_means_for_members(stage: Stage, method: Method) -> None:
    shown = said(stage.type("plan", "--ami", stage.new_ami).output)
    order = {"reserve": "replace-first", "maintenance": "replace-last"}[method]
    assert f"order {order}, cordon {method}" in shown
    worth = {"reserve": "is best effort", "maintenance": "no SDK service"}[method]
    assert f"warning: cordon {method}: " in shown
    assert worth in shown


def test_a_whole_roll_leaves_nothing_behind(stage: Stage) -> None:
    ended = stage.type("roll", "--ami", stage.new_ami, "--yes")
    assert ended.exit_code == 0, ended.output
    assert said(ended.output).endswith("breaches 0")
    assert not any(agent.set_apart for agent in stage.world.ground.listed)
    assert stage.world.maintenance.windows == ()


def test_what_a_roll_that_is_over_has_left_is_lifted_by_an_undrain(stage: Stage, method: Method) -> None:
    """As a work dir brings it back, or a window that was written in the last moment."""
    node = stage.address(0)
    for words in (("drain", node, "--yes"), ("undrain", node, "--yes")):
        assert stage.type(*words).exit_code == 0
    machine, drain = stage.world.node(node), stage.shelf.ids()[-1]
    mesos = in_process(stage.world, failures=0.0).acts.mesos
    mesos.cordon(machine.agent_id, Cordon(method, (drain,)))
    stage.world.followers.abandon()
    assert f"`dcosmaint undrain {machine.private_ip}`" in said(stage.type("doctor").output)
    ended = stage.type("undrain", node, "--yes")
    assert ended.exit_code == 0, ended.output
    assert stage.world.ground.agents[machine.agent_id].set_apart == {}
    assert stage.world.maintenance.windows == ()
    assert "Nothing to do" in stage.type("undrain", node, "--yes").output


def test_a_mark_counts_whichever_instance_or_agent_it_was_made_for(stage: Stage, method: Method) -> None:
    """A volume brings a reservation to another instance; a window stays with the address under a new agent's id."""
    other, node = stage.address(0), stage.address(1)
    for words in (("drain", other, "--yes"), ("undrain", other, "--yes")):
        assert stage.type(*words).exit_code == 0
    machine, drain = stage.world.node(node), stage.shelf.ids()[-1]
    if method == "reserve":
        in_process(stage.world, failures=0.0).acts.mesos.cordon(machine.agent_id, Cordon(method, (drain,)))
        stage.world.followers.abandon()
    else:
        ip = machine.private_ip
        mine = window(drain, "an-agent-before", ip, ip, stage.world.now)
        stage.world.maintenance.write([Planned((MachineId(ip, ip),), mine.start, mine.duration)])
    ended = stage.type("undrain", node, "--yes")
    assert ended.exit_code == 0, ended.output
    assert "Nothing to do" not in ended.output
    assert stage.world.ground.agents[machine.agent_id].set_apart == {}
    assert stage.world.maintenance.windows == ()


def test_what_is_left_of_a_roll_that_is_not_known_here_is_not_lifted(stage: Stage, method: Method) -> None:
    """R8. The agent is not open as long as it is there, so nobody says that nothing is to be done."""
    machine = stage.world.node(stage.address(0))
    mesos = in_process(stage.world, failures=0.0).acts.mesos
    how = Cordon(method, ("elsewhere",))
    mesos.cordon(machine.agent_id, how)
    stage.world.followers.abandon()
    ended = stage.type("undrain", stage.address(0), "--yes")
    assert ended.exit_code == 3
    left = {
        "reserve": "roll elsewhere has left",
        "maintenance": "its machine is in a maintenance window of another roll",
    }
    assert f"is not drained, and takes no work: {left[method]}" in said(ended.output)
    assert not in_process(stage.world, failures=0.0).mesos.lifted(machine.agent_id, how)


def test_what_others_left_there_while_a_node_was_drained_is_waited_for_and_named(stage: Stage) -> None:
    node = stage.address(0)
    assert stage.type("drain", node, "--yes").exit_code == 0
    machine, now = stage.world.node(node), int(stage.world.now)
    theirs = Planned((MachineId(machine.private_ip, machine.private_ip),), now * SECOND)
    stage.world.maintenance.write([theirs])
    ended = stage.type("undrain", node, "--yes")
    assert ended.exit_code == 4
    assert "its machine is in a maintenance window of somebody else" in said(ended.output)
    assert stage.world.maintenance.windows == (theirs,)
    stage.world.maintenance.write([])
    assert stage.type("resume", "--yes").exit_code == 0
    assert stage.world.ground.agents[machine.agent_id].offers
