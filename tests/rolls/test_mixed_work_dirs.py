"""Fleets of which EC2 keeps a volume of each node, and only some have the work dir of their agent on it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

import pytest

from dcosmaint.choice import Choice
from dcosmaint.lines import Done, What
from dcosmaint.model import Policy, Verdict, Work
from dcosmaint.sandbox.world import Shape, World, build
from tests.driven import FIRST, Drive, taken_over
from tests.rolls.stage import OLD, PRIVATE, SMALL, Stage, clean, not_replaced, rolled, why

MIXED = replace(SMALL, volumes="mixed", same_ip=1.0)
OLD_MIXED = replace(OLD, volumes="mixed", same_ip=1.0)
BOTH = pytest.mark.parametrize("shape", [MIXED, OLD_MIXED], ids=["first", "last"])
DATA = replace(SMALL, volumes="data")
FRESH, KEEP = Policy(soak=0.0, work_dir="fresh"), Policy(soak=0.0, work_dir="keep")
EITHER = pytest.mark.parametrize("policy", [FRESH, KEEP], ids=["fresh", "keep"])

APART = [f"{PRIVATE}[{number}]" for number in (0, 2, 4)]
"""Those that have their work dir on a volume of its own."""

SECOND = f"{PRIVATE}[1]"
"""It has data on its volume, and its work dir on its root."""


def ids(world: World) -> dict[str, str]:
    """Address → the id of its agent."""
    return {agent.machine.address: agent.id for agent in world.ground.listed}


def of(world: World, what: str) -> Iterator[str]:
    """The addresses of such events."""
    return (line["address"] for line in map(json.loads, world.log) if line["what"] == what)


def marked(world: World) -> list[str]:
    gone = (line for line in map(json.loads, world.log) if line["what"] == "agent-gone")
    return [line["address"] for line in gone if line["how"] == "marked gone"]


def renewed(stage: Stage, policy: Policy) -> tuple[dict[str, str], dict[str, str]]:
    """The agents' ids before a clean roll, and after it, by address."""
    before = ids(stage.world)
    roll = stage.roll(policy=policy)
    rolled(stage, roll)
    clean(stage, roll)
    assert not_replaced(stage.world, roll) == []
    return before, ids(stage.world)


@BOTH
@pytest.mark.parametrize("seed", range(3))
def test_keep_brings_back_the_agents_whose_work_dir_is_kept_and_makes_new_ones_of_the_others(
    shape: Shape, seed: int
) -> None:
    stage = Stage(build(replace(shape, seed=seed)))
    before, after = renewed(stage, KEEP)
    assert [address for address in sorted(before) if after[address] == before[address]] == APART
    assert not set(of(stage.world, "empty-work-dir"))


@BOTH
@pytest.mark.parametrize("seed", range(3))
def test_fresh_empties_the_work_dirs_that_are_kept_and_no_others(shape: Shape, seed: int) -> None:
    stage = Stage(build(replace(shape, seed=seed)))
    before, after = renewed(stage, FRESH)
    assert set(after.values()).isdisjoint(before.values())
    assert sorted(of(stage.world, "empty-work-dir")) == APART


@pytest.mark.parametrize("profile", ["1.9", "1.11", "2.1"])
def test_keep_is_no_matter_to_a_fleet_whose_work_dirs_all_go_with_their_instances(profile: str) -> None:
    """Also where an agent that was told to leave forgets its id, and where addresses change."""
    stage = Stage(build(replace(DATA, profile=profile, same_ip=0.5)))
    roll = stage.roll(policy=KEEP)
    rolled(stage, roll)
    clean(stage, roll)
    assert not_replaced(stage.world, roll) == []


def test_keep_is_refused_before_mesos_1_5_to_those_alone_whose_work_dir_is_kept() -> None:
    stage = Stage(build(replace(OLD_MIXED, profile="1.9")))
    assert [finding.subject for finding in stage.blockers(stage.roll(policy=KEEP))] == APART
    assert stage.blockers(stage.roll(policy=KEEP, choice=Choice(only=(SECOND,)))) == ()


# ---- nobody can tell


@EITHER
def test_r2_whatever_is_ordered_a_silent_node_is_refused_before_anything_begins(policy: Policy) -> None:
    stage = Stage(build(MIXED))
    stage.world.faults.hangs.add(stage.world.node(SECOND).id)
    (finding,) = stage.blockers(stage.roll(policy=policy))
    assert (finding.rule, finding.subject) == ("work-dir", SECOND)
    assert "nobody can tell whether the work dir" in finding.message
    assert stage.blockers(stage.roll(Work.DRAIN, Choice(only=(SECOND,)), policy)) == (), "a drain keeps its instance"


@EITHER
def test_r2_one_that_is_silent_when_its_turn_comes_waits_until_it_tells_and_others_go_on(policy: Policy) -> None:
    drive = Drive(build(MIXED), policy)
    world, hangs = drive.world, drive.world.faults.hangs

    def hang(at: float, what: What) -> None:
        if what == Done("", "swap-image"):
            hangs.add(world.node(FIRST).id)
            world.at(3600.0, hangs.clear)

    drive.hear = hang
    assert drive.run() is Verdict.DONE, why(drive.journal)
    assert drive.journal.progress.ended[-1].address == FIRST
    told = [event.fields["why"] for event in drive.heard.named("warning")]
    assert any("nobody can tell whether the work dir of its agent is there" in says for says in told)
    clean(drive.stage, drive.roll)


def test_r2_nobody_starts_while_more_nodes_are_silent_than_can_be_the_nodes_own_fault() -> None:
    """Each of them keeps the one thread that asks them from those in flight, for as long as a connection takes."""
    drive = Drive(build(replace(MIXED, nodes=9)), KEEP)
    hangs = drive.world.faults.hangs
    hangs.update(machine.id for machine in drive.world.ground.machines.values())
    drive.world.at(900.0, hangs.clear)
    assert drive.run() is Verdict.DONE, why(drive.journal)
    told = [event.fields["why"] for event in drive.heard.named("warning")]
    assert any("can't be surveyed" in says and "the work dir of its agent" in says for says in told)


# ---- what a node has told is known when it can tell no more


@BOTH
@EITHER
@pytest.mark.parametrize("step", ["", "stop-agent"])
def test_of_nodes_that_are_gone_those_come_back_whose_work_dir_is_kept_and_the_others_are_given_up(
    shape: Shape, policy: Policy, step: str
) -> None:
    """Right when they have started, or once their agents have left."""
    drive = Drive(build(shape), policy)
    before, found = ids(drive.world), set[str]()

    def vanish(at: float, what: What) -> None:
        for address, flight in drive.journal.progress.flights.items():
            if address in (FIRST, SECOND) and address not in found and step in ("", *flight.done):
                found.add(address)
                drive.world.vanish(flight.node.instance.id)

    drive.hear = vanish
    assert drive.run() is Verdict.DONE, why(drive.journal)
    clean(drive.stage, drive.roll)
    assert not_replaced(drive.world, drive.roll) == []
    after = ids(drive.world)
    assert found == {FIRST, SECOND}
    assert (after[FIRST] == before[FIRST], after[SECOND] == before[SECOND]) == (True, False)
    assert marked(drive.world) == ([] if step else [SECOND])


@BOTH
@EITHER
@pytest.mark.parametrize("step", ["terminate-instance", "apply-terraform", "await-agent"])
@pytest.mark.parametrize("node", [FIRST, SECOND])
def test_r10_another_process_knows_it_when_the_instance_is_gone(
    shape: Shape, policy: Policy, step: str, node: str
) -> None:
    drive = Drive(build(shape), policy)

    def killed(at: float, what: What) -> None:
        if what == Done(node, step):
            raise KeyboardInterrupt

    drive.hear = killed
    with pytest.raises(KeyboardInterrupt):
        drive.run()
    taken_over(drive)
    assert drive.run() is Verdict.DONE, why(drive.journal)
    clean(drive.stage, drive.roll)
    assert not_replaced(drive.world, drive.roll) == []


@pytest.mark.parametrize(("work_dir", "node"), [("fresh", FIRST), ("keep", FIRST), ("fresh", SECOND), ("keep", SECOND)])
def test_r15_a_node_that_begins_again_has_told_it_before(work_dir: Literal["fresh", "keep"], node: str) -> None:
    drive = Drive(build(MIXED), Policy(soak=0.0, work_dir=work_dir))
    world = drive.world

    def free(at: float, what: What) -> None:
        if what == Done(node, "stop-agent") and not drive.said("begin"):
            world.systemd.release_agent(world.node(node), by="operator")
            world.systemd.start_docker(world.node(node), by="operator")
            world.advance(world.now + 30.0)

    drive.hear = free
    assert drive.run() is Verdict.DONE, why(drive.journal)
    assert [line["node"]["work_dir_apart"] for line in drive.said("begin")] == [node == FIRST]
    assert drive.stage.tally(drive.roll).breaches == ()
