"""stop-agent and mark-gone, where somebody else has terminated the instance: nobody can be stopped there, or asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from dcosmaint.errors import Forbidden, Retryable
from dcosmaint.lines import Acting, Begun, Moved
from dcosmaint.model import Manner, Work
from dcosmaint.sandbox.world import Shape
from dcosmaint.steps.looks import LOOKS
from dcosmaint.steps.replace_brokers import UNMARKED_LOOKS
from tests.sandbox.drill import until
from tests.steps.bench import BROKER, EVENTS, KAFKA, SHAPE, Bench, a_bench

NAME = "mark-gone"
APART = replace(SHAPE, volumes="work-dir", same_ip=1.0)
MARKS = Manner(marks_gone=True)


def a_lost_one(shape: Shape = SHAPE, work: Work = Work.ROLL, *, manner: Manner = MARKS, **policy: Any) -> Bench:
    bench = a_bench(work, shape, manner=manner, **policy)
    bench.world.vanish(bench.node.instance.id)
    gone = replace(bench.node, instance=replace(bench.node.instance, state="terminated"))
    bench.journal.append(Begun(gone, "it was terminated by somebody else"))
    until(bench.world, lambda: bench.old.state == "terminated")
    return bench


@dataclass
class Answers:
    """A master that answers so to who marks an agent gone."""

    error: Exception

    def mark_gone(self, agent_id: str) -> None:
        raise self.error


def answered(bench: Bench, error: Exception) -> Bench:
    acts: Any = Answers(error)
    return replace(bench, site=replace(bench.site, acts=replace(bench.site.acts, mesos=acts)))


def whys(bench: Bench, name: str = NAME) -> set[str]:
    return {waiting.why for waiting in bench.looks(bench.steps[name], 3)}


def how(bench: Bench) -> list[str]:
    return [line["how"] for line in bench.events("agent-gone")]


@pytest.mark.trap("what runs on an agent that has left waits for it for ever")
def test_the_master_is_told_and_its_scheduler_replaces_what_ran_there() -> None:
    bench = a_lost_one()
    bench.drive(bench.steps[NAME])
    assert how(bench) == ["marked gone"]
    assert bench.flight.given_up
    broker = bench.world.ground.services[EVENTS].brokers[0]
    assert broker.empty or broker.marked


def test_r1_it_waits_while_another_member_of_its_service_is_lost() -> None:
    bench = a_lost_one()
    bench.world.crash(EVENTS, "kafka-1")
    (waiting,) = bench.looks(bench.steps[NAME], 1)
    assert "kafka-1" in waiting.why
    assert how(bench) == []
    bench.drive(bench.steps[NAME])
    assert how(bench) == ["marked gone"]


def test_r1_what_landed_there_in_its_last_moment_takes_its_slot_before_that() -> None:
    bench = a_lost_one()
    bench.journal.append(Moved(bench.address, BROKER))
    assert BROKER not in bench.flight.holds
    bench.looks(bench.steps[NAME], 1)
    assert BROKER in bench.flight.holds
    assert how(bench) == ["marked gone"]


def test_r2_an_instance_that_ec2_does_not_call_terminated_may_come_back() -> None:
    bench = a_lost_one()
    bench.old.state = "shutting-down"
    assert whys(bench) == {f"EC2 does not say that {bench.node.instance.id} is terminated"}
    bench.old.state = "terminated"
    bench.drive(bench.steps[NAME])
    assert how(bench) == ["marked gone"]


@pytest.mark.parametrize("policy", ["fresh", "keep"])
def test_r7_one_whose_work_dir_comes_back_is_waited_for(policy: str) -> None:
    bench = a_lost_one(APART, work_dir=policy)
    (why,) = whys(bench, "stop-agent")
    assert "no agent is taken back under such an id" in why
    bench.drive(bench.steps["stop-agent"])
    assert how(bench) == ["unreachable"]


@pytest.mark.parametrize("policy", ["", "fresh", "keep"])
def test_one_whose_volume_has_data_on_it_and_not_its_work_dir_is_given_up(policy: str) -> None:
    bench = a_lost_one(replace(SHAPE, volumes="data"), work_dir=policy)
    bench.drive(bench.steps[NAME])
    assert how(bench) == ["marked gone"]


def test_an_old_id_on_the_new_instance_is_not_the_agent_that_was_lost() -> None:
    """Somebody else has made the new one before the master has given up the old one."""
    bench = a_lost_one(APART, work_dir="keep")
    old = bench.node.agent_id
    plan = bench.world.terraform.plan([bench.address], {}, by="operator")
    until(bench.world, lambda: not plan.running)
    bench.world.terraform.apply(by="operator")
    until(bench.world, lambda: bench.new.id != bench.node.instance.id and bench.new.agent_id == old)
    until(bench.world, lambda: bench.world.ground.agents[old].connected)
    assert bench.drive(bench.steps["stop-agent"])
    assert bench.world.ground.agents[old].listed
    assert bench.acts("mesos.mark_gone") == []


def test_before_mesos_1_5_the_masters_own_time_is_waited_for() -> None:
    bench = a_lost_one(manner=Manner())
    assert whys(bench) == {"Mesos has no MARK_AGENT_GONE (Mesos 1.5)"}
    bench.drive(bench.steps[NAME])
    assert how(bench) == ["unreachable"]


def test_a_login_that_may_not_is_told_once_and_the_masters_own_time_waited_for() -> None:
    bench = answered(a_lost_one(), Forbidden("403"))
    assert whys(bench) == {"our login may not mark it gone"}
    bench.drive(bench.steps[NAME])
    assert how(bench) == ["unreachable"]
    assert [note for note in bench.flight.noted if "not marked gone" in note] == [
        f"agent {bench.node.agent_id} is not marked gone: 403"
    ]


def test_a_master_that_does_not_answer_is_told_again() -> None:
    bench = answered(a_lost_one(), Retryable("503"))
    assert whys(bench) == {"503"}
    assert bench.acts("mesos.mark_gone") == ["mesos.mark_gone"] * 3


def test_one_that_is_lost_on_its_way_is_sent_at_each_look_at_which_it_is_listed() -> None:
    bench = a_lost_one()
    deaf = bench.silence()
    deaf.looks(deaf.steps[NAME], 4)
    assert bench.acts("mesos.mark_gone") == ["mesos.mark_gone"] * 4
    assert how(bench) == []
    bench.drive(bench.steps[NAME])
    assert how(bench) == ["marked gone"]


def test_absence_is_seen_several_times_in_a_row_and_it_is_told_once_then() -> None:
    bench = a_lost_one()
    bench.drive(bench.steps[NAME])
    before = len(bench.acts("mesos.mark_gone"))
    assert len(bench.drive(bench.steps["stop-agent"])) == LOOKS - 1
    assert len(bench.acts("mesos.mark_gone")) == before + 1
    assert how(bench) == ["marked gone"]


@pytest.mark.parametrize(
    ("work", "shape", "told"), [(Work.DRAIN, APART, True), (Work.DRAIN, SHAPE, False), (Work.ROLL, APART, False)]
)
def test_r8_a_drain_names_its_cordon_where_that_may_come_back_with_the_work_dir(
    work: Work, shape: Shape, *, told: bool
) -> None:
    """A roll lifts it on the new instance, and without a volume nobody comes back under the old id."""
    bench = a_lost_one(shape, work, work_dir="keep")
    bench.journal.append(Acting(bench.address, "mesos.cordon", (bench.node.agent_id,)))
    bench.drive(bench.steps["stop-agent"])
    cure = f"its agent is still cordoned there: `dcos node reactivate {bench.node.agent_id}`"
    assert any(cure in note for note in bench.flight.noted) == told


def test_r4_a_member_that_its_scheduler_replaces_by_itself_is_replaced_by_nobody_else() -> None:
    bench = a_lost_one()
    bench.drive(bench.steps[NAME])
    bench.end(NAME)
    bench.drive(bench.steps["replace-brokers"])
    assert bench.acts("services.replace") == []


def test_r4_a_scheduler_that_may_be_about_to_do_so_is_left_a_minute() -> None:
    bench = a_lost_one(replace(SHAPE, services=(replace(KAFKA, learns=False),)))
    bench.drive(bench.steps[NAME])
    bench.end(NAME)
    step = bench.steps["replace-brokers"]
    bench.looks(step, UNMARKED_LOOKS - 1)
    assert bench.acts("services.replace") == []
    bench.drive(step)
    assert bench.acts("services.replace") == ["services.replace"]
