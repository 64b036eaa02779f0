"""stop-agent: by SIGUSR1, so that its work moves at once; held, so that systemd does not bring it back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dcosmaint.errors import Retryable, StartOver
from dcosmaint.model import Manner, Work
from dcosmaint.model.manner import MEMBERS_FIRST
from dcosmaint.sandbox.world import AppShape
from dcosmaint.steps.looks import LOOKS
from tests.steps.bench import SHAPE, Bench, a_bench

NAME = "stop-agent"


def ready(work: Work = Work.ROLL) -> Bench:
    bench = a_bench(work)
    bench.bring(NAME)
    return bench


@pytest.mark.trap("an agent that is marked gone has all of its pods replaced at once")
@pytest.mark.trap("a stop alone leaves the agent listed, and its socket starts it again")
def test_the_hold_comes_before_the_signal() -> None:
    """Restart=always would bring the agent back under its old id five seconds after it left."""
    bench = ready()
    bench.drive(bench.steps[NAME])
    assert bench.acts("units.hold_agent", "units.signal_agent") == ["units.hold_agent", "units.signal_agent"]
    assert bench.events("signal-agent")[0]["held"]
    assert [line["how"] for line in bench.events("agent-gone")] == ["unregistered"]


def test_r3_absence_is_seen_three_times_in_a_row() -> None:
    bench = ready()
    waited = bench.drive(bench.steps[NAME])
    stays = f"agent {bench.node.agent_id} to stay away"
    assert [str(waiting) for waiting in waited].count(stays) == LOOKS


def test_a_process_that_lives_on_is_waited_for() -> None:
    bench = ready()
    step = bench.steps[NAME]
    bench.looks(step, 1, every=0.5)
    assert bench.old.process
    waited = bench.looks(step, 1)
    assert str(waited[0]) == "dcos-mesos-slave to end"
    bench.drive(step)
    assert not bench.old.process


@pytest.mark.parametrize(("work", "hold"), [(Work.ROLL, "runtime"), (Work.DRAIN, "lasting")])
def test_only_a_drains_hold_outlives_a_reboot(work: Work, hold: str) -> None:
    bench = ready(work)
    bench.drive(bench.steps[NAME])
    assert bench.old.hold == hold


def test_a_unit_that_systemd_is_about_to_start_again_is_stopped() -> None:
    """Somebody took the hold away while the process ended."""
    bench = ready()
    bench.world.systemd.hold(bench.old, lasting=False)
    bench.world.systemd.signal_agent(bench.old, by="operator")
    bench.pass_by(2.5)
    bench.old.restarting = True
    bench.looks(bench.steps[NAME], 1)
    assert bench.acts("units.stop_agent") == ["units.stop_agent"]
    bench.drive(bench.steps[NAME])


@pytest.mark.trap("minimumHealthCapacity does not protect against the loss of a node")
def test_it_waits_for_its_apps_to_run_elsewhere() -> None:
    bench = a_bench(stop_order="agent-first", move_apps=False)
    step = bench.bring(NAME)
    others = [agent for agent in bench.world.ground.listed if agent.id != bench.node.agent_id]
    for agent in others:
        agent.deactivated = True
    bench.world.master.changes += 1
    waited = bench.looks(step, 30)
    assert waited[-1].goal == "its apps to run elsewhere"
    assert waited[-1].left == "/web 5/6"
    assert waited[-1].patience == bench.roll.policy.waits.start
    for agent in others:
        agent.deactivated = False
    bench.world.master.room()
    bench.drive(step)


def test_an_app_that_has_to_wait_for_the_new_node_is_not_waited_for() -> None:
    """UNIQUE hostname on as many agents as it has instances: it gets its place back with the node."""
    unique = AppShape("/edge", 6, unique=True)
    bench = a_bench(shape=replace(SHAPE, apps=(unique,)))
    bench.drive(bench.bring(NAME))
    assert bench.flight.counts == {"/edge": 6}


@pytest.mark.trap("what runs on an agent that has left waits for it for ever")
def test_r3_no_broker_may_be_on_it_when_it_stops() -> None:
    bench = ready()
    service = bench.world.ground.services["kafka-events"]
    service.brokers[1].task.agent_id = bench.node.agent_id
    service.changes += 1
    with pytest.raises(StartOver, match="kafka-events/kafka-1 is on"):
        bench.looks(bench.steps[NAME], 1)
    assert bench.acts("units.hold_agent", "units.signal_agent") == []


def test_r15_an_agent_under_another_id_is_a_comeback() -> None:
    bench = ready()
    bench.world.master.unregister(bench.node.agent_id)
    bench.old.agent_id = ""
    bench.world.master.register(bench.old)
    with pytest.raises(StartOver, match="came back"):
        bench.looks(bench.steps[NAME], 1)


@pytest.mark.trap("an agent that is not listed may be anything but gone")
def test_r2_while_agents_are_recovered_absence_proves_nothing() -> None:
    bench = ready()
    step = bench.steps[NAME]
    bench.looks(step, 1)
    bench.world.master.fail_over()
    with pytest.raises(Retryable):
        bench.looks(step, LOOKS + 1, every=0.0)


def test_r15_an_agent_that_takes_work_again_is_not_told_to_leave() -> None:
    """It came back under its old id, with no cordon: what landed on it meanwhile would be lost."""
    bench = ready()
    bench.world.master.reactivate(bench.node.agent_id, by="operator")
    with pytest.raises(StartOver, match="takes work again"):
        bench.looks(bench.steps[NAME], 1)
    assert bench.acts("units.hold_agent", "units.signal_agent") == []


@pytest.mark.parametrize(
    ("profile", "manner"), [("2.1", MEMBERS_FIRST), ("1.11", Manner("none", "replace-last"))], ids=["first", "last"]
)
def test_r15_beside_an_agent_under_another_id_nobody_is_told_to_leave(profile: str, manner: Manner) -> None:
    """Nobody knows which of the two the signal would reach."""
    bench = a_bench(shape=replace(SHAPE, profile=profile), manner=manner)
    step = bench.bring(NAME)
    twin = replace(bench.world.ground.agents[bench.node.agent_id], id="agent-twin", deactivated=False)
    bench.world.ground.agents[twin.id] = twin
    bench.world.master.changes += 1
    with pytest.raises(StartOver, match="agent agent-twin"):
        bench.looks(step, 1)
    assert bench.acts("units.hold_agent", "units.signal_agent") == []
