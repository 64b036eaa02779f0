"""Whole rolls, each judged by the monitor over the World's log and by what the World is at the end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest

from dcosmaint.choice import Choice
from dcosmaint.journal import File, Memory
from dcosmaint.model import Policy, Verdict, Work
from dcosmaint.sandbox.world import KafkaShape, Shape, TopicShape, build
from tests.rolls.mortal import Killed, dies_in
from tests.rolls.stage import (
    EVENTS,
    PRIVATE,
    SMALL,
    WIDE,
    Stage,
    clean,
    not_replaced,
    rolled,
    said,
    shelf_in,
    unwell,
)

NASTY = Shape()
QUICK = Policy(soak=20.0)
FIRST = f"{PRIVATE}[0]"


def fleet(seeds: range, quick: int) -> list[Any]:
    """Seed, shape, strategy, lost calls: a few of them for every run, the others for `make test-all`."""
    found: list[Any] = []
    for seed in seeds:
        for shape in (NASTY, WIDE):
            for strategy in ("batch", "window"):
                for failures in (0.0, 0.015):
                    marks = [pytest.mark.slow] if seed >= quick else []
                    name = f"{seed}-{shape.nodes}-{strategy}-{failures:.1%}"
                    found.append(pytest.param(seed, shape, strategy, failures, id=name, marks=marks))
    return found


@pytest.mark.parametrize(("seed", "shape", "strategy", "failures"), fleet(range(25), quick=1))
def test_every_node_is_replaced_and_nobody_notices(
    seed: int, shape: Shape, strategy: Literal["batch", "window"], failures: float
) -> None:
    stage = Stage(build(replace(shape, seed=seed)), seed, failures)
    roll = stage.roll(policy=Policy(strategy=strategy, batch_size=4, max_in_flight=4))
    rolled(stage, roll)
    assert len(roll.targets) == shape.nodes
    assert not_replaced(stage.world, roll) == []
    clean(stage, roll)


def test_a_window_has_several_nodes_in_flight_and_never_more_than_it_may() -> None:
    stage = Stage(build(NASTY))
    journal, crowds = stage.begin(stage.roll(policy=Policy(strategy="window", max_in_flight=3))), []
    journal.heard = lambda at, what: crowds.append(len(journal.progress.flights))
    assert stage.run(journal) is Verdict.DONE
    assert max(crowds) == 3


@pytest.mark.parametrize("strategy", ["batch", "window"])
@pytest.mark.parametrize("seed", range(3))
def test_a_larger_cap_is_used_and_kept(seed: int, strategy: Literal["batch", "window"]) -> None:
    """Two brokers of one service go at once where data allows it, and the monitor knows that cap."""
    brokers = KafkaShape(EVENTS, 6, (TopicShape("clicks", 6, 3),))
    stage = Stage(build(replace(NASTY, services=(brokers,), seed=seed)), seed)
    policy = Policy(strategy=strategy, batch_size=4, soak=20.0, caps={EVENTS: 2}, min_isr={EVENTS: 1})
    roll = stage.roll(policy=policy)
    rolled(stage, roll)
    assert not_replaced(stage.world, roll) == []
    assert stage.tally(roll).most_lost == {EVENTS: 2}
    clean(stage, roll)


def test_brokers_that_share_a_partition_never_go_together_whatever_the_cap() -> None:
    brokers = KafkaShape(EVENTS, 4, (TopicShape("clicks", 6, 2), TopicShape("logins", 6, 3), TopicShape("all", 1, 4)))
    stage = Stage(build(replace(NASTY, services=(brokers,))))
    roll = stage.roll(policy=Policy(strategy="window", soak=20.0, caps={EVENTS: 4}))
    rolled(stage, roll)
    assert stage.tally(roll).partitions_lost == 0
    lost_together = replace(roll, policy=replace(roll.policy, caps={EVENTS: 2}))
    assert stage.tally(lost_together).breaches == ()
    clean(stage, roll)


def test_nodes_without_brokers_go_first_and_each_broker_moves_once() -> None:
    stage, memory = Stage(build(SMALL)), Memory()
    assert stage.run(stage.begin(stage.roll(policy=QUICK), memory)) is Verdict.DONE
    carried = [len(flight["node"]["members"]) for line in said(memory, "admit") for flight in line["flights"]]
    assert carried == sorted(carried)
    assert len(said(memory, "replacing")) == 3


def test_a_second_roll_over_the_result_of_the_first_is_clean() -> None:
    stage = Stage(build(NASTY), failures=0.01)
    first = stage.roll(policy=Policy(batch_size=4))
    rolled(stage, first)
    assert stage.roll(roll_id="r2").targets == ()
    stage.world.cloud.add_ami("dcos-agent-2023-12")
    second = stage.roll(policy=Policy(strategy="window"), roll_id="r2")
    rolled(stage, second)
    assert not set(first.targets) & set(second.targets)
    assert not_replaced(stage.world, second) == []
    clean(stage, replace(second, targets=(*first.targets, *second.targets)))


# ---- other work


@pytest.mark.parametrize("number", range(3))
def test_a_drained_node_runs_on_without_its_agent_also_after_a_reboot(number: int) -> None:
    stage = Stage(build(SMALL))
    world, node = stage.world, stage.world.node(f"{PRIVATE}[{number}]")
    roll = stage.roll(Work.DRAIN, Choice(only=(node.address,)), QUICK)
    rolled(stage, roll)
    world.systemd.reboot(node)
    world.advance(world.now + 3600.0)
    assert (node.state, node.process) == ("running", False)
    assert node.id not in {agent.machine.id for agent in world.ground.listed}
    assert unwell(world) == []
    clean(stage, roll)


def test_a_drained_node_comes_back_with_undrain() -> None:
    stage = Stage(build(SMALL))
    world, node = stage.world, stage.world.node(FIRST)
    choice = Choice(only=(FIRST,))
    rolled(stage, stage.roll(Work.DRAIN, choice, QUICK))
    world.systemd.reboot(node)
    world.advance(world.now + 600.0)
    roll = stage.roll(Work.UNDRAIN, choice, QUICK, roll_id="r2")
    rolled(stage, roll)
    assert [agent.offers for agent in world.ground.listed if agent.machine is node] == [True]
    assert (node.docker, node.hold) == (True, "")
    clean(stage, roll)


def test_one_named_node_is_replaced_and_no_other() -> None:
    stage = Stage(build(NASTY))
    before = dict(stage.world.terraform.state)
    roll = stage.roll(Work.REPLACE, Choice(only=(FIRST,)))
    rolled(stage, roll)
    changed = {address for address, instance in stage.world.terraform.state.items() if before[address] != instance}
    assert changed == {FIRST}
    clean(stage, roll)


def test_an_ami_is_baked_and_carries_its_roll() -> None:
    stage = Stage(build(SMALL))
    rolled(stage, stage.roll(Work.BAKE, images={}))
    assert [ami.state for ami in stage.world.cloud.amis.values() if ami.roll == "r1"] == ["available"]
    assert stage.world.node(FIRST).ami != stage.newest_ami


def test_a_roll_bakes_its_own_ami_and_rolls_to_it() -> None:
    stage = Stage(build(SMALL))
    roll = stage.roll(policy=QUICK, images={PRIVATE: ""})
    rolled(stage, roll)
    baked = stage.newest_ami
    assert stage.world.cloud.amis[baked].roll == roll.id
    assert not_replaced(stage.world, replace(roll, images={PRIVATE: baked})) == []
    assert sum('"what":"bake"' in line for line in stage.world.log) == 1
    clean(stage, roll)


@pytest.mark.parametrize("seconds", [0.0, 100.0, 270.0, 3000.0])
def test_an_ami_that_was_begun_is_found_by_who_takes_over(seconds: float, quick_disk: Path) -> None:
    """Packer outlives whoever began it: while it builds, while its AMI is pending, and when both are done."""
    stage = Stage(build(SMALL))
    roll, shelf = stage.roll(policy=QUICK, images={PRIVATE: ""}), shelf_in(quick_disk)
    with pytest.raises(Killed):
        stage.run(stage.begin(roll, File.create(shelf.journal(roll.id))), dies_in(stage.site, "packer", "bake"))
    stage.world.advance(stage.world.now + seconds)
    other = Stage(stage.world)
    assert other.run(other.take_over(shelf, roll.id)) is Verdict.DONE
    assert sum('"what":"bake"' in line for line in stage.world.log) == 1
    assert not_replaced(stage.world, replace(roll, images={PRIVATE: stage.newest_ami})) == []
    clean(stage, roll)
