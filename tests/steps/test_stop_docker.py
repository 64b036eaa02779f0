"""stop-docker: never under an agent that takes work, never under a broker."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dcosmaint.errors import StartOver, Vanished
from dcosmaint.steps.looks import LOOKS
from tests.rolls.test_doors import Forgetful
from tests.steps.bench import Bench, a_bench

NAME = "stop-docker"


def test_it_ends_when_no_container_is_left() -> None:
    """The containers end seconds after the daemon."""
    bench = a_bench(move_apps=False)
    step = bench.bring(NAME)
    bench.looks(step, 1, every=0.1)
    assert bench.world.systemd.containers(bench.old) > 0
    bench.drive(step)
    assert (bench.world.systemd.containers(bench.old), bench.old.docker) == (0, False)


def test_containers_that_are_left_are_only_waited_for() -> None:
    bench = a_bench()
    step = bench.bring(NAME)
    bench.world.systemd.stop_docker(bench.old, by="operator")
    bench.old.containers_until = bench.world.now + 30.0
    waited = bench.drive(step)
    assert str(waited[0]) == "docker to stop (1 container left)"
    assert bench.acts("units.stop_docker") == []


@pytest.mark.parametrize(("empty", "gone"), [(LOOKS - 1, False), (LOOKS, True)])
def test_only_looks_apart_prove_that_ec2_has_forgotten_the_instance(empty: int, gone: bool) -> None:
    bench = a_bench()
    bench.bring(NAME)
    step = replace(bench, site=replace(bench.site, ec2=Forgetful(bench.site.ec2, empty))).steps[NAME]
    if gone:
        with pytest.raises(Vanished, match="was terminated by somebody else"):
            bench.drive(step)
    else:
        bench.drive(step)
    assert len(bench.acts("units.stop_docker")) == (0 if gone else 1)


def lifted(bench: Bench) -> None:
    bench.world.master.reactivate(bench.node.agent_id, by="operator")


def under_another_id(bench: Bench) -> None:
    """The work dir was wiped, and the agent started again."""
    bench.world.master.unregister(bench.node.agent_id)
    bench.old.agent_id = ""
    bench.world.master.register(bench.old)


def landed(bench: Bench) -> None:
    """A broker that was on its way when the cordon came."""
    broker = bench.world.ground.services["kafka-events"].brokers[1]
    broker.task.agent_id = bench.node.agent_id
    bench.world.ground.services["kafka-events"].changes += 1


@pytest.mark.parametrize("change", [lifted, under_another_id, landed])
def test_r15_it_starts_over_and_touches_nothing(change: object) -> None:
    assert callable(change)
    bench = a_bench()
    step = bench.bring(NAME)
    change(bench)
    with pytest.raises(StartOver):
        bench.looks(step, 1)
    assert bench.acts("units.stop_docker") == []
    assert bench.old.docker


def test_after_the_agent_where_that_is_the_order() -> None:
    bench = a_bench(stop_order="agent-first")
    assert list(bench.steps).index("stop-agent") < list(bench.steps).index(NAME)
    bench.drive(bench.bring("terminate-instance"))
    assert bench.acts("units.signal_agent", "units.stop_docker") == ["units.signal_agent", "units.stop_docker"]


def test_r15_after_the_agent_a_comeback_is_seen_too() -> None:
    bench = a_bench(stop_order="agent-first")
    step = bench.bring(NAME)
    bench.world.systemd.release_agent(bench.old, by="operator")
    bench.pass_by(30.0)
    with pytest.raises(StartOver, match="takes work again"):
        bench.looks(step, 1)
