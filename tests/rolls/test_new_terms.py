"""A roll that is gone on with on other terms: tighter limits, fewer nodes, one more risk."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from dcosmaint.choice import Choice
from dcosmaint.journal import File
from dcosmaint.lines import Paused
from dcosmaint.model import Policy, Terms, Verdict
from dcosmaint.sandbox.world import KafkaShape, TopicShape, build
from dcosmaint.tighten import measured_anew
from tests.rolls.stage import EVENTS, PRIVATE, SMALL, Stage, cordoned, not_replaced, shelf_in, unwell

FIRST = f"{PRIVATE}[0]"
QUICK = Policy(soak=20.0, batch_size=4)
BARE = replace(SMALL, services=())


def test_an_attribute_that_differs_on_purpose_is_accepted_once_for_all_nodes_to_come(quick_disk: Path) -> None:
    stage = Stage(build(BARE))
    stage.world.faults.attributes.update({f"{PRIVATE}[{n}]": {"tier": "gpu"} for n in range(5)})
    roll, shelf = stage.roll(policy=QUICK), shelf_in(quick_disk)
    assert stage.run(stage.begin(roll, File.create(shelf.journal(roll.id)))) is Verdict.STUCK
    assert stage.run(stage.take_over(shelf, roll.id)) is Verdict.STUCK
    assert stage.run(stage.take_over(shelf, roll.id, Terms(("differs=attribute:tier",)))) is Verdict.DONE
    assert not_replaced(stage.world, roll) == []
    lines = [json.loads(line) for line in shelf.journal(roll.id).read_text().splitlines()]
    noted = {line["node"] for line in lines if line["event"] == "noted"}
    assert noted == set(stage.world.terraform.state)


def test_terms_stay_when_the_roll_is_taken_over_once_more(quick_disk: Path) -> None:
    stage, shelf = Stage(build(SMALL)), shelf_in(quick_disk)
    roll = stage.roll(policy=QUICK)
    stage.begin(roll, File.create(shelf.journal(roll.id))).append(Paused("the operator stopped the roll"))
    left_out = roll.targets[1]
    stage.take_over(shelf, roll.id, Terms(excluded=(left_out,), batch_size=1))
    journal = stage.take_over(shelf, roll.id)
    assert stage.run(journal) is Verdict.DONE
    assert journal.progress.batches == 4
    assert not_replaced(stage.world, replace(roll, targets=(left_out,))) == [f"{PRIVATE}[1]"]
    assert not_replaced(stage.world, journal.roll) == []
    assert stage.tally(journal.roll).breaches == ()
    assert (cordoned(stage.world), unwell(stage.world)) == ([], [])


def test_partitions_that_were_given_to_other_brokers_are_measured_anew(quick_disk: Path) -> None:
    """kafka-0 is no replica of clicks-0 any more: it will never be in sync there again."""
    four = replace(SMALL, nodes=6, services=(KafkaShape(EVENTS, 4, (TopicShape("clicks", 4, 3),)),))
    stage, shelf = Stage(build(four)), shelf_in(quick_disk)
    roll = stage.roll(policy=QUICK)
    stage.begin(roll, File.create(shelf.journal(roll.id))).append(Paused("the operator stopped the roll"))
    service = stage.world.ground.services[EVENTS]
    moved = service.partitions[0]
    moved.replicas, moved.isr, moved.leader = (1, 2, 3), [1, 2, 3], 1
    service.changes += 1
    journal = stage.take_over(shelf, roll.id)
    assert stage.run(journal) is Verdict.STUCK
    last = json.loads(shelf.journal(roll.id).read_text().splitlines()[-1])
    assert last["why"] == f"not in sync any more, and not by a node in flight: {EVENTS}/kafka-0"
    anew = measured_anew(stage.survey(), [f"{EVENTS}/clicks"])
    assert stage.run(stage.take_over(shelf, roll.id, Terms(baseline=anew))) is Verdict.DONE
    assert not_replaced(stage.world, roll) == []
    assert stage.tally(roll).breaches == ()


def test_a_roll_whose_last_node_is_left_out_is_done(quick_disk: Path) -> None:
    stage, shelf = Stage(build(BARE)), shelf_in(quick_disk)
    roll = stage.roll(choice=Choice(only=(FIRST,)))
    stage.begin(roll, File.create(shelf.journal(roll.id))).append(Paused("the operator stopped the roll"))
    assert stage.run(stage.take_over(shelf, roll.id, Terms(excluded=roll.targets))) is Verdict.DONE
    assert not_replaced(stage.world, roll) == [FIRST]
