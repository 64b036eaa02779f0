"""Whole rolls of clusters with services that are no Kafka, judged by the monitor."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial

import pytest

from dcosmaint.errors import Refused
from dcosmaint.model import Policy, Verdict, Waits
from dcosmaint.sandbox.world import StoreShape, World, build
from dcosmaint.sandbox.world.shape import CASSANDRA, HDFS, ServiceShape
from tests.rolls.stage import SMALL, Stage, cordoned, not_replaced, rolled, unwell, why

NIFI = StoreShape("nifi", "nifi", ("nifi-0", "nifi-1", "nifi-2"), apart=(("nifi-", "nifi-"),))


def a_stage(*services: ServiceShape, nodes: int = 7) -> Stage:
    return Stage(build(replace(SMALL, nodes=nodes, services=(*SMALL.services, *services))))


def replaced(world: World, service: str) -> list[str]:
    lines = map(json.loads, world.log)
    return [line["pod"] for line in lines if line["what"] == "replace" and line["service"] == service]


def goes_well(stage: Stage, policy: Policy) -> None:
    roll = stage.roll(policy=policy)
    rolled(stage, roll)
    assert stage.tally(roll).breaches == ()
    assert (not_replaced(stage.world, roll), cordoned(stage.world), unwell(stage.world)) == ([], [], [])


@pytest.mark.parametrize("strategy", ["batch", "window"])
def test_a_cassandra_beside_a_kafka_is_rolled_and_no_seed_is_away_beside_another_node(strategy: str) -> None:
    stage = a_stage(CASSANDRA)
    way = Policy(strategy="window" if strategy == "window" else "batch", batch_size=4, caps={"cassandra": 3})
    goes_well(stage, way)
    assert set(replaced(stage.world, "cassandra")) == {*CASSANDRA.pods}


def test_after_a_seed_its_others_are_waited_for_until_each_is_whole_again() -> None:
    """Its scheduler restarts them; a recovery that is COMPLETE too early would free the seed's slot."""
    stage = a_stage(CASSANDRA)
    goes_well(stage, Policy(batch_size=4))
    lines = [line for line in map(json.loads, stage.world.log) if line.get("service") == "cassandra"]
    assert {line["pod"] for line in lines if line["what"] == "lost" and line["why"] == "restarted"} == {*CASSANDRA.pods}
    assert not [line for line in lines if line["what"] == "replace" and line["lost"].get("cassandra")]


def test_an_hdfs_is_rolled_by_its_schedulers_word_once_that_is_accepted_by_name() -> None:
    stage = a_stage(HDFS, nodes=9)
    with pytest.raises(Refused, match="no-proof hdfs"):
        stage.begin(stage.roll())
    goes_well(stage, Policy(batch_size=4, caps={"hdfs": 3}, accepted=("no-proof=hdfs",)))
    assert {*replaced(stage.world, "hdfs")} == {*HDFS.pods}


def test_what_nobody_knows_is_moved_one_by_one_once_its_operator_wants_it() -> None:
    stage = a_stage(NIFI)
    with pytest.raises(Refused, match="service-unsupported nifi"):
        stage.begin(stage.roll())
    goes_well(stage, Policy(batch_size=4, caps={"nifi": 3}, moves={"nifi": "auto"}))


def help_out(world: World) -> None:
    """Every two minutes its operator looks, and replaces what lost its node; never two at once."""
    scheduler = world.schedulers["cassandra"]
    away = [b for b in scheduler.service.brokers if not world.ground.agents[b.task.agent_id].listed]
    busy = any(broker.marked for broker in scheduler.service.brokers) or not scheduler.service.up
    if away and not busy:
        scheduler.replace(away[0].pod, by="operator")
    world.at(120.0, partial(help_out, world))


def test_members_that_are_their_operators_go_down_with_their_nodes_within_the_cap() -> None:
    stage = a_stage(replace(CASSANDRA, seeds=None, apart=()))
    roll = stage.roll(policy=Policy(batch_size=4, caps={"cassandra": 2}, moves={"cassandra": "ignore"}))
    stage.world.at(120.0, partial(help_out, stage.world))
    rolled(stage, roll)
    assert stage.tally(roll).breaches == ()
    assert not_replaced(stage.world, roll) == []
    assert all(
        line["by"] == "operator"
        for line in map(json.loads, stage.world.log)
        if line["what"] == "replace" and line["service"] == "cassandra"
    )


def test_while_their_operator_does_nothing_the_next_of_their_nodes_waits_and_says_so() -> None:
    stage = a_stage(CASSANDRA)
    policy = Policy(batch_size=4, moves={"cassandra": "ignore"}, waits=Waits(stalled=1200.0))
    journal = stage.begin(stage.roll(policy=policy))
    assert stage.run(journal) is Verdict.STUCK, why(journal)
    assert stage.tally(journal.roll).breaches == ()
    carriers = [ended for ended in journal.progress.ended if ended.members]
    assert len(carriers) < len(CASSANDRA.pods)
    assert stage.world.ground.lost["cassandra"] != []


SERVICES: dict[str, ServiceShape] = {
    "cassandra": CASSANDRA,
    "hdfs": HDFS,
    "elastic": StoreShape("elastic", "elastic", ("master-0", "master-1", "data-0", "ingest-0")),
    "dse": StoreShape("dse", "datastax-dse", ("dse-0", "dse-1", "dse-2")),
    "nifi": NIFI,
}


@pytest.mark.parametrize("name", SERVICES)
def test_a_member_that_is_never_whole_holds_its_node_and_no_other_member_moves(name: str) -> None:
    """Of every kind: the plan may be stuck, or the data never come."""
    stage = a_stage(SERVICES[name], nodes=10)
    taken = Policy(
        batch_size=4,
        moves={name: "auto"},
        accepted=("no-proof=hdfs",),
        waits=Waits(stalled=1200.0),
    )
    stage.world.faults.unfinished |= {f"{name}/{pod}" for pod in SERVICES[name].pods}
    journal = stage.begin(stage.roll(policy=taken))
    assert stage.run(journal) is Verdict.STUCK, why(journal)
    (held,) = journal.progress.stopped
    assert held.stopped.startswith(f"replace-brokers: no progress in 1200 s: {name}/")
    assert len(replaced(stage.world, name)) == 1
    assert [breach for breach in stage.tally(journal.roll).breaches if not breach.startswith("at the end")] == []
