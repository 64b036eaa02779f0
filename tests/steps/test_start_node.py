"""start-docker, start-agent, uncordon-agent: a drained node serves again."""

from __future__ import annotations

import pytest

from dcosmaint.errors import Retryable
from dcosmaint.model import Cordon, Work
from dcosmaint.sandbox.world.maintenance import SECOND, MachineId, Planned
from dcosmaint.sandbox.world.state import Drain
from dcosmaint.steps.looks import LOOKS
from tests.steps.bench import Bench, a_bench


def drained() -> Bench:
    """As a drain leaves a node, but that it was surveyed before: its agent was listed, and took work."""
    bench = a_bench(Work.UNDRAIN)
    systemd, machine = bench.world.systemd, bench.old
    systemd.stop_docker(machine)
    systemd.hold(machine, lasting=True)
    systemd.signal_agent(machine)
    bench.pass_by(60.0)
    return bench


def test_docker_runs_before_the_agent_takes_work() -> None:
    assert list(drained().steps) == ["start-docker", "start-agent", "uncordon-agent", "join-balancers"]


def test_the_node_serves_in_the_end_and_nothing_holds_it() -> None:
    bench = drained()
    for name, step in bench.steps.items():
        bench.drive(step)
        bench.end(name)
    assert (bench.old.docker, bench.old.process, bench.old.hold) == (True, True, "")
    assert bench.world.ground.agents[bench.old.agent_id].offers


def test_a_cordon_of_a_drain_that_was_cut_short_is_lifted() -> None:
    bench = a_bench(Work.UNDRAIN, cordoned=True)
    agent = bench.world.ground.agents[bench.node.agent_id]
    waited = bench.drive(bench.steps["uncordon-agent"])
    assert agent.offers
    assert len(waited) == LOOKS


def test_r8_a_cordon_that_came_after_the_undrain_began_is_left_alone_and_named() -> None:
    """Its agent had unregistered, which a cordon of the drain does not outlive: nobody but another can have set it."""
    bench = drained()
    for name in ("start-docker", "start-agent"):
        bench.drive(bench.steps[name])
        bench.end(name)
    bench.pass_by(60.0)
    agent = bench.world.ground.agents[bench.old.agent_id]
    bench.world.master.deactivate(agent.id, by="operator")
    waited = bench.looks(bench.steps["uncordon-agent"], 10)
    assert len(waited) == 10
    assert waited[-1].left == f"somebody else deactivated it: `dcos node reactivate {agent.id}` if that is over"
    assert bench.acts("mesos.uncordon") == []
    bench.world.master.reactivate(agent.id, by="operator")
    bench.drive(bench.steps["uncordon-agent"])


def test_an_agent_that_somebody_drains_is_left_alone() -> None:
    bench = a_bench(Work.UNDRAIN)
    agent = bench.world.ground.agents[bench.node.agent_id]
    agent.deactivated, agent.drain = True, Drain()
    bench.world.master.changes += 1
    waited = bench.looks(bench.steps["uncordon-agent"], 10)
    assert len(waited) == 10
    assert waited[-1].goal == f"an agent at {bench.node.private_ip} to serve"
    assert "somebody else drains it" in waited[-1].left
    assert bench.acts("mesos.uncordon") == []


@pytest.mark.parametrize(
    ("begins", "lasts", "open_"), [(-60, None, False), (-60, 3600, False), (-7200, 3600, True), (3600, None, True)]
)
def test_a_machine_that_is_in_somebody_elses_window_serves_before_it_and_after(
    begins: int, lasts: int | None, open_: bool
) -> None:
    bench = a_bench(Work.UNDRAIN)
    ip = bench.node.private_ip
    start = (int(bench.world.now) + begins) * SECOND
    bench.world.maintenance.write([Planned((MachineId(ip, ip),), start, lasts and lasts * SECOND)])
    waited = bench.looks(bench.steps["uncordon-agent"], 10)
    assert (len(waited) < 10) is open_
    assert ("is in a maintenance window of somebody else" in waited[-1].left) is not open_


def test_what_somebody_has_set_apart_on_it_is_left_alone_and_named() -> None:
    """R8. Whoever looks at offers is offered nothing there."""
    bench = a_bench(Work.UNDRAIN)
    agent = bench.world.ground.agents[bench.node.agent_id]
    bench.site.acts.mesos.cordon(agent.id, Cordon("reserve", ("elsewhere",)))
    bench.world.followers.abandon()
    waited = bench.looks(bench.steps["uncordon-agent"], 10)
    assert len(waited) == 10
    assert "roll elsewhere has left" in waited[-1].left
    assert agent.set_apart


def test_r2_an_agent_that_is_disconnected_does_not_serve() -> None:
    bench = a_bench(Work.UNDRAIN)
    bench.world.ground.agents[bench.node.agent_id].connected = False
    bench.world.master.changes += 1
    waited = bench.looks(bench.steps["uncordon-agent"], LOOKS + 1, every=0.0)
    assert len(waited) == LOOKS + 1


def test_r2_while_agents_are_recovered_nobody_is_called_back() -> None:
    bench = a_bench(Work.UNDRAIN)
    bench.world.master.fail_over()
    with pytest.raises(Retryable):
        bench.looks(bench.steps["uncordon-agent"], 1)
