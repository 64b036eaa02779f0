"""cordon-agent: nothing new is placed on the node, and what runs there runs on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dcosmaint.errors import Fatal, Retryable
from tests.steps.bench import SHAPE, a_bench

NAME = "cordon-agent"


def test_tasks_run_on() -> None:
    bench = a_bench()
    agent = bench.world.ground.agents[bench.node.agent_id]
    before = list(agent.tasks)
    bench.drive(bench.bring(NAME))
    bench.pass_by(600.0)
    assert (agent.deactivated, list(agent.tasks)) == (True, before)


def test_a_cordon_that_stands_already_is_taken_as_it_is() -> None:
    bench = a_bench()
    step = bench.bring(NAME)
    bench.world.master.deactivate(bench.node.agent_id, by="operator")
    assert bench.drive(step) == []
    assert bench.acts("mesos.cordon") == []


def test_an_agent_that_is_gone_is_waited_for_and_not_pushed_on() -> None:
    bench = a_bench()
    step = bench.bring(NAME)
    bench.world.master.unregister(bench.node.agent_id)
    waited = bench.looks(step, 10)
    assert {str(waiting) for waiting in waited} == {f"Mesos to list agent {bench.node.agent_id}"}
    assert waited[-1].patience == bench.roll.policy.waits.register
    assert bench.acts("mesos.cordon") == []


def test_r2_while_it_is_recovered_absence_proves_nothing() -> None:
    bench = a_bench()
    step = bench.bring(NAME)
    bench.world.master.fail_over()
    with pytest.raises(Retryable, match="has not re-registered"):
        bench.looks(step, 1)


def test_a_mesos_that_cant_cordon_stops_the_roll() -> None:
    bench = a_bench(shape=replace(SHAPE, profile="1.11"))
    with pytest.raises(Fatal, match="can't be cordoned"):
        bench.drive(bench.bring(NAME))
