"""A World punishes what a real SDK scheduler punishes."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from dcosmaint.sandbox.monitor import judge
from dcosmaint.sandbox.world import KafkaShape, Rejected, Shape, TopicShape, World, build
from dcosmaint.sandbox.world.kafka import Broker
from dcosmaint.sandbox.world.shape import EVENTS, FRAGILE
from tests.sandbox.drill import until, whole

SERVICE = "kafka-events"


def broker(world: World, pod: str = "kafka-1", service: str = SERVICE) -> Broker:
    return world.schedulers[service].broker(pod)


def events(world: World, what: str) -> list[dict[str, Any]]:
    return [line for line in map(json.loads, world.log) if line["what"] == what]


def pass_time(world: World, seconds: float) -> None:
    world.advance(world.now + seconds)


def test_a_replace_is_accepted_and_the_recovery_plan_still_says_complete() -> None:
    world = build()
    world.schedulers[SERVICE].replace("kafka-1")
    assert broker(world).marked
    assert world.schedulers[SERVICE].recovery == "COMPLETE"


def test_a_replaced_broker_is_empty_and_behind_long_after_its_plan_is_complete() -> None:
    world = build()
    world.schedulers[SERVICE].replace("kafka-1")
    until(world, lambda: broker(world).placed == 1 and broker(world).registered)
    assert world.schedulers[SERVICE].recovery == "COMPLETE"
    assert broker(world).behind > 0
    assert broker(world).lost
    began = world.now
    until(world, lambda: whole(world, SERVICE))
    assert world.now - began > 55.0


def test_a_replaced_broker_gets_a_new_volume_and_its_old_one_stays_until_it_is_offered() -> None:
    world = build()
    old, home = broker(world).volume, world.ground.agents[broker(world).task.agent_id]
    world.master.deactivate(home.id)
    world.schedulers[SERVICE].replace("kafka-1")
    until(world, lambda: broker(world).placed == 1)
    assert old in home.volumes.values()
    new = world.ground.agents[broker(world).task.agent_id].volumes[f"{SERVICE}/kafka-1"]
    assert new == broker(world).volume != old
    world.master.reactivate(home.id)
    world.crash(SERVICE, "kafka-2")
    until(world, lambda: old not in home.volumes.values())
    assert f"{SERVICE}/kafka-1" not in home.reserved


def test_a_broker_that_is_restarted_keeps_its_volume() -> None:
    world = build()
    old = broker(world).volume
    world.crash(SERVICE, "kafka-1")
    until(world, lambda: broker(world).placed == 1)
    assert broker(world).volume == old


def test_partitions_grow_back_one_after_the_other() -> None:
    world = build()
    world.schedulers[SERVICE].replace("kafka-1")
    until(world, lambda: broker(world).behind > 0)
    seen = []
    while broker(world).lost:
        seen.append(broker(world).behind)
        pass_time(world, 1.0)
    assert len(set(seen)) > 3
    assert sorted(seen, reverse=True) == seen


def test_a_replace_sent_twice_starts_over() -> None:
    world = build()
    world.schedulers[SERVICE].replace("kafka-1")
    until(world, lambda: broker(world).placed == 1 and broker(world).running)
    first = broker(world).task
    world.schedulers[SERVICE].replace("kafka-1")
    until(world, lambda: whole(world, SERVICE))
    assert first.state == "TASK_KILLED"
    assert broker(world).placed == 2
    assert [line["recovering"] for line in events(world, "replace")] == [False, True]


def lands_at_home(seed: int, *, cordoned: bool) -> bool:
    world = build(Shape(seed=seed))
    home = broker(world).task.agent_id
    if cordoned:
        world.master.deactivate(home)
    world.schedulers[SERVICE].replace("kafka-1")
    until(world, lambda: broker(world).placed == 1)
    return broker(world).task.agent_id == home


def test_a_replaced_broker_may_land_where_it_came_from() -> None:
    assert any(lands_at_home(seed, cordoned=False) for seed in range(20))


def test_a_deactivated_agent_takes_nothing_back() -> None:
    assert not any(lands_at_home(seed, cordoned=True) for seed in range(20))


def test_a_deactivated_agent_is_not_offered_even_to_the_owner_of_its_reservation() -> None:
    world = build()
    home = broker(world).task.agent_id
    world.master.deactivate(home)
    world.crash(SERVICE, "kafka-1")
    pass_time(world, 600.0)
    assert not broker(world).running
    assert world.schedulers[SERVICE].recovery == "PENDING"
    world.master.reactivate(home)
    until(world, lambda: whole(world, SERVICE), 120.0)
    assert broker(world).task.agent_id == home


def test_a_broker_that_crashed_is_restarted_in_place_with_its_data() -> None:
    world = build()
    home = broker(world).task.agent_id
    world.crash(SERVICE, "kafka-1")
    until(world, lambda: whole(world, SERVICE), 150.0)
    assert broker(world).task.agent_id == home


def test_a_pod_whose_agent_left_waits_for_it_for_ever() -> None:
    world = build()
    machine = world.node("aws_instance.dcos_agent_node[1]")
    world.systemd.hold(machine, lasting=False)
    world.systemd.signal_agent(machine)
    pass_time(world, 7200.0)
    assert broker(world).task.state == "TASK_LOST"
    assert world.schedulers[SERVICE].recovery != "COMPLETE"


def test_a_scheduler_that_moved_forgets_its_recovery_plan() -> None:
    world = build()
    world.crash(SERVICE, "kafka-1")
    until(world, lambda: whole(world, SERVICE))
    scheduler = world.schedulers[SERVICE]
    assert scheduler.service.recovery
    task = world.ground.apps["/kafka-events"].tasks[0]
    world.master.end(task, "TASK_FAILED", "it crashed")
    with pytest.raises(Rejected, match="does not answer"):
        scheduler.answer()
    down = world.now
    until(world, lambda: scheduler.service.up)
    assert world.now - down > 30.0
    assert not scheduler.service.recovery


def test_the_brokers_generation_has_no_recovery_plan() -> None:
    world = build()
    world.schedulers["kafka-legacy"].replace("broker-1")
    until(world, lambda: broker(world, "broker-1", "kafka-legacy").placed == 1)
    assert not world.schedulers["kafka-legacy"].service.recovery


def test_the_only_copy_of_a_partition_is_lost_with_its_broker() -> None:
    fragile = replace(EVENTS, topics=(FRAGILE,))
    world = build(Shape(services=(fragile,)))
    world.schedulers[SERVICE].replace("kafka-1")
    until(world, lambda: broker(world).placed == 1)
    assert [line["partition"] for line in events(world, "partition-wiped")] == ["scratch-1"]
    assert events(world, "replace")[0]["copies"] == {"scratch-1": 0}


@pytest.mark.parametrize("api", ["pod", "brokers"])
def test_of_two_brokers_that_are_replaced_in_one_moment_the_second_one_counts_as_the_last_copy(api: str) -> None:
    """The first still serves, and is about to be wiped."""
    world = build(Shape(services=(KafkaShape(SERVICE, 2, (TopicShape("pairs", 1, 2),), api=api),)))
    for member in world.schedulers[SERVICE].service.brokers:
        world.schedulers[SERVICE].replace(member.pod)
    assert [line["copies"] for line in events(world, "replace")] == [{"pairs-0": 1}, {"pairs-0": 0}]
    (breach,) = judge(world.log, {SERVICE: 2}).breaches
    assert breach.endswith("was replaced with 0 other in-sync copies of pairs-0, and it needs 1")


def test_the_last_in_sync_copy_has_no_leader_until_it_is_back() -> None:
    world = build(Shape(services=(replace(EVENTS, topics=(FRAGILE,)),)))
    partition = world.schedulers[SERVICE].service.partitions[1]
    world.crash(SERVICE, "kafka-1")
    assert (partition.isr, partition.leader) == ([1], -1)
    until(world, lambda: whole(world, SERVICE))
    assert partition.leader == 1
    assert not partition.wiped
