"""replace-last: nodes go down with their members on them, which are replaced once a new node is there."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from dcosmaint.choice import Choice
from dcosmaint.journal import Journal, Memory
from dcosmaint.lines import Acting, Admitted, Done, What
from dcosmaint.model import Member, Policy, Verdict, Work
from dcosmaint.sandbox.world import KafkaShape, Shape, TopicShape, build
from dcosmaint.sandbox.world.profiles import PROFILES
from tests.driven import Drive
from tests.rolls.fleets import DEDICATED, fleets
from tests.rolls.stage import (
    EVENTS,
    OLD,
    PRIVATE,
    SMALL,
    Stage,
    clean,
    land,
    not_replaced,
    rolled,
    said,
    unwell,
    why,
)

QUICK = Policy(soak=20.0, batch_size=4)
FIRST = f"{PRIVATE}[0]"


FLEETS = fleets(PROFILES, quick=(("1.9", "legacy"), ("1.11", "nasty"), ("2.0", "dedicated")))


@pytest.mark.parametrize(("profile", "shape", "seed"), FLEETS)
def test_every_release_is_rolled_and_nobody_notices(profile: str, shape: Shape, seed: int) -> None:
    stage = Stage(build(replace(shape, profile=profile, seed=seed)), seed, failures=0.01 * (seed % 2))
    roll = stage.roll(policy=QUICK)
    assert roll.manner.last == (not PROFILES[profile].deactivates or shape is DEDICATED)
    rolled(stage, roll)
    assert not_replaced(stage.world, roll) == []
    clean(stage, roll)


@pytest.mark.trap("what runs on an agent that has left waits for it for ever")
def test_a_member_is_replaced_when_a_new_node_stands_in_the_place_of_its_own() -> None:
    stage, memory = Stage(build(OLD)), Memory()
    assert stage.run(stage.begin(stage.roll(policy=QUICK), memory)) is Verdict.DONE
    carriers = {f["node"]["address"] for line in said(memory, "admit") for f in line["flights"] if f["node"]["members"]}
    for address in carriers:
        steps = [line["step"] for line in said(memory, "done") if line["node"] == address]
        assert steps == [
            *("leave-balancers", "stop-agent", "stop-docker", "terminate-instance", "apply-terraform"),
            *("await-agent", "join-balancers", "replace-brokers", "verify-agent"),
        ]


def test_a_node_with_two_members_of_a_service_needs_a_cap_of_two() -> None:
    """They go down together."""
    stage = Stage(build(replace(OLD, nodes=4)))
    one, two, _ = stage.world.ground.services[EVENTS].brokers
    land(stage, two, stage.world.node(FIRST).agent_id)
    assert one.task.agent_id == two.task.agent_id
    roll = stage.roll(Work.REPLACE, Choice(only=(FIRST,)), QUICK)
    refused = {(finding.rule, finding.subject) for finding in stage.blockers(roll)}
    assert refused == {("cap", FIRST), ("data-loss", f"{EVENTS}/clicks")}
    wide = replace(QUICK, caps={EVENTS: 2}, min_isr={EVENTS: 1})
    roll = stage.roll(Work.REPLACE, Choice(only=(FIRST,)), wide)
    rolled(stage, roll)
    assert stage.tally(roll).most_lost == {EVENTS: 2}
    clean(stage, roll)


def once_admitted(journal: Journal, effect: Callable[[], None]) -> None:
    def hear(at: float, what: What) -> None:
        if isinstance(what, Admitted):
            effect()

    journal.heard = hear


def test_a_node_is_not_taken_down_while_another_broker_is_down() -> None:
    """It crashes right after the admission, and restarts in its place."""
    stage = Stage(build(OLD))
    roll = stage.roll(Work.REPLACE, Choice(only=(FIRST,)), QUICK)
    journal = stage.begin(roll)
    once_admitted(journal, lambda: stage.world.crash(EVENTS, "kafka-1"))
    assert stage.run(journal) is Verdict.DONE
    log = [json.loads(line) for line in stage.world.log]
    down = next(n for n, line in enumerate(log) if line["what"] == "lost" and line["pod"] == "kafka-1")
    back = next(n for n, line in enumerate(log) if line["what"] == "in-sync" and line["pod"] == "kafka-1")
    told = next(n for n, line in enumerate(log) if line["what"] == "signal-agent")
    assert down < back < told
    clean(stage, roll)


IGNORED = replace(QUICK, moves={EVENTS: "ignore"})


@pytest.mark.parametrize(("shape", "policy"), [(OLD, QUICK), (SMALL, IGNORED)], ids=["last", "ignored"])
def test_a_node_that_waits_for_a_broker_elsewhere_when_the_roll_stops_is_let_go(shape: Shape, policy: Policy) -> None:
    """Nothing was stopped there: it serves on, and the roll does not wait for hours for a broker that is behind."""
    drive = Drive(build(shape), replace(policy, deadline=600.0))
    service = drive.world.ground.services[EVENTS]

    def fall_behind(at: float, what: What) -> None:
        if isinstance(what, Admitted) and FIRST in {flight.node.address for flight in what.flights}:
            service.partitions[0].isr.remove(1)
            service.changes += 1

    drive.hear = fall_behind
    assert drive.run() is Verdict.STUCK
    assert [line["node"] for line in drive.said("released")] == [FIRST]
    assert [act for act in drive.acts_of(FIRST) if act.startswith("units.")] == []


def test_a_node_is_not_taken_down_while_another_broker_is_down_also_where_its_operator_moves_them() -> None:
    """It was whole when the node was admitted, and crashed while that was under way."""
    stage = Stage(build(SMALL))
    roll = stage.roll(Work.DRAIN, Choice(only=(FIRST,)), IGNORED)
    journal = stage.begin(roll)

    def crash(at: float, what: What) -> None:
        if isinstance(what, Done) and what.step == "cordon-agent":
            stage.world.crash(EVENTS, "kafka-1")

    journal.heard = crash
    assert stage.run(journal) is Verdict.DONE
    log = [json.loads(line) for line in stage.world.log]
    down = next(n for n, line in enumerate(log) if line["what"] == "lost" and line["pod"] == "kafka-1")
    back = next(n for n, line in enumerate(log) if line["what"] == "in-sync" and line["pod"] == "kafka-1")
    assert down < back < next(n for n, line in enumerate(log) if line["what"] == "stop-docker")


def test_one_that_its_operator_moved_here_after_the_survey_takes_a_slot_until_the_node_has_ended() -> None:
    stage, memory = Stage(build(SMALL)), Memory()
    empty = f"{PRIVATE}[4]"
    journal = stage.begin(stage.roll(Work.DRAIN, Choice(only=(empty,)), IGNORED), memory)
    broker, here = stage.world.ground.services[EVENTS].brokers[2], stage.world.node(empty).agent_id
    once_admitted(journal, lambda: land(stage, broker, here))
    assert stage.run(journal) is Verdict.DONE, why(journal)
    assert [(line["member"]["pod"], line["left"]) for line in said(memory, "slot")] == [(broker.pod, True)]
    assert said(memory, "replacing") == []


def test_volumes_are_thrown_away_only_while_copies_of_them_are_in_sync_elsewhere() -> None:
    """Another broker crashes when the agent has left: until it is back, starting the agent again saves everything."""
    stage = Stage(build(OLD))
    roll = stage.roll(Work.REPLACE, Choice(only=(FIRST,)), QUICK)
    journal = stage.begin(roll)

    def hear(at: float, what: What) -> None:
        if isinstance(what, Done) and what.step == "stop-docker":
            stage.world.crash(EVENTS, "kafka-1")

    journal.heard = hear
    assert stage.run(journal) is Verdict.DONE
    log = [json.loads(line) for line in stage.world.log]
    back = next(n for n, line in enumerate(log) if line["what"] == "in-sync" and line["pod"] == "kafka-1")
    assert back < next(n for n, line in enumerate(log) if line["what"] == "terminate")
    clean(stage, roll)


def test_a_drained_node_is_stopped_first_and_its_members_go_elsewhere() -> None:
    stage, memory = Stage(build(OLD)), Memory()
    roll = stage.roll(Work.DRAIN, Choice(only=(FIRST,)), QUICK)
    assert stage.run(stage.begin(roll, memory)) is Verdict.DONE
    steps = [line["step"] for line in said(memory, "done")]
    assert steps == ["leave-balancers", "stop-agent", "stop-docker", "replace-brokers"]
    assert stage.world.ground.pods_on(stage.world.node(FIRST).agent_id) == []
    clean(stage, replace(roll, policy=roll.policy))
    back = stage.roll(Work.UNDRAIN, Choice(only=(FIRST,)), QUICK, roll_id="r2")
    rolled(stage, back)
    assert stage.world.ground.agents[stage.world.node(FIRST).agent_id].offers


def test_a_broker_that_was_placed_there_after_the_survey_takes_a_slot_before_the_node_goes_down() -> None:
    stage, memory = Stage(build(OLD)), Memory()
    empty = f"{PRIVATE}[4]"
    roll = stage.roll(Work.REPLACE, Choice(only=(empty,)), QUICK)
    journal = stage.begin(roll, memory)
    broker, here = stage.world.ground.services[EVENTS].brokers[2], stage.world.node(empty).agent_id
    once_admitted(journal, lambda: land(stage, broker, here))
    assert stage.run(journal) is Verdict.DONE
    assert [Member(**line["member"]) for line in said(memory, "slot")] == [Member(EVENTS, broker.pod)]
    assert not_replaced(stage.world, roll) == []
    clean(stage, roll)


def test_one_that_was_placed_there_as_the_agent_left_takes_a_slot_before_its_instance_ends() -> None:
    """Docker is stopped already, so nothing but the end of the instance asks again."""
    stage, memory = Stage(build(OLD)), Memory()
    empty = f"{PRIVATE}[4]"
    roll = stage.roll(Work.REPLACE, Choice(only=(empty,)), QUICK)
    journal = stage.begin(roll, memory)
    broker, machine = stage.world.ground.services[EVENTS].brokers[2], stage.world.node(empty)

    def hear(at: float, what: What) -> None:
        if isinstance(what, Acting) and what.act == "units.signal_agent":
            land(stage, broker, machine.agent_id)
            stage.world.systemd.stop_docker(machine, by="operator")

    journal.heard = hear
    assert stage.run(journal) is Verdict.DONE
    events = [json.loads(line) for line in memory.lines]
    told = [line.get("act", line["event"]) for line in events if line["event"] in ("slot", "acting", "begin")]
    assert "begin" not in told
    assert told.index("slot") < told.index("ec2.terminate") < told.index("services.replace")
    clean(stage, roll)


def test_no_volume_is_thrown_away_while_nobody_can_read_who_is_in_sync() -> None:
    stage = Stage(build(OLD))
    journal = stage.begin(stage.roll(Work.REPLACE, Choice(only=(FIRST,)), replace(QUICK, default_cap=3)))
    service, terminated = stage.world.ground.services[EVENTS], []

    def show(*, readable: bool) -> None:
        service.readable, service.changes = readable, service.changes + 1

    def hear(at: float, what: What) -> None:
        if isinstance(what, Done) and what.step == "stop-docker":
            show(readable=False)
            stage.world.at(900.0, lambda: show(readable=True))
        if isinstance(what, Acting) and what.act == "ec2.terminate":
            terminated.append(service.readable)

    journal.heard = hear
    assert stage.run(journal) is Verdict.DONE
    assert terminated == [True]


def test_members_are_replaced_also_where_their_agent_came_back_under_another_id() -> None:
    """Their scheduler has them on the one that is gone for good."""
    stage = Stage(build(OLD))
    roll = stage.roll(Work.REPLACE, Choice(only=(FIRST,)), QUICK)
    journal, machine = stage.begin(roll), stage.world.node(FIRST)
    ids: list[str] = []

    def hear(at: float, what: What) -> None:
        if isinstance(what, Done) and what.step == "stop-docker" and not ids:
            ids.append(machine.agent_id)
            machine.agent_id, machine.process, machine.hold = "", True, ""
            stage.world.master.register(machine)

    journal.heard = hear
    assert stage.run(journal) is Verdict.DONE, why(journal)
    assert machine.agent_id not in ids
    assert not_replaced(stage.world, roll) == unwell(stage.world) == []


THREE_OF_TWO = KafkaShape(EVENTS, 3, (TopicShape("clicks", 3, 3), TopicShape("pairs", 3, 2)))


def test_data_of_two_copies_outlives_a_node_that_takes_one_of_them_with_it() -> None:
    stage = Stage(build(replace(OLD, services=(THREE_OF_TWO,))))
    roll = stage.roll(policy=QUICK)
    rolled(stage, roll)
    assert stage.tally(roll).partitions_lost == 0
    clean(stage, roll)
