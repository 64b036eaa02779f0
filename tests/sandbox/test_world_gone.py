"""What becomes of the work of an agent that is silent, and of one that is marked gone, as real masters have it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from dcosmaint.sandbox.world import AppShape, KafkaShape, Rejected, Shape, TopicShape, World, build
from tests.sandbox.drill import until

KAFKA = KafkaShape("kafka-events", 3, (TopicShape("clicks", 3, 3),))
SHAPE = Shape(nodes=6, public=0, services=(KAFKA,), resync=(20.0, 60.0))


def lost(*, learns: bool = True, profile: str = "2.1") -> tuple[World, str]:
    """The instance of the first broker is terminated, and its agent."""
    world = build(replace(SHAPE, services=(replace(KAFKA, learns=learns),), profile=profile))
    agent = world.ground.agents[world.ground.services[KAFKA.name].brokers[0].task.agent_id]
    world.vanish(agent.machine.id)
    until(world, lambda: agent.machine.state == "terminated")
    return world, agent.id


def events(world: World, what: str) -> list[dict[str, Any]]:
    return [line for line in map(json.loads, world.log) if line["what"] == what]


@pytest.mark.parametrize("late", [False, True], ids=["listed", "unreachable"])
@pytest.mark.parametrize("learns", [True, False], ids=["new-sdk", "old-sdk"])
def test_a_scheduler_that_learns_it_replaces_its_member_by_itself(learns: bool, late: bool) -> None:
    world, agent = lost(learns=learns)
    if late:
        until(world, lambda: not world.ground.agents[agent].listed)
    world.operator.mark_gone(agent, by="tool")
    broker = world.ground.services[KAFKA.name].brokers[0]
    assert broker.task.state == "TASK_GONE_BY_OPERATOR"
    world.advance(world.now + 600.0)
    assert (broker.task.agent_id != agent) == learns
    assert events(world, "replace") == []


def test_a_silent_agent_is_listed_for_minutes_and_its_tasks_can_not_be_reached_afterwards() -> None:
    world, agent = lost()
    task = world.ground.services[KAFKA.name].brokers[0].task
    assert task.live
    until(world, lambda: not world.ground.agents[agent].listed)
    assert task.state == "TASK_UNREACHABLE"
    world.advance(world.now + 3600.0)
    assert world.ground.services[KAFKA.name].brokers[0].task is task


def test_it_may_be_said_again_and_one_that_has_unregistered_is_known_to_nobody() -> None:
    world, agent = lost()
    world.operator.mark_gone(agent)
    world.operator.mark_gone(agent)
    assert len(events(world, "agent-gone")) == 1
    other = next(iter(world.ground.listed))
    world.systemd.hold(other.machine, lasting=False)
    world.systemd.signal_agent(other.machine)
    with pytest.raises(Rejected) as refused:
        world.operator.mark_gone(other.id)
    assert refused.value.status == 404


@pytest.mark.parametrize("marked", [True, False])
def test_an_app_waits_for_its_data_until_it_is_known_to_be_lost(marked: bool) -> None:
    world, agent = lost()
    here = next(listed for listed in world.ground.listed if listed.id != agent and listed.machine.state == "running")
    app = world.add_app(AppShape("/store", 1, resident=True), [here.id])
    until(world, lambda: app.running == 1)
    world.vanish(here.machine.id)
    until(world, lambda: not here.listed)
    if marked:
        world.operator.mark_gone(here.id)
    world.advance(world.now + 3600.0)
    assert app.running == marked
    assert [line["app"] for line in events(world, "data-lost")] == ["/store"] * marked
