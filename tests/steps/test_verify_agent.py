"""verify-agent: the new node is what the old one was, and everything that ran there is back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dcosmaint.errors import NodeFailed, Retryable
from dcosmaint.model import Resources
from dcosmaint.sandbox.world import AppShape, Size
from dcosmaint.sandbox.world.kafka import TopicPartition
from dcosmaint.steps.differences import differences, gains
from tests.builders import an_agent
from tests.steps.bench import EVENTS, SHAPE, Bench, a_bench

NAME = "verify-agent"


def registered(shape: Any = SHAPE, red: tuple[str, ...] = ()) -> Bench:
    bench = a_bench(shape=shape, red=red)
    bench.bring(NAME)
    return bench


def changed(bench: Bench, **changes: Any) -> None:
    agent = bench.world.ground.agents[bench.new.agent_id]
    for name, value in changes.items():
        setattr(agent, name, value)
    bench.world.master.changes += 1


def test_r2_an_agent_that_has_fallen_silent_since_it_came_is_asked_for_by_its_instance() -> None:
    bench = registered()
    changed(bench, connected=False)
    with pytest.raises(Retryable, match=f"no agent serves on {bench.new.id}"):
        bench.looks(bench.steps[NAME], 1)


FEWER, MORE = Size(4.0, 32768.0, 204800.0), Size(16.0, 65536.0, 409600.0)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"attributes": {"tier": "gpu"}}, "attribute tier: gpu instead of worker"),
        ({"attributes": {}}, "attribute tier: missing instead of worker"),
        ({"size": FEWER}, "fewer resources"),
        ({"flags": {"cgroups_enable_cfs": "false"}}, "cgroups_enable_cfs=false instead of true"),
        ({"flags": {}}, "cgroups_enable_cfs= instead of true"),
    ],
)
def test_r7_another_node_than_before_has_failed(changes: dict[str, Any], says: str) -> None:
    bench = registered()
    changed(bench, **changes)
    with pytest.raises(NodeFailed, match=says):
        bench.drive(bench.steps[NAME])


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [("public", True, "role public"), ("zone", "z9", "zone aws/z9 instead of aws/us-east-1a")],
)
def test_r7_another_role_or_zone_has_failed(field: str, value: object, says: str) -> None:
    bench = registered()
    setattr(bench.new, field, value)
    bench.world.master.changes += 1
    with pytest.raises(NodeFailed, match=says):
        bench.drive(bench.steps[NAME])


def accepted(changes: dict[str, Any], *risks: str) -> Bench:
    bench = a_bench(accepted=risks)
    bench.bring(NAME)
    changed(bench, **changes)
    return bench


@pytest.mark.parametrize(
    ("changes", "risk", "says"),
    [
        ({"attributes": {"tier": "gpu"}}, "attribute:tier", "attribute tier: gpu instead of worker, as accepted"),
        ({"size": FEWER}, "resources", "fewer resources"),
        ({"flags": {"cgroups_enable_cfs": "false"}}, "flag:cgroups_enable_cfs", "cgroups_enable_cfs=false instead of"),
    ],
)
def test_a_difference_that_was_accepted_by_its_name_is_told(changes: dict[str, Any], risk: str, says: str) -> None:
    bench = accepted(changes, f"differs={risk}")
    bench.drive(bench.steps[NAME])
    (noted,) = bench.flight.noted
    assert says in noted


@pytest.mark.parametrize("risk", ["differs", "differs=attribute:rack", "differs=zone"])
def test_another_difference_than_the_accepted_one_says_how_it_may_be_accepted(risk: str) -> None:
    bench = accepted({"attributes": {"tier": "gpu"}, "size": FEWER}, risk)
    with pytest.raises(NodeFailed) as failed:
        bench.drive(bench.steps[NAME])
    way = "`dcosmaint resume --accept differs=attribute:tier --accept differs=resources`"
    assert str(failed.value).endswith(way)


def test_each_difference_has_a_name_of_its_own_and_all_but_another_role_may_be_accepted() -> None:
    old = an_agent(attributes={"tier": "worker"})
    found = [*differences(old, an_agent(public=True, zone="z", resources=Resources(1, 1, 1)))]
    assert [(one.rule, one.subject, one.acceptable) for one in found] == [
        ("differs", "role", False),
        ("differs", "attribute:tier", True),
        ("differs", "zone", True),
        ("differs", "resources", True),
    ]


@pytest.mark.parametrize(("mem", "fewer", "more"), [(28_000, 1, 0), (31_000, 0, 0), (33_000, 0, 0), (36_000, 0, 1)])
def test_a_little_more_or_less_memory_is_what_another_image_leaves(mem: float, fewer: int, more: int) -> None:
    old, new = an_agent(), an_agent(resources=Resources(8, mem, 100_000))
    assert (len([*differences(old, new)]), len([*gains(old, new)])) == (fewer, more)


def test_another_role_is_accepted_by_nobody() -> None:
    bench = accepted({}, "differs=role")
    bench.new.public = True
    bench.world.master.changes += 1
    with pytest.raises(NodeFailed) as failed:
        bench.drive(bench.steps[NAME])
    assert "role public" in str(failed.value)
    assert "--accept" not in str(failed.value)


def test_more_attributes_are_fine() -> None:
    bench = registered()
    changed(bench, attributes={"tier": "worker", "rack": "a"})
    bench.drive(bench.steps[NAME])
    assert bench.flight.noted == ()


def test_more_resources_and_another_mesos_are_told_and_waited_for_by_nobody() -> None:
    bench = registered()
    changed(bench, size=MORE, version="2.0.0")
    bench.drive(bench.steps[NAME])
    resources, version = bench.flight.noted
    assert "more resources than before: 16 cpus" in resources
    assert "another version of Mesos than before: 2.0.0 instead of 1.10.0" in version


def test_what_was_told_is_not_told_again_by_who_takes_over() -> None:
    bench = registered()
    changed(bench, size=MORE)
    bench.looks(bench.steps[NAME], 1)
    bench.drive(bench.steps[NAME])
    assert len(bench.flight.noted) == 1


def test_every_difference_is_told_at_once() -> None:
    bench = registered()
    changed(bench, size=FEWER, attributes={"tier": "gpu"})
    with pytest.raises(NodeFailed, match=r"attribute tier.*fewer resources"):
        bench.drive(bench.steps[NAME])


def test_units_that_are_red_are_waited_for_by_name() -> None:
    bench = registered()
    bench.new.red = ("dcos-mesos-slave.service",)
    bench.pass_by(120.0)
    (waiting, *_) = bench.looks(bench.steps[NAME], 10)
    assert waiting.goal == f"DC/OS units of {bench.address} to be healthy"
    assert waiting.left == "dcos-mesos-slave.service"
    assert waiting.patience == bench.roll.policy.waits.register
    bench.new.red = ()
    bench.drive(bench.steps[NAME])


def test_units_that_were_red_before_are_told_once_and_not_waited_for() -> None:
    bench = registered(red=("dcos-checks-poststart.service",))
    bench.new.red = ("dcos-checks-poststart.service", "dcos-net.service")
    bench.pass_by(120.0)
    (waiting, *_) = bench.looks(bench.steps[NAME], 3)
    assert waiting.left == "dcos-net.service"
    assert list(bench.flight.noted) == []
    bench.new.red = ("dcos-checks-poststart.service",)
    bench.drive(bench.steps[NAME])
    assert list(bench.flight.noted) == ["DC/OS units are red as they were before: dcos-checks-poststart.service"]


def test_apps_that_had_to_wait_for_the_node_are_waited_for() -> None:
    bench = registered(replace(SHAPE, apps=(AppShape("/edge", 6, unique=True),)))
    bench.pass_by(120.0)
    app = bench.world.ground.apps["/edge"]
    app.tasks[-1].state = "TASK_STAGING"
    bench.world.marathon.changes += 1
    (waiting, *_) = bench.looks(bench.steps[NAME], 3)
    assert str(waiting) == "apps to be back (/edge 5/6)"


def test_members_that_were_here_are_in_sync_in_the_end() -> None:
    bench = registered()
    bench.pass_by(120.0)
    service = bench.world.ground.services[EVENTS]
    service.partitions[0].isr.remove(0)
    service.changes += 1
    (waiting, *_) = bench.looks(bench.steps[NAME], 3)
    assert str(waiting) == "members to be in sync (kafka-events/kafka-0)"
    service.partitions[0].isr.append(0)
    service.changes += 1
    bench.drive(bench.steps[NAME])


def test_members_are_in_sync_in_topics_that_were_created_during_the_roll() -> None:
    bench = a_bench()
    service = bench.world.ground.services[EVENTS]
    service.partitions.append(TopicPartition("fresh", 0, (0, 1, 2), [0, 1, 2], 1))
    service.changes += 1
    bench.bring(NAME)
    bench.pass_by(120.0)
    service.partitions[-1].isr.remove(0)
    service.changes += 1
    (waiting, *_) = bench.looks(bench.steps[NAME], 3)
    assert str(waiting) == "members to be in sync (kafka-events/kafka-0)"


def test_a_member_of_another_node_is_not_its_business() -> None:
    bench = registered()
    bench.pass_by(120.0)
    service = bench.world.ground.services[EVENTS]
    service.partitions[0].isr.remove(1)
    service.changes += 1
    assert bench.drive(bench.steps[NAME]) == []


def test_nothing_is_done_to_the_cluster() -> None:
    bench = registered()
    before = bench.acts()
    bench.drive(bench.steps[NAME])
    assert bench.acts() == before
