"""A World punishes what real agents, systemd, EC2 and Marathon punish."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dcosmaint.sandbox.world import Rejected, Shape, World, build
from dcosmaint.sandbox.world.state import Machine
from tests.sandbox.drill import until

ADDRESS = "aws_instance.dcos_agent_node[9]"  # no broker
PUBLIC = "aws_instance.dcos_public_agent_node[0]"


def node(world: World, address: str = ADDRESS) -> Machine:
    return world.node(address)


def listed(world: World, machine: Machine) -> bool:
    agent = world.ground.agents.get(machine.agent_id)
    return agent is not None and agent.listed


def events(world: World, what: str) -> list[dict[str, Any]]:
    return [line for line in map(json.loads, world.log) if line["what"] == what]


def pass_time(world: World, seconds: float) -> None:
    world.advance(world.now + seconds)


def test_a_signalled_agent_is_gone_at_once_and_its_process_a_little_later() -> None:
    world = build()
    world.systemd.signal_agent(node(world))
    assert not listed(world, node(world))
    assert node(world).process
    pass_time(world, 2.5)
    assert not node(world).process


def test_an_agent_that_is_not_held_comes_back_under_its_old_id_without_its_cordon() -> None:
    world = build()
    before = node(world).agent_id
    world.master.deactivate(before)
    world.systemd.signal_agent(node(world))
    pass_time(world, 15.0)
    assert listed(world, node(world))
    assert node(world).agent_id == before
    assert world.ground.agents[before].offers


@pytest.mark.trap("an agent that was told to leave forgets its id before Mesos 1.5")
def test_an_agent_that_was_told_to_leave_has_another_id_after_on_an_old_mesos() -> None:
    """What is reserved on it is the same as before, and whoever has its volume there starts there again."""
    world = build(Shape(profile="1.9"))
    broker = next(iter(world.ground.services["kafka-events"].brokers))
    machine = world.ground.agents[broker.task.agent_id].machine
    before, reserved = machine.agent_id, dict(world.ground.agents[machine.agent_id].reserved)
    world.systemd.signal_agent(machine)
    pass_time(world, 120.0)
    assert listed(world, machine)
    assert machine.agent_id != before
    assert world.ground.agents[machine.agent_id].reserved == reserved
    assert (broker.task.live, broker.task.agent_id) == (True, machine.agent_id)


@pytest.mark.parametrize("late", [0.0, 4.0])
def test_a_held_agent_stays_away(late: float) -> None:
    world = build()
    world.systemd.signal_agent(node(world))
    pass_time(world, late)
    world.systemd.hold(node(world), lasting=False)
    pass_time(world, 3600.0)
    assert not listed(world, node(world))
    assert not node(world).process


@pytest.mark.parametrize(("lasting", "back"), [(False, True), (True, False)])
def test_only_a_lasting_hold_survives_a_reboot(lasting: bool, back: bool) -> None:
    world = build()
    world.systemd.hold(node(world), lasting=lasting)
    world.systemd.signal_agent(node(world))
    pass_time(world, 10.0)
    world.systemd.reboot(node(world))
    pass_time(world, 120.0)
    assert listed(world, node(world)) is back


def test_an_agent_that_is_only_stopped_stays_listed_for_five_minutes() -> None:
    world = build()
    world.systemd.stop_agent(node(world))
    agent = world.ground.agents[node(world).agent_id]
    pass_time(world, 290.0)
    assert (agent.listed, agent.active) == (True, False)
    assert agent.tasks
    pass_time(world, 20.0)
    assert not agent.listed
    assert not agent.tasks


def test_docker_that_stops_under_a_live_agent_is_a_black_hole() -> None:
    world = build()
    world.systemd.stop_docker(node(world))
    pass_time(world, 300.0)
    assert len(events(world, "black-hole")) > 3


def test_docker_that_stops_under_a_deactivated_agent_only_moves_its_tasks() -> None:
    world = build()
    world.master.deactivate(node(world).agent_id)
    world.systemd.stop_docker(node(world))
    pass_time(world, 300.0)
    assert not events(world, "black-hole")
    assert all(app.running == app.shape.instances for app in world.ground.apps.values())


def test_apps_of_a_node_that_left_run_elsewhere() -> None:
    world = build()
    world.systemd.hold(node(world), lasting=False)
    world.systemd.signal_agent(node(world))
    pass_time(world, 120.0)
    assert all(app.running == app.shape.instances for app in world.ground.apps.values())


def test_a_task_that_was_launched_right_before_a_reboot_runs_when_its_agent_is_back() -> None:
    world = build()
    app = world.ground.apps["/cron"]
    world.master.end(app.tasks[0], "TASK_FAILED", "it crashed")
    until(world, lambda: bool(app.tasks))
    world.systemd.reboot(world.ground.agents[app.tasks[0].agent_id].machine)
    pass_time(world, 10.0)
    assert [task.state for task in app.tasks] == ["TASK_STAGING"]
    pass_time(world, 110.0)
    assert app.running == 1


def test_an_app_with_unique_hosts_waits_for_a_free_one() -> None:
    world = build()
    world.systemd.hold(node(world, PUBLIC), lasting=False)
    world.systemd.signal_agent(node(world, PUBLIC))
    pass_time(world, 600.0)
    assert world.ground.apps["/edge/proxy"].running == 1
    world.systemd.release_agent(node(world, PUBLIC))
    pass_time(world, 60.0)
    assert world.ground.apps["/edge/proxy"].running == 2


def test_terminating_takes_half_a_minute_and_a_listed_agent_lingers() -> None:
    world = build()
    machine = node(world)
    world.cloud.terminate(machine.id)
    assert machine.state == "shutting-down"
    pass_time(world, 40.0)
    assert machine.state == "terminated"
    assert listed(world, machine)
    assert events(world, "terminate")[0]["listed"]


def test_termination_protection_holds() -> None:
    world = build()
    node(world).protected = True
    with pytest.raises(Rejected, match="disableApiTermination"):
        world.cloud.terminate(node(world).id)
    assert node(world).state == "running"


def test_mesos_before_1_9_can_not_deactivate() -> None:
    world = build(Shape(profile="1.11"))
    with pytest.raises(Rejected, match=r"before 1\.9"):
        world.master.deactivate(node(world).agent_id)
    assert world.ground.agents[node(world).agent_id].offers


def test_a_plan_creates_what_is_terminated_and_nothing_else() -> None:
    world = build()
    old = node(world)
    plan = world.terraform.plan([ADDRESS], {})
    pass_time(world, 10.0)
    assert plan.found == ()
    world.vanish(old.id)
    pass_time(world, 40.0)
    plan = world.terraform.plan([ADDRESS], {old.group: "ami-wanted"})
    pass_time(world, 10.0)
    assert [(drift.address, drift.actions, drift.ami) for drift in plan.found] == [(ADDRESS, ("create",), "ami-wanted")]


def test_terraform_without_ignore_changes_replaces_what_it_is_asked_about() -> None:
    world = build(Shape(terraform_exposed=True))
    plan = world.terraform.plan([ADDRESS], {node(world).group: "ami-wanted"})
    pass_time(world, 10.0)
    assert [drift.actions for drift in plan.found] == [("delete", "create")]


def test_a_new_node_registers_under_a_new_id_within_minutes() -> None:
    world = build()
    old = node(world)
    world.vanish(old.id)
    pass_time(world, 400.0)
    world.terraform.plan([ADDRESS], {})
    pass_time(world, 10.0)
    world.terraform.apply()
    until(world, lambda: node(world) is not old, 60.0)
    until(world, lambda: listed(world, node(world)), 200.0)
    assert world.now - node(world).launched_at > 55.0
    assert node(world).agent_id != old.agent_id


def test_a_node_that_shall_never_register_does_not() -> None:
    world = build()
    world.faults.never_register.add(ADDRESS)
    world.vanish(node(world).id)
    pass_time(world, 40.0)
    world.terraform.plan([ADDRESS], {})
    pass_time(world, 10.0)
    world.terraform.apply()
    pass_time(world, 7200.0)
    assert node(world).state == "running"
    assert not listed(world, node(world))


def test_an_apply_may_fail_and_says_why() -> None:
    world = build()
    world.faults.apply_fails = "InsufficientInstanceCapacity"
    old = node(world)
    world.vanish(old.id)
    pass_time(world, 40.0)
    world.terraform.plan([ADDRESS], {})
    pass_time(world, 10.0)
    program = world.terraform.apply()
    pass_time(world, 60.0)
    assert (program.code, program.error) == (1, "InsufficientInstanceCapacity")
    assert node(world) is old


def test_packer_needs_five_minutes_and_tags_its_image() -> None:
    world = build()
    program = world.packer.bake("r1")
    pass_time(world, 250.0)
    image = world.cloud.newest_ami("r1")
    assert image
    assert image.state == "pending"
    pass_time(world, 60.0)
    assert (image.state, program.code) == ("available", 0)
