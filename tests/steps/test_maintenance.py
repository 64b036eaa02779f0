"""A cordon by a maintenance window: it stands until the agent has left, and not for the next one at the address."""

from __future__ import annotations

from dataclasses import replace

from dcosmaint.model import Cordon, Manner, Work
from dcosmaint.model.windows import Window
from dcosmaint.sandbox.world.maintenance import MachineId, Planned
from tests.steps.bench import SHAPE, Bench, a_bench

MAINTENANCE = Manner("maintenance", "replace-last")
OLD = replace(SHAPE, profile="1.13")


def scheduled(work: Work = Work.ROLL) -> Bench:
    return a_bench(work, OLD, manner=MAINTENANCE)


def windows(bench: Bench) -> list[Window]:
    return [each for each in bench.site.mesos.windows() if each.ours]


def test_its_machine_is_in_a_window_that_bears_the_roll() -> None:
    bench = scheduled()
    bench.drive(bench.bring("cordon-agent"))
    (found,) = windows(bench)
    assert (found.private_ip, found.of("r1"), found.about(bench.node.agent_id)) == (bench.node.private_ip, True, True)
    assert bench.world.maintenance.away(bench.old)


def test_it_stands_until_the_agent_has_left_and_no_longer() -> None:
    bench = scheduled()
    step = bench.bring("end-window")
    assert len(windows(bench)) == 1
    assert not bench.world.ground.agents[bench.node.agent_id].listed
    bench.drive(step)
    assert windows(bench) == []
    assert bench.acts("mesos.uncordon", "ec2.terminate") == ["mesos.uncordon"]


def test_a_window_of_somebody_else_is_left_alone() -> None:
    """R8. Its machine is in no second one: Mesos takes one window a machine."""
    bench = scheduled()
    ip = bench.node.private_ip
    theirs = Planned((MachineId(ip, ip),), int(bench.world.now) * 10**9)
    bench.world.maintenance.write([theirs])
    bench.drive(bench.bring("end-window"))
    assert bench.world.maintenance.windows == (theirs,)
    assert bench.acts("mesos.cordon", "mesos.uncordon") == []


def test_a_drain_takes_it_out_too() -> None:
    bench = scheduled(Work.DRAIN)
    bench.drive(bench.bring("end-window"))
    assert windows(bench) == []


def test_somebody_elses_terminated_instance_leaves_no_window() -> None:
    bench = scheduled()
    bench.drive(bench.bring("cordon-agent"))
    how = Cordon("maintenance", ("r1",))
    assert not bench.site.mesos.lifted(bench.node.agent_id, how)
    bench.world.vanish(bench.node.instance.id)
    bench.pass_by(400.0)
    bench.drive(bench.steps["end-window"])
    assert bench.site.mesos.lifted(bench.node.agent_id, how)
