"""terminate-instance (R3): only what this roll named, what left by our hand, and what nobody needs any more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dcosmaint.errors import DcosmaintError, Fatal, NodeFailed, StartOver
from dcosmaint.lines import Begun, RollBegun, Slot
from dcosmaint.model import Work
from dcosmaint.steps.looks import LOOKS
from tests.steps.bench import BROKER, Bench, a_bench

NAME = "terminate-instance"


def stopped() -> Bench:
    bench = a_bench()
    bench.bring(NAME)
    return bench


def no_target(bench: Bench) -> None:
    bench.journal.append(RollBegun(replace(bench.roll, targets=("i-another",))))


def not_by_our_hand(bench: Bench) -> None:
    bench.journal.append(Begun(bench.node, "for the test"))  # takes every done step back


def still_holding(bench: Bench) -> None:
    bench.journal.append(Slot(bench.address, BROKER))


def still_holding_two(bench: Bench) -> None:
    for member in (BROKER, replace(BROKER, pod="kafka-2")):
        bench.journal.append(Slot(bench.address, member))


def landed(bench: Bench) -> None:
    service = bench.world.ground.services["kafka-events"]
    service.brokers[1].task.agent_id = bench.node.agent_id
    service.changes += 1


def came_back(bench: Bench) -> None:
    bench.world.systemd.release_agent(bench.old, by="operator")
    bench.pass_by(30.0)


def came_back_under_another_id(bench: Bench) -> None:
    bench.old.agent_id = ""
    bench.world.master.register(bench.old)


def protected(bench: Bench) -> None:
    bench.old.protected = True


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        (no_target, Fatal, "is not a target of this roll"),
        (not_by_our_hand, Fatal, "did not leave by our hand"),
        (still_holding, NodeFailed, "kafka-events/kafka-0 not proved to be in sync elsewhere"),
        (still_holding_two, NodeFailed, "kafka-events/kafka-0, kafka-events/kafka-2 not proved to be in sync"),
        (landed, StartOver, "kafka-events/kafka-1 is on"),
        (came_back, StartOver, "came back at"),
        (came_back_under_another_id, StartOver, "came back at"),
        (protected, NodeFailed, "refuses to terminate"),
    ],
)
def test_r3_r15_the_instance_lives_on(change: object, error: type[DcosmaintError], says: str) -> None:
    assert callable(change)
    bench = stopped()
    change(bench)
    with pytest.raises(error, match=says):
        bench.looks(bench.steps[NAME], 1)
    assert bench.old.state == "running"
    assert bench.events("terminate") == []


def test_one_that_somebody_else_terminated_is_taken_as_it_is() -> None:
    bench = stopped()
    bench.world.vanish(bench.old.id)
    bench.drive(bench.steps[NAME])
    assert bench.acts("ec2.terminate") == []


def test_one_that_ec2_has_forgotten_was_terminated_long_ago() -> None:
    bench = stopped()
    bench.world.vanish(bench.old.id)
    bench.pass_by(7200.0)
    assert {waiting.left for waiting in bench.drive(bench.steps[NAME])} == {"EC2 does not know it"}
    assert bench.acts("ec2.terminate") == []


def test_r2_one_that_ec2_does_not_know_any_more_is_asked_for_three_times() -> None:
    bench = stopped()
    running = bench.steps[NAME].run()
    assert next(running).left == "shutting-down"
    bench.world.vanish(bench.old.id)
    bench.pass_by(7200.0)
    assert len(list(running)) == LOOKS - 1


def test_it_is_said_once_and_then_waited_for() -> None:
    bench = stopped()
    waited = bench.drive(bench.steps[NAME])
    assert len(bench.acts("ec2.terminate")) == 1
    assert {str(waiting) for waiting in waited} == {f"{bench.old.id} to be terminated (shutting-down)"}


def test_a_drain_has_no_such_step() -> None:
    assert NAME not in a_bench(Work.DRAIN).steps
