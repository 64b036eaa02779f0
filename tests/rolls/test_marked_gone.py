"""MARK_AGENT_GONE: the master is told of an instance that somebody else has terminated, where that harms nobody."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from dcosmaint.lines import Admitted, Done, What
from dcosmaint.model import Policy, Verdict, Work
from dcosmaint.sandbox.world import AppShape, KafkaShape, Shape, TopicShape, World, build
from tests.driven import FIRST, Drive
from tests.rolls.stage import CLICKS, EVENTS, OLD, SMALL, clean, not_replaced, why

STUBBORN = replace(OLD, services=(replace(CLICKS, learns=False),))
LOGS = KafkaShape("kafka-logs", 3, (TopicShape("logs", 3, 3),))
LAST_1_9 = replace(OLD, profile="1.9")


def vanishing(drive: Drive, step: str, members: int = 1) -> list[str]:
    """The instance of the first node with so many members that is done with that step is terminated by somebody else.

    Without a step: one that has just started.
    """
    found: list[str] = []

    def vanish(at: float, what: What) -> None:
        began = isinstance(what, Admitted) if not step else isinstance(what, Done) and what.step == step
        for node in [flight.node for flight in drive.journal.progress.flights.values()] if began else ():
            if len(node.members) >= members and not found:
                found.append(node.address)
                drive.world.vanish(node.instance.id)

    drive.hear = vanish
    return found


def events(world: World, *names: str) -> list[dict[str, Any]]:
    return [line for line in map(json.loads, world.log) if line["what"] in names]


def marked(world: World) -> list[dict[str, Any]]:
    return [line for line in events(world, "agent-gone") if line["how"] == "marked gone"]


def run(drive: Drive, step: str, members: int = 1) -> str:
    found = vanishing(drive, step, members)
    assert drive.run() is Verdict.DONE, why(drive.journal)
    (address,) = found
    clean(drive.stage, drive.roll)
    assert not_replaced(drive.world, drive.roll) == []
    return address


@pytest.mark.trap("what runs on an agent that has left waits for it for ever")
def test_its_member_is_replaced_by_its_scheduler_at_once_and_by_nobody_a_second_time() -> None:
    drive = Drive(build(OLD))
    address = run(drive, "")
    (gone,) = marked(drive.world)
    (ended,) = [line for line in events(drive.world, "terminated") if line["address"] == address]
    assert gone["pods"]
    assert 0 <= gone["at"] - ended["at"] < 60.0, "it was waited for the master's own time"
    pod = gone["pods"][0].rpartition("/")[2]
    assert [line for line in events(drive.world, "replace") if line["pod"] == pod] == []
    assert drive.acts_of(address).count("mesos.mark_gone") >= 1


def test_where_its_scheduler_does_not_learn_it_its_member_is_replaced_by_us() -> None:
    drive = Drive(build(STUBBORN))
    run(drive, "")
    (gone,) = marked(drive.world)
    pod = gone["pods"][0].rpartition("/")[2]
    assert len([line for line in events(drive.world, "replace") if line["pod"] == pod]) == 1


@pytest.mark.trap("an agent that is marked gone has all of its pods replaced at once")
def test_r1_two_members_of_one_service_are_never_replaced_at_once_by_its_scheduler() -> None:
    """The master's own time is waited for, and they move one after the other."""
    drive = Drive(build(OLD), policy=Policy(soak=0.0, caps={EVENTS: 2}, min_isr={EVENTS: 1}))
    service = drive.world.ground.services[EVENTS]
    home = service.brokers[0].task.agent_id
    second = service.brokers[1]
    drive.world.ground.agents[second.task.agent_id].unreserve(f"{EVENTS}/{second.pod}")
    drive.world.ground.agents[second.task.agent_id].tasks.pop(second.task.id)
    second.task.agent_id = home
    drive.world.ground.agents[home].tasks[second.task.id] = second.task
    drive.world.ground.agents[home].reserve(f"{EVENTS}/{second.pod}", second.size, second.volume)
    service.changes += 1
    drive.world.master.changes += 1
    drive.roll = drive.stage.roll(policy=drive.policy)
    run(drive, "", members=2)
    assert marked(drive.world) == []
    assert [line["how"] for line in events(drive.world, "agent-gone") if line["agent"] == home] == ["unreachable"]


def test_members_of_two_services_may_be_replaced_at_once() -> None:
    drive = Drive(build(replace(SMALL, nodes=6, services=(CLICKS, LOGS))))
    vanished = vanishing(drive, "cordon-agent")
    assert drive.run() is Verdict.DONE, why(drive.journal)
    assert vanished
    assert drive.stage.tally(drive.roll).breaches == ()


def test_before_mesos_1_5_the_masters_own_time_is_waited_for() -> None:
    drive = Drive(build(LAST_1_9))
    run(drive, "stop-agent")
    assert marked(drive.world) == []
    assert not any("mesos.mark_gone" in drive.acts_of(address) for address in drive.world.terraform.state)


@pytest.mark.parametrize("policy", ["fresh", "keep"])
def test_r7_an_agent_whose_work_dir_comes_back_is_never_given_up(policy: Any) -> None:
    shape = replace(SMALL, volumes="work-dir", same_ip=1.0)
    drive = Drive(build(shape), Policy(soak=0.0, work_dir=policy))
    run(drive, "cordon-agent")
    assert marked(drive.world) == []


def test_an_app_that_waits_for_its_data_learns_that_it_is_lost() -> None:
    """It came to the node in its last moment: else the node would have been refused."""
    drive = Drive(build(SMALL), work=Work.ROLL)
    world = drive.world

    def bind(at: float, what: What) -> None:
        if what == Done(FIRST, "cordon-agent") and not drive.said("begin"):
            node = drive.journal.progress.flights[FIRST].node
            world.add_app(AppShape("/store", 1, resident=True), [node.agent_id])
            world.vanish(node.instance.id)

    drive.hear = bind
    assert drive.run() is Verdict.DONE, why(drive.journal)
    assert [line["app"] for line in events(world, "data-lost")] == ["/store"] or world.ground.apps["/store"].running
    assert world.ground.apps["/store"].running == 1


@pytest.mark.parametrize("shape", [SMALL, OLD], ids=["first", "last"])
@pytest.mark.parametrize("step", ["replace-brokers", "stop-docker", "stop-agent"])
def test_it_may_happen_at_any_step(shape: Shape, step: str) -> None:
    run(Drive(build(shape)), step)
