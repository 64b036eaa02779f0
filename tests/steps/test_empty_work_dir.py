"""empty-work-dir (R3): nothing is thrown away but what a target's agent, which left by our hand, has left behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from dcosmaint.errors import DcosmaintError, Fatal, NodeFailed, Retryable, StartOver
from dcosmaint.lines import Begun, RollBegun, Slot
from dcosmaint.model import Work
from tests.steps.bench import BROKER, SHAPE, Bench, a_bench

NAME = "empty-work-dir"
APART = replace(SHAPE, volumes="work-dir")


def stopped() -> Bench:
    bench = a_bench(shape=APART, work_dir="fresh")
    bench.bring(NAME)
    return bench


def no_target(bench: Bench) -> None:
    bench.journal.append(RollBegun(replace(bench.roll, targets=("i-another",))))


def not_by_our_hand(bench: Bench) -> None:
    bench.journal.append(Begun(bench.node, "for the test"))


def still_holding(bench: Bench) -> None:
    bench.journal.append(Slot(bench.address, BROKER))


def landed(bench: Bench) -> None:
    service = bench.world.ground.services["kafka-events"]
    service.brokers[1].task.agent_id = bench.node.agent_id
    service.changes += 1


def came_back(bench: Bench) -> None:
    bench.world.systemd.release_agent(bench.old, by="operator")
    bench.pass_by(30.0)


def recovered(bench: Bench) -> None:
    agent = bench.world.ground.listed[0]
    agent.recovering, bench.world.master.changes = True, bench.world.master.changes + 1


def vanished(bench: Bench) -> None:
    bench.world.vanish(bench.old.id)
    bench.pass_by(60.0)


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        (no_target, Fatal, "is not a target of this roll"),
        (not_by_our_hand, Fatal, "did not leave by our hand"),
        (still_holding, NodeFailed, "kafka-events/kafka-0 not proved to be in sync elsewhere"),
        (landed, StartOver, "kafka-events/kafka-1 is on"),
        (came_back, StartOver, "came back at"),
        (recovered, Retryable, "^1 agent has not re-registered since"),
        (vanished, StartOver, "was terminated by somebody else"),
    ],
)
def test_r3_r15_all_of_it_stays(change: Callable[[Bench], None], error: type[DcosmaintError], says: str) -> None:
    bench = stopped()
    change(bench)
    with pytest.raises(error, match=says):
        bench.looks(bench.steps[NAME], 1)
    assert not bench.old.emptied


def test_r3_it_stays_while_the_agent_may_start_again_whatever_mesos_lists() -> None:
    """A process that has not registered yet, or a hold that is gone."""
    bench = stopped()
    bench.old.process = True
    assert {str(waiting) for waiting in bench.looks(bench.steps[NAME], 3)} == {"dcos-mesos-slave to stay down"}
    bench.old.process, bench.old.hold = False, ""
    assert {str(waiting) for waiting in bench.looks(bench.steps[NAME], 3)} == {"dcos-mesos-slave to stay down"}
    assert not bench.old.emptied


def test_it_is_emptied_once_and_looked_at_again() -> None:
    bench = stopped()
    assert [waiting.goal for waiting in bench.drive(bench.steps[NAME])] == ["the work dir of its agent to be empty"]
    assert bench.old.emptied
    assert bench.drive(bench.steps[NAME]) == []
    assert bench.acts("units.empty_work_dir") == ["units.empty_work_dir"]


def test_an_order_that_was_lost_on_its_way_is_given_again() -> None:
    bench = stopped()
    lost = bench.silence()
    assert len(lost.looks(lost.steps[NAME], 3)) == 3
    bench.drive(bench.steps[NAME])
    assert bench.old.emptied


def test_one_that_goes_with_its_instance_by_now_is_left_alone() -> None:
    bench = stopped()
    bench.old.apart = False
    assert bench.drive(bench.steps[NAME]) == []
    assert bench.acts("units.empty_work_dir") == []


@pytest.mark.parametrize(
    ("work", "volumes", "work_dir"),
    [
        (Work.ROLL, "", "fresh"),
        (Work.ROLL, "data", "fresh"),
        (Work.ROLL, "work-dir", "keep"),
        (Work.DRAIN, "work-dir", "fresh"),
    ],
)
def test_there_is_no_such_step_where_nothing_is_to_be_emptied(work: Work, volumes: str, work_dir: str) -> None:
    assert NAME not in a_bench(work, replace(SHAPE, volumes=volumes), work_dir=work_dir).steps
