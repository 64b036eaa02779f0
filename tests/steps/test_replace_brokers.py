"""R4 above all: a replace is sent once, and whether it arrived is asked of the scheduler."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, cast

import pytest

from dcosmaint.errors import Retryable, StartOver
from dcosmaint.lines import Admitted, Moved, What
from dcosmaint.model import Flight, Member, Service, Waiting
from dcosmaint.ports import ServiceActs, ServiceReads
from dcosmaint.sandbox.world import KafkaShape, TopicShape
from dcosmaint.sandbox.world.clock import EPOCH
from dcosmaint.sandbox.world.kafka import TopicPartition
from dcosmaint.sandbox.world.shape import CASSANDRA
from dcosmaint.sandbox.world.state import Drain
from dcosmaint.steps.looks import LOOKS
from dcosmaint.steps.replace_brokers import UNMARKED_LOOKS
from dcosmaint.survey import survey
from tests.builders import a_node
from tests.steps.bench import BROKER, EVENTS, GROUP, KAFKA, LOOK_EVERY, SHAPE, WAITS, Bench, a_bench

NAME = "replace-brokers"


class Faulty:
    """A port of acts whose first calls, or only their answers, get lost."""

    def __init__(self, port: ServiceActs, times: int, *, arrives: bool) -> None:
        self._port, self._left, self._arrives = port, times, arrives

    def replace(self, member: Member) -> None:
        if not self._left:
            return self._port.replace(member)
        self._left -= 1
        if self._arrives:
            self._port.replace(member)
        raise Retryable("services did not answer in time")


def faulty(bench: Bench, times: int = 1, *, arrives: bool) -> Bench:
    services = Faulty(bench.site.acts.services, times, arrives=arrives)
    return replace(bench, site=replace(bench.site, acts=replace(bench.site.acts, services=services)))


def cordoned(**policy: Any) -> Bench:
    bench = a_bench(**policy)
    bench.bring(NAME)
    return bench


def kafka(bench: Bench) -> Any:
    return bench.world.ground.services[EVENTS]


def broker(bench: Bench, number: int = 0) -> Any:
    return kafka(bench).brokers[number]


@pytest.mark.trap("the recovery plan says COMPLETE right after a replace")
def test_the_broker_is_whole_on_another_agent_when_its_slot_is_given_back() -> None:
    bench, wrong = cordoned(), []

    def hear(at: float, what: What) -> None:
        if isinstance(what, Moved) and (broker(bench).lost or broker(bench).task.agent_id == bench.node.agent_id):
            wrong.append(what)

    bench.journal.heard = hear
    waited = bench.drive(bench.steps[NAME])
    assert (waited[-1].goal, waited[-1].left) == (f"{BROKER} to stay in sync", "recovery COMPLETE")
    assert (wrong, bench.flight.holds) == ([], ())
    assert len(bench.events("replace")) == 1


def with_new_topic(bench: Bench, partitions: int = 10) -> Bench:
    """A topic that was created after the roll began."""
    for number in range(partitions):
        kafka(bench).partitions.append(TopicPartition("fresh", number, (0, 1, 2), [0, 1, 2], 1))
    kafka(bench).changes += 1
    return bench


def test_r4_a_topic_that_was_created_during_the_roll_is_waited_for_too() -> None:
    bench, lost = with_new_topic(cordoned()), []
    bench.journal.heard = lambda at, what: lost.append(broker(bench).lost) if isinstance(what, Moved) else None
    bench.drive(bench.steps[NAME])
    assert lost == [False]
    (replacing,) = [line for line in map(json.loads, bench.lines.lines) if line["event"] == "replacing"]
    assert {(p["topic"], *p["isr"]) for p in replacing["also"]} == {("fresh", "kafka-0")}


def test_a_new_topic_that_is_deleted_meanwhile_proves_nothing_and_needs_nothing() -> None:
    bench = with_new_topic(cordoned())
    bench.looks(bench.steps[NAME], 3)
    kafka(bench).partitions[:] = [p for p in kafka(bench).partitions if p.topic != "fresh"]
    broker(bench).behind = len([p for p in kafka(bench).partitions if 0 not in p.isr])
    kafka(bench).changes += 1
    bench.drive(bench.steps[NAME])
    assert bench.flight.holds == ()


def test_the_lines_come_before_the_act() -> None:
    bench = cordoned()
    task = broker(bench).task.id
    bench.looks(bench.steps[NAME], 1)
    events = [json.loads(line)["event"] for line in bench.lines.lines]
    assert events[-2:] == ["replacing", "acting"]
    assert bench.flight.sent == (task,)


@pytest.mark.trap("a second replace does the data work twice")
def test_r4_an_answer_that_was_lost_is_not_asked_for_again() -> None:
    bench = faulty(cordoned(), arrives=True)
    bench.drive(bench.steps[NAME])
    assert len(bench.events("replace")) == 1


def test_r4_a_replace_that_got_lost_is_sent_again_after_several_looks_and_not_before() -> None:
    bench = faulty(cordoned(), arrives=False)
    with pytest.raises(Retryable):
        bench.looks(bench.steps[NAME], 1)
    began = bench.world.now
    bench.looks(bench.steps[NAME], LOOKS)
    assert bench.events("replace") == []
    bench.drive(bench.steps[NAME])
    (sent,) = bench.events("replace")
    assert sent["at"] + EPOCH - began >= LOOKS * LOOK_EVERY
    assert len(bench.acts("services.replace")) == 2


@pytest.mark.parametrize("kills", [1, 2, 5])
def test_r4_whoever_takes_over_sends_nothing_again(kills: int) -> None:
    bench = cordoned()
    for _ in range(kills):
        bench.looks(bench.steps[NAME], 2, every=1.0)
    bench.drive(bench.steps[NAME])
    assert len(bench.events("replace")) == 1


def test_r4_a_replace_that_finds_no_place_is_waited_for_and_never_repeated() -> None:
    bench = cordoned()
    for agent in bench.world.ground.listed:
        agent.deactivated = True
    bench.world.master.changes += 1
    waited = bench.looks(bench.steps[NAME], 60)
    assert str(waited[-1]) == f"{BROKER} to be placed on another agent"
    assert waited[-1].patience == bench.roll.policy.waits.place
    assert len(bench.events("replace")) == 1


def test_r4_nothing_is_sent_while_the_outcome_of_a_deployment_is_open() -> None:
    bench = cordoned()
    kafka(bench).deploy = "IN_PROGRESS"
    assert str(bench.looks(bench.steps[NAME], 20)[-1]).startswith(f"{BROKER} to leave")
    assert bench.acts("services.replace") == []
    kafka(bench).deploy = "COMPLETE"
    bench.drive(bench.steps[NAME])


def test_r2_a_broker_that_its_scheduler_does_not_list_is_asked_for_again() -> None:
    bench = cordoned()
    services = bench.site.services

    class Forgetful:
        def __getattr__(self, name: str) -> Any:
            return getattr(services, name)

        def one(self, name: str) -> Service:
            return replace(services.one(name), pods=())

    bench.site = replace(bench.site, services=cast(Any, Forgetful()))
    with pytest.raises(Retryable, match="the scheduler of kafka-events does not list kafka-0"):
        bench.looks(bench.steps[NAME], 1)


@pytest.mark.trap("a recovered broker has started, and is not in sync")
def test_r4_a_plan_that_is_complete_is_no_proof() -> None:
    """The recovery is COMPLETE long before the broker is back in its partitions."""
    bench = cordoned()
    goals = [waiting.goal for waiting in bench.drive(bench.steps[NAME])]
    assert f"{BROKER} to be in sync" in goals
    assert bench.world.ground.lost == {}


def test_r1_another_lost_broker_of_the_service_takes_the_room() -> None:
    bench = cordoned()
    isr = kafka(bench).partitions[0].isr
    isr.remove(1)
    kafka(bench).changes += 1
    (waiting, *_) = bench.looks(bench.steps[NAME], 20)
    assert waiting.goal == f"room to replace {BROKER}"
    assert waiting.left == "kafka-events would have 2 members lost or held (kafka-0, kafka-1), its cap is 1"
    assert bench.acts("services.replace") == []
    isr.append(1)
    kafka(bench).changes += 1
    bench.drive(bench.steps[NAME])


def test_r14_the_in_sync_copies_are_counted_afresh_before_the_act() -> None:
    bench = cordoned(caps={EVENTS: 3})
    kafka(bench).partitions[0].isr.remove(1)
    kafka(bench).changes += 1
    (waiting, *_) = bench.looks(bench.steps[NAME], 20)
    assert "clicks-0 would keep 1 in-sync copy (kafka-2), and needs 2" in waiting.left
    assert bench.acts("services.replace") == []


def test_r2_topics_that_cant_be_read_any_more_stop_it() -> None:
    bench = cordoned()
    kafka(bench).readable = False
    (waiting, *_) = bench.looks(bench.steps[NAME], 20)
    assert waiting.goal == f"room to replace {BROKER}"
    assert bench.acts("services.replace") == []


@dataclass(frozen=True)
class Unread(ServiceReads):
    """Topics that can't be read, each time for another reason."""

    services: ServiceReads
    reasons: Iterator[int] = field(default_factory=count)

    def all(self) -> tuple[Service, ...]:
        return self.services.all()

    def one(self, name: str) -> Service:
        return replace(self.services.one(name), partitions=None, unread=f"reason {next(self.reasons)}")

    def rejected(self, member: Member) -> tuple[str, ...]:
        return self.services.rejected(member)


def test_why_topics_can_not_be_read_is_news_and_no_progress() -> None:
    bench = cordoned()
    bench = replace(bench, site=replace(bench.site, services=Unread(bench.site.services)))
    waited = bench.looks(bench.steps[NAME], 4)
    assert len({(waiting.goal, waiting.left) for waiting in waited}) == 1
    assert [waiting.why for waiting in waited] == [f"reason {n}" for n in range(4)]


def test_who_waits_for_a_broker_while_topics_can_not_be_read_is_told_that_and_no_count() -> None:
    bench = cordoned()
    step = bench.steps[NAME].run()
    while (waiting := next(step)).goal != f"{BROKER} to be in sync":
        bench.pass_by(LOOK_EVERY)
    assert re.fullmatch(r"\d+ partitions? behind", waiting.rest)
    kafka(bench).readable = False
    kafka(bench).changes += 1
    waiting = next(step)
    assert waiting.goal == f"{BROKER} to be in sync"
    assert waiting.rest == "its topics can't be read: its scheduler can't list them: its log says why"


@pytest.mark.trap("a replaced pod may land on the agent that it came from")
def test_r15_a_cordon_that_somebody_lifted_comes_first() -> None:
    """A replaced broker may land on the node that it came from."""
    bench = cordoned()
    bench.world.master.reactivate(bench.node.agent_id, by="operator")
    with pytest.raises(StartOver, match="not cordoned any more"):
        bench.looks(bench.steps[NAME], 1)
    assert bench.acts("services.replace") == []


@pytest.mark.trap("an agent that is marked gone has all of its pods replaced at once")
def test_members_of_two_services_go_one_after_the_other_each_with_a_slot() -> None:
    orders = KafkaShape("prod/kafka-orders", 4, (TopicShape("orders", 2, 3),))
    bench = a_bench(shape=replace(SHAPE, services=(*SHAPE.services, orders)))
    assert [str(member) for member in bench.flight.holds] == ["kafka-events/kafka-0", "prod/kafka-orders/kafka-3"]
    bench.drive(bench.bring(NAME))
    replaced, whole = bench.events("replace"), bench.events("in-sync")
    assert [line["service"] for line in replaced] == [EVENTS, "prod/kafka-orders"]
    assert replaced[1]["at"] > whole[0]["at"]
    assert bench.flight.holds == ()


def test_a_node_without_members_needs_nothing() -> None:
    bench = a_bench(address=f"{GROUP}[5]")
    assert bench.drive(bench.bring(NAME)) == []
    assert bench.acts() == ["terraform.swap", "mesos.cordon"]


def test_a_broker_that_crashed_on_the_node_is_moved_all_the_same() -> None:
    """It can't be restarted under the cordon, so nobody waits for that."""
    bench = cordoned()
    bench.world.crash(EVENTS, "kafka-0")
    bench.looks(bench.steps[NAME], 1)
    assert len(bench.events("replace")) == 1
    bench.drive(bench.steps[NAME])
    assert len(bench.events("replace")) == 1
    assert bench.world.ground.lost == {}


@pytest.mark.trap("a drain leaves pods waiting for their agent")
def test_a_broker_that_somebody_elses_drain_has_killed_is_moved_all_the_same() -> None:
    """Its scheduler would have it wait for this agent, which takes nothing."""
    bench = cordoned()
    bench.world.operator.drain(bench.node.agent_id, Drain())
    bench.pass_by(10.0)
    assert not broker(bench).running
    bench.drive(bench.steps[NAME])
    assert broker(bench).task.agent_id != bench.node.agent_id
    assert (bench.world.ground.lost, bench.flight.holds) == ({}, ())


def test_a_broker_of_the_generation_before_pods_is_moved_once_too() -> None:
    """Its scheduler shows neither marks nor a recovery plan."""
    legacy = replace(KAFKA, api="brokers")
    bench = a_bench(shape=replace(SHAPE, services=(legacy,)))
    bench.drive(bench.bring(NAME))
    assert len(bench.events("replace")) == 1
    assert (bench.world.ground.lost, bench.flight.holds) == ({}, ())


def test_what_sends_it_again_by_hand_is_told_where_no_look_can_prove_that_a_replace_was_lost() -> None:
    """A scheduler from before pods marks nothing, and of a broker that is down it says no more than that."""
    bench = a_bench(shape=replace(SHAPE, services=(replace(KAFKA, api="brokers"),)))
    bench.bring(NAME)
    for agent in bench.world.ground.listed:
        agent.deactivated = True
    bench.world.master.changes += 1
    assert bench.looks(bench.steps[NAME], 12)[-1] == Waiting(
        f"{EVENTS}/broker-0 to be placed on another agent",
        "its scheduler does not tell whether the replace arrived: where its log has none of broker 0,"
        f" `dcos kafka --name={EVENTS} broker replace 0` sends it again",
        WAITS.place,
    )


def test_r4_one_that_its_scheduler_is_about_to_replace_by_itself_is_left_to_it() -> None:
    """It was down already when its node was cordoned. Patience for its scheduler comes on top of that for a place."""
    bench = a_bench(shape=replace(SHAPE, services=(replace(KAFKA, api="brokers", replaces_after=100.0),)))
    bench.bring(NAME)
    bench.world.crash(EVENTS, "broker-0")
    waited = bench.looks(bench.steps[NAME], 2)
    left = "left to its scheduler, which replaces a broker that is down for 100 s"
    assert waited[-1] == Waiting(f"{EVENTS}/broker-0 to be placed on another agent", left, 701.0)
    bench.drive(bench.steps[NAME])
    assert [line["by"] for line in bench.events("replace")] == ["sdk"]
    assert (bench.world.ground.lost, bench.flight.holds) == ({}, ())


@pytest.mark.trap("a replaced pod may land on the agent that it came from")
def test_r4_a_broker_that_fell_back_to_its_node_is_whole_before_it_is_moved_again() -> None:
    """Somebody lifted the cordon before its scheduler had found it another place."""
    bench = fallen_back()
    bench.drive(bench.steps[NAME])
    first, second = bench.events("replace")
    assert first["agent"] == second["agent"] == bench.node.agent_id
    assert not second["recovering"]
    assert bench.events("in-sync")[0]["at"] < second["at"]


def fallen_back() -> Bench:
    bench = cordoned()
    bench.looks(bench.steps[NAME], 1, every=0.2)
    for agent in bench.world.ground.listed:
        agent.deactivated = agent.id != bench.node.agent_id
    while broker(bench).marked:
        bench.pass_by(1.0)
    for agent in bench.world.ground.listed:
        agent.deactivated = agent.id == bench.node.agent_id
    bench.world.master.room()
    return bench


def test_r4_a_broker_that_fell_back_to_its_node_as_that_died_is_not_replaced_before_mesos_knows_of_it() -> None:
    """For five minutes the master takes it for one that starts, and so does its scheduler."""
    bench = fallen_back()
    assert not broker(bench).running
    bench.world.systemd.power_off(bench.old)
    with pytest.raises(StartOver):
        bench.looks(bench.steps[NAME], 60, every=15.0)  # pauses grow from 5 s to half a minute
    assert len(bench.events("replace")) == 1


def test_a_broker_that_catches_up_where_it_is_is_whole_before_it_is_moved() -> None:
    bench = cordoned()
    bench.world.crash(EVENTS, "kafka-0")
    bench.world.master.reactivate(bench.node.agent_id, by="operator")
    while not broker(bench).running:
        bench.pass_by(1.0)
    bench.world.master.deactivate(bench.node.agent_id)
    (waiting, *_) = bench.looks(bench.steps[NAME], 1)
    assert waiting.goal == f"{BROKER} to be in sync before it is moved"
    bench.drive(bench.steps[NAME])
    assert bench.events("in-sync")[0]["at"] < bench.events("replace")[0]["at"]


def test_a_replace_that_got_lost_is_not_sent_again_while_its_broker_catches_up() -> None:
    """It was starting when the first one was sent; somebody had lifted the cordon for a moment."""
    bench = cordoned()
    bench.world.crash(EVENTS, "kafka-0")
    bench.world.master.reactivate(bench.node.agent_id, by="operator")
    while not broker(bench).task.live:
        bench.pass_by(0.1)
    bench.world.master.deactivate(bench.node.agent_id)
    bench = faulty(bench, arrives=False)
    with pytest.raises(Retryable):
        bench.looks(bench.steps[NAME], 3, every=0.1)
    assert bench.flight.sent
    bench.drive(bench.steps[NAME])
    assert bench.events("in-sync")[0]["at"] < bench.events("replace")[0]["at"]


def test_r4_a_replace_that_got_lost_before_its_broker_crashed_is_sent_again_after_a_minute() -> None:
    """It can't start under the cordon, so nothing but another replace helps it: no mark proves that none arrived."""
    bench = faulty(cordoned(), arrives=False)
    with pytest.raises(Retryable):
        bench.looks(bench.steps[NAME], 1)
    bench.world.crash(EVENTS, "kafka-0")
    bench.looks(bench.steps[NAME], UNMARKED_LOOKS)
    assert bench.events("replace") == []
    bench.drive(bench.steps[NAME])
    assert len(bench.events("replace")) == 1
    assert bench.world.ground.lost == {}


@pytest.mark.parametrize(("proof", "stuck", "ends"), [
    (True, "node-2", "moved"),
    (False, "node-2", "recovery IN_PROGRESS"),
    (False, "node-3", "moved"),
])  # fmt: skip
def test_beside_another_move_a_plan_is_taken_for_what_it_says_of_this_member(
    *, proof: bool, stuck: str, ends: str
) -> None:
    """node-2 of a Cassandra is on the node, node-3 is in flight elsewhere, and the recovery of one never ends."""
    shape = replace(SHAPE, services=(replace(CASSANDRA, seeds=0, proof=proof),))
    bench = a_bench(shape=shape, address=f"{GROUP}[2]", default_cap=2, accepted=("no-proof=cassandra",))
    bench.journal.append(Admitted((Flight(a_node(9), holds=(Member("cassandra", "node-3"),)),)))
    bench.world.faults.unfinished.add(f"cassandra/{stuck}")
    bench.world.schedulers["cassandra"].replace("node-3")
    waited = bench.looks(bench.bring(NAME), 200)
    assert (waited[-1].left if bench.flight.holds else "moved") == ends
    assert [line["pod"] for line in bench.events("replace")] == ["node-3", "node-2"]


@pytest.mark.parametrize("other", ["cassandra", "zookeeper"])
def test_r4_a_move_of_another_service_excuses_no_plan(other: str) -> None:
    bench = cordoned()
    bench.journal.append(Admitted((Flight(a_node(9), holds=(Member(other, "node-3"),)),)))
    bench.world.faults.unfinished.add(str(BROKER))
    assert str(bench.looks(bench.steps[NAME], 60)[-1]) == f"{BROKER} to stay in sync (recovery STARTED)"
    assert bench.flight.holds == (BROKER,)


@pytest.mark.parametrize(
    ("proof", "ends"), [(True, "moved"), (False, "and so does a command as services.cassandra.in_sync")]
)
def test_an_empty_plan_of_a_scheduler_that_restarted_is_no_word_of_a_move(*, proof: bool, ends: str) -> None:
    shape = replace(SHAPE, services=(replace(CASSANDRA, seeds=0, proof=proof),))
    bench = a_bench(shape=shape, address=f"{GROUP}[2]", accepted=("no-proof=cassandra",))
    step = bench.bring(NAME)
    bench.looks(step, 5)
    scheduler = bench.world.ground.apps["/cassandra"].tasks[0]
    bench.world.master.end(scheduler, "TASK_FAILED", "the JVM died")
    bench.pass_by(300.0)
    waited = bench.looks(bench.steps[NAME], 40)
    assert bench.world.schedulers["cassandra"].recovery == "COMPLETE"
    assert (waited[-1].left if bench.flight.holds else "moved").endswith(ends)
    bench.world.master.end(bench.world.schedulers["cassandra"].broker("node-2").task, "TASK_KILLED", "restarted")
    bench.drive(bench.steps[NAME])
    assert len(bench.events("replace")) == 1


@pytest.mark.parametrize("flies", [True, False])
def test_a_plan_that_waits_for_a_member_on_another_node_in_flight_is_not_waited_for(*, flies: bool) -> None:
    """Down under its cordon, that one waits for a slot of its own: they would wait for each other for ever."""
    bench = cordoned()
    other = bench.world.ground.agents[broker(bench, 1).task.agent_id]
    step = bench.steps[NAME]
    bench.looks(step, 8)
    if flies:
        node = next(node for node in survey(bench.site, 0.0).nodes if node.agent_id == other.id)
        bench.journal.append(Admitted((Flight(node),)))
    other.deactivated = True
    bench.world.crash(EVENTS, "kafka-1")
    waited = bench.looks(bench.steps[NAME], 60)
    assert bench.world.schedulers[EVENTS].recovery != "COMPLETE"
    assert (bench.flight.holds == ()) is flies
    assert flies or waited[-1].goal == f"{BROKER} to stay in sync"


def test_a_member_that_finds_no_place_is_told_with_what_its_scheduler_found_wrong() -> None:
    """Not at once: a scheduler needs a moment for its offers."""
    bench = cordoned()
    free = [agent for agent in bench.world.ground.listed if not bench.world.ground.pods_on(agent.id)]
    for agent in free:
        agent.size = replace(agent.size, mem=0.0)
    waited = bench.looks(bench.steps[NAME], 12)
    places = [waiting for waiting in waited if waiting.goal == f"{BROKER} to be placed on another agent"]
    assert [waiting.why for waiting in places[:LOOKS]] == [""] * LOOKS
    assert places[-1].why == "its scheduler says: insufficient cpus, mem or disk; MAX_PER 1: one runs there"
    assert len({*places}) == 1  # an explanation is no progress


def test_r4_looks_while_there_was_no_room_prove_nothing_of_the_replace_that_follows() -> None:
    """The scheduler of before pods marks nothing: while a broker shuts down, it looks as it did for minutes before."""
    bench = a_bench(shape=replace(SHAPE, services=(replace(KAFKA, api="brokers"),), shutdown=(12.0, 15.0)))
    topics, other = bench.world.schedulers[EVENTS].topics, bench.world.ground.services[EVENTS].brokers[1]
    topics.leave(other)
    bench.world.at(400.0, lambda: topics.rejoin(other))
    bench.drive(bench.bring(NAME))
    assert len(bench.events("replace")) == 1
