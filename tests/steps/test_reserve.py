"""A cordon by reservation: what is free of the node is set apart, kept so in every round, and given back in time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dcosmaint.errors import StartOver
from dcosmaint.model import Apart, Manner, Work
from dcosmaint.ports import Step
from dcosmaint.sandbox.world import Size
from dcosmaint.sandbox.world.kafka import Broker
from dcosmaint.sandbox.world.state import Agent
from tests.steps.bench import BROKER, EVENTS, SHAPE, Bench, a_bench

RESERVE = Manner("reserve")
OLD = replace(SHAPE, profile="1.13")
PUBLIC = "aws_instance.dcos_public_agent_node[0]"
REPLACE, STOP, AGAIN = "replace-brokers", "stop-agent", "replace-fallen"


def reserved(work: Work = Work.ROLL) -> Bench:
    return a_bench(work, OLD, manner=RESERVE)


def agent_of(bench: Bench) -> Agent:
    return bench.world.ground.agents[bench.node.agent_id]


def broker_of(bench: Bench) -> Broker:
    return bench.world.schedulers[EVENTS].broker(BROKER.pod)


def set_apart(bench: Bench) -> tuple[Apart, ...]:
    return next(a.apart for a in bench.site.mesos.agents().listed if a.id == bench.node.agent_id)


def test_what_is_free_of_the_node_is_set_apart_under_the_rolls_name() -> None:
    bench = reserved()
    free = agent_of(bench).free
    bench.drive(bench.bring("cordon-agent"))
    assert set_apart(bench) == (Apart("r1", free.cpus, free.mem),)
    assert (agent_of(bench).free.cpus, agent_of(bench).free.mem) == (0.0, 0.0)
    assert agent_of(bench).offers, "its tasks run on, and their frameworks keep what is theirs"


def test_a_node_without_anything_free_needs_no_reservation() -> None:
    """A resource of 0 would end the master."""
    bench = reserved()
    agent, free = agent_of(bench), agent_of(bench).free
    agent.size = agent.size - Size(free.cpus, free.mem)
    bench.world.master.changes += 1
    bench.drive(bench.bring("cordon-agent"))
    assert set_apart(bench) == ()


def test_a_public_node_has_its_own_reservation_refined() -> None:
    bench = a_bench(shape=replace(OLD, nodes=8, public=2), address=PUBLIC, manner=RESERVE)
    bench.drive(bench.bring("cordon-agent"))
    (layers,) = agent_of(bench).set_apart
    assert [(layer.kind, layer.role) for layer in layers] == [
        ("STATIC", "slave_public"),
        ("DYNAMIC", "slave_public/dcosmaint"),
    ]


def test_where_mesos_can_not_refine_a_public_node_goes_without() -> None:
    bench = a_bench(shape=replace(OLD, profile="1.9", nodes=8, public=2), address=PUBLIC, manner=RESERVE)
    bench.drive(bench.bring("cordon-agent"))
    assert agent_of(bench).set_apart == {}


def test_what_a_task_leaves_is_set_apart_before_anybody_is_offered_it() -> None:
    bench = reserved()
    bench.drive(bench.bring("cordon-agent"))
    agent = agent_of(bench)
    docker = next(task for task in agent.tasks.values() if task.docker)
    bench.world.master.end(docker, "TASK_KILLED", "killed by an operator")
    bench.pass_by(600.0)
    assert agent.free.cpus == 0.0
    assert not any(task.docker for task in agent.tasks.values())


@pytest.mark.trap("a reservation that was answered may not be on the agent's disk")
def test_what_a_restarted_agent_has_lost_is_set_apart_anew() -> None:
    bench = reserved()
    bench.drive(bench.bring("cordon-agent"))
    agent = agent_of(bench)
    bench.world.followers.abandon()  # as for a process that has just taken over
    agent.set_apart.clear()
    bench.world.master.changes += 1
    bench.looks(bench.steps[REPLACE], 1)
    assert [apart.roll for apart in set_apart(bench)] == ["r1"]


def test_a_process_that_takes_over_follows_the_node_again() -> None:
    bench = reserved()
    bench.drive(bench.bring("cordon-agent"))
    bench.world.followers.abandon()
    bench.looks(bench.steps[REPLACE], 1)
    assert bench.world.followers.follows(bench.node.agent_id)


def fallen(bench: Bench) -> Step:
    """Its broker was replaced and has been placed on the very same agent again."""
    step = bench.bring(REPLACE)
    running = step.run()
    while not broker_of(bench).marked:
        next(running)
        bench.pass_by(1.0)
    for agent in bench.world.ground.listed:
        agent.deactivated = agent.id != bench.node.agent_id
    bench.world.followers.abandon()
    agent_of(bench).set_apart.clear()
    while broker_of(bench).marked:
        bench.pass_by(1.0)
    for agent in bench.world.ground.listed:
        agent.deactivated = False
    assert broker_of(bench).task.agent_id == bench.node.agent_id
    return bench.steps[REPLACE]


@pytest.mark.trap("a replaced pod may land on the agent that it came from")
def test_r4_a_broker_that_fell_back_is_replaced_once_more_when_its_node_is_down() -> None:
    bench = reserved()
    step = fallen(bench)
    assert bench.drive(step) == []  # its outcome is read: nobody waits for its re-sync, and nothing is sent
    bench.end(REPLACE)
    assert bench.acts("services.replace") == ["services.replace"]
    assert (bench.flight.holds, len(bench.flight.noted)) == ((BROKER,), 1)
    bench.drive(bench.bring(AGAIN))
    sent = [event["task"] for event in bench.events("replace")]
    assert len(sent) == len({*sent}) == 2
    assert bench.events("signal-agent")[0]["at"] < bench.events("replace")[1]["at"]
    assert broker_of(bench).task.agent_id != bench.node.agent_id
    assert bench.flight.holds == ()


def test_r14_the_node_does_not_stop_with_it_while_another_broker_is_down() -> None:
    bench = reserved()
    step = fallen(bench)
    bench.drive(step)
    bench.end(REPLACE)
    stop = bench.bring(STOP)
    bench.world.crash(EVENTS, "kafka-1")
    waited = bench.looks(stop, 1)
    assert "2 members lost or held" in str(waited[-1])
    assert bench.acts("units.signal_agent") == []


def test_another_broker_that_came_here_meanwhile_is_moved_first() -> None:
    bench = reserved()
    bench.drive(bench.bring(REPLACE))
    bench.end(REPLACE)
    stop = bench.bring(STOP)
    other = bench.world.schedulers[EVENTS].broker("kafka-1")
    agents = bench.world.ground.agents
    home, here = agents[other.task.agent_id], agent_of(bench)
    here.tasks[other.task.id] = home.tasks.pop(other.task.id)
    other.task.agent_id = here.id
    bench.world.ground.services[EVENTS].changes += 1
    with pytest.raises(StartOver, match="kafka-1 is on"):
        bench.looks(stop, 1)


def test_it_is_given_back_before_the_agent_leaves() -> None:
    """Else it would come back with the work dir."""
    bench = reserved()
    bench.drive(bench.bring(STOP))
    assert bench.acts("mesos.uncordon", "units.signal_agent") == ["mesos.uncordon", "units.signal_agent"]
    assert (agent_of(bench).set_apart, agent_of(bench).on_disk) == ({}, {})
    assert not bench.world.followers.follows(bench.node.agent_id)


def test_the_agent_leaves_only_once_it_shows_that_nothing_is_left() -> None:
    bench = reserved()
    stop = bench.bring(STOP)
    agent = agent_of(bench)
    silent = bench.silence()
    waited = bench.looks(silent.steps[STOP], 2)
    assert "is not given back yet" in str(waited[-1])
    assert agent.listed
    assert [str(waiting) for waiting in bench.drive(stop)][-1].startswith("agent")


def test_r3_whether_it_may_leave_is_asked_again_once_it_is_given_back() -> None:
    """The hold is of a process that was killed before the signal, and nobody has looked at its brokers since.

    It is kept shut, opened, and asked about while it is open.
    """
    bench = reserved()
    bench.drive(fallen(bench))
    bench.end(REPLACE)
    stop = bench.bring(STOP)
    bench.world.systemd.hold(bench.old, lasting=False)
    bench.world.crash(EVENTS, "kafka-1")
    waited = bench.looks(stop, 3)
    assert "is not given back yet" in str(waited[1])
    assert str(waited[2]).startswith(
        f"room to take {bench.address} away (kafka-events would have 2 members lost or held"
    )
    assert bench.acts("mesos.uncordon", "units.signal_agent") == ["mesos.uncordon"]
    assert [apart.roll for apart in set_apart(bench)] == ["r1"], "it stays, and takes no work"


def test_of_another_rolls_nothing_is_given_back() -> None:
    """R8."""
    bench = reserved()
    agent = agent_of(bench)
    bench.world.followers.follow(agent, "r0")
    bench.world.followers.abandon()
    bench.drive(bench.bring(STOP))
    assert [dict(layers[-1].labels)["roll"] for layers in agent.set_apart] == ["r0"]


def test_a_reservation_is_no_word_of_a_master_that_does_not_know_the_agent() -> None:
    bench = reserved()
    bench.world.master.unregister(bench.node.agent_id)
    waited = bench.looks(bench.steps["cordon-agent"], 3)
    assert {str(waiting) for waiting in waited} == {f"Mesos to list agent {bench.node.agent_id}"}


def test_a_broker_is_not_replaced_while_its_node_is_open() -> None:
    """The follower is of another process, and somebody has given all of it back."""
    bench = reserved()
    bench.drive(bench.bring("cordon-agent"))
    bench.end("cordon-agent")
    bench.world.followers.abandon()
    silent = bench.silence()
    waited = bench.looks(silent.steps[REPLACE], 3)
    assert bench.events("replace") == []
    assert "to be set apart again" in str(waited[-1])


def test_r15_a_node_whose_agent_is_not_listed_any_more_begins_anew() -> None:
    """It may be back under another id: nothing would set that one apart, or take its brokers for those of this node."""
    bench = reserved()
    bench.bring(REPLACE)
    agent_of(bench).listed = False
    bench.world.master.changes += 1
    with pytest.raises(StartOver, match="is not cordoned any more"):
        bench.looks(bench.steps[REPLACE], 3)
    assert bench.acts("services.replace") == []
