"""Volumes that outlive their instances, with the work dirs of agents on them: emptied, or kept, as it was ordered."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from dcosmaint.choice import Choice
from dcosmaint.lines import Acting, Done, What
from dcosmaint.model import Policy, Verdict, Work
from dcosmaint.sandbox.world import Shape, World, build
from tests.driven import FIRST, Drive
from tests.rolls.stage import EVENTS, OLD, PRIVATE, SMALL, Stage, clean, not_replaced, rolled, why

KEPT = replace(SMALL, volumes="work-dir", same_ip=1.0)
DATA = replace(SMALL, volumes="data")
FRESH, KEEP = Policy(soak=0.0, work_dir="fresh"), Policy(soak=0.0, work_dir="keep")
OLD_KEPT = replace(OLD, volumes="work-dir", same_ip=1.0)


def ids(world: World) -> dict[str, str]:
    """Address → the id of its agent."""
    return {agent.machine.address: agent.id for agent in world.ground.listed}


def events(world: World, *names: str) -> list[dict[str, Any]]:
    return [line for line in map(json.loads, world.log) if line["what"] in names]


# ---- what is asked before anything begins


def test_r2_as_long_as_nobody_says_what_becomes_of_a_work_dir_that_outlives_its_instance_nothing_begins() -> None:
    stage = Stage(build(KEPT))
    found = stage.blockers(stage.roll())
    assert {finding.rule for finding in found} == {"work-dir"}
    assert {finding.subject for finding in found} == {f"{PRIVATE}[{n}]" for n in range(5)}
    assert "Set nodes.work_dir to fresh or to keep" in found[0].message
    assert len(stage.world.log) == 1


@pytest.mark.parametrize("work_dir", ["", "fresh", "keep"])
def test_a_volume_that_outlives_its_instance_without_a_work_dir_on_it_is_nobodys_business(work_dir: Any) -> None:
    stage = Stage(build(DATA))
    roll = stage.roll(policy=Policy(soak=0.0, work_dir=work_dir))
    rolled(stage, roll)
    clean(stage, roll)
    assert not_replaced(stage.world, roll) == []


def test_a_drain_keeps_its_instance_and_what_is_on_it() -> None:
    stage = Stage(build(KEPT))
    rolled(stage, stage.roll(Work.DRAIN, Choice(only=(FIRST,)), FRESH))
    assert events(stage.world, "empty-work-dir") == []


def test_r2_a_node_that_can_not_be_asked_does_not_start_and_others_do() -> None:
    stage = Stage(build(DATA))
    stage.world.faults.hangs.add(stage.world.node(FIRST).id)
    (finding,) = stage.blockers(stage.roll())
    assert (finding.rule, finding.subject) == ("work-dir", FIRST)
    assert "nobody can tell whether the work dir" in finding.message


def test_r2_a_work_dir_is_asked_for_again_before_each_start() -> None:
    """The volume was attached, or mounted, after the plan."""
    drive = Drive(build(DATA))

    def mount(at: float, what: What) -> None:
        if what == Done("", "swap-image"):
            drive.world.node(FIRST).apart = True

    drive.hear = mount
    assert drive.run() is Verdict.STUCK
    assert FIRST not in {ended.address for ended in drive.journal.progress.ended}
    assert len(drive.journal.progress.ended) == 4
    says = drive.said("roll-stopped")[0]["why"]
    assert "keeps the work dir of its agent" in says
    assert f"`dcosmaint resume --exclude {drive.world.node(FIRST).id}` goes on without the node" in says
    assert "A roll that has begun does not read that" in says


# ---- fresh


@pytest.mark.trap("a work dir that is attached again brings the old agent back")
@pytest.mark.parametrize("shape", [KEPT, OLD_KEPT], ids=["first", "last"])
@pytest.mark.parametrize("seed", range(3))
def test_fresh_every_node_comes_back_as_a_new_agent_with_nothing_reserved_by_the_old_one(
    shape: Shape, seed: int
) -> None:
    stage = Stage(build(replace(shape, seed=seed)))
    before = ids(stage.world)
    roll = stage.roll(policy=FRESH)
    rolled(stage, roll)
    clean(stage, roll)
    after = ids(stage.world)
    assert not_replaced(stage.world, roll) == []
    assert after.keys() == before.keys()
    assert set(after.values()).isdisjoint(before.values())
    held = {key for agent in stage.world.ground.listed for key in agent.reserved}
    assert held == {f"{EVENTS}/kafka-{n}" for n in range(3)}


def test_fresh_empties_a_work_dir_once_its_agent_has_left_and_right_before_its_instance_is_terminated() -> None:
    stage = Stage(build(KEPT))
    rolled(stage, stage.roll(policy=FRESH))
    for number in range(5):
        address = f"{PRIVATE}[{number}]"
        said = [e for e in events(stage.world, "agent-gone", "empty-work-dir", "terminate") if e["address"] == address]
        assert [line["what"] for line in said] == ["agent-gone", "empty-work-dir", "terminate"]
        assert not said[1]["process"]


def test_r3_an_agent_that_is_freed_before_its_work_dir_is_emptied_keeps_all_of_it() -> None:
    drive = Drive(build(KEPT), FRESH)

    def free(at: float, what: What) -> None:
        if what == Done(FIRST, "stop-agent") and not drive.said("begin"):
            world = drive.world
            world.systemd.release_agent(world.node(FIRST), by="operator")
            world.systemd.start_docker(world.node(FIRST), by="operator")
            world.advance(world.now + 30.0)

    drive.hear = free
    assert drive.run() is Verdict.DONE, why(drive.journal)
    assert drive.said("begin")
    assert drive.stage.tally(drive.roll).breaches == ()


def test_fresh_an_agent_that_is_back_under_its_old_id_has_failed() -> None:
    """Somebody has put onto the volume what was thrown away there."""
    drive = Drive(build(KEPT), FRESH)

    def restore(at: float, what: What) -> None:
        if isinstance(what, Acting) and what.act == "terraform.apply":
            for machine in drive.world.ground.machines.values():
                machine.emptied = False

    drive.hear = restore
    assert drive.run() is Verdict.STUCK
    (stopped,) = drive.journal.progress.stopped
    assert f"the old id {stopped.node.agent_id}, although its work dir was emptied: see where" in stopped.stopped
    assert "--accept differs=agent-id" in stopped.stopped


# ---- keep


@pytest.mark.trap("a work dir that is attached again brings the old agent back")
@pytest.mark.parametrize("shape", [KEPT, OLD_KEPT], ids=["first", "last"])
@pytest.mark.parametrize("seed", range(3))
def test_keep_every_node_comes_back_under_its_old_id(shape: Shape, seed: int) -> None:
    stage = Stage(build(replace(shape, seed=seed)))
    before = ids(stage.world)
    roll = stage.roll(policy=KEEP)
    rolled(stage, roll)
    clean(stage, roll)
    assert not_replaced(stage.world, roll) == []
    assert ids(stage.world) == before
    assert events(stage.world, "empty-work-dir") == []


def test_keep_members_that_went_down_with_their_node_come_back_with_it_and_are_not_replaced() -> None:
    stage = Stage(build(OLD_KEPT))
    homes = {b.pod: b.task.agent_id for b in stage.world.ground.services[EVENTS].brokers}
    rolled(stage, stage.roll(policy=KEEP))
    assert events(stage.world, "replace") == []
    assert {b.pod: b.task.agent_id for b in stage.world.ground.services[EVENTS].brokers} == homes


@pytest.mark.trap("an agent is not started with the work dir of one at another address")
def test_keep_an_agent_at_another_address_never_starts_and_that_is_said() -> None:
    stage = Stage(build(replace(KEPT, same_ip=0.0)))
    journal = stage.begin(stage.roll(policy=KEEP))
    assert stage.run(journal) is Verdict.STUCK
    (stopped,) = journal.progress.stopped
    assert "await-agent: no progress" in stopped.stopped
    assert "none starts at another address: pin private_ip in Terraform" in stopped.stopped


def with_new_volumes(drive: Drive, at: float, what: What) -> None:
    """The code makes one for each instance."""
    if isinstance(what, Acting) and what.act == "terraform.apply":
        for machine in drive.world.ground.machines.values():
            machine.volume, machine.apart = "vol-0a0a0a0a0a0a0a0a0", False


@pytest.mark.parametrize("shape", [KEPT, OLD_KEPT], ids=["first", "last"])
def test_keep_a_node_whose_volume_did_not_come_with_it_fails_before_anything_is_replaced_there(shape: Shape) -> None:
    drive = Drive(build(shape), KEEP)
    drive.hear = partial(with_new_volumes, drive)
    assert drive.run() is Verdict.STUCK
    (stopped,) = drive.journal.progress.stopped
    assert "its work dir did not come with it" in stopped.stopped
    assert "--accept differs=agent-id" in stopped.stopped
    assert not any(line["from"] == line["agent"] for line in events(drive.world, "placed"))


def test_keep_a_node_whose_volume_did_not_come_with_it_is_told_where_that_was_accepted() -> None:
    drive = Drive(build(KEPT), replace(KEEP, accepted=("differs=agent-id",)))
    drive.hear = partial(with_new_volumes, drive)
    assert drive.run() is Verdict.DONE, why(drive.journal)
    told = {line["why"] for line in drive.said("noted")}
    assert any("its work dir did not come with it" in note and note.endswith("as accepted") for note in told)


@pytest.mark.trap("an agent that was told to leave forgets its id before Mesos 1.5")
@pytest.mark.parametrize(("profile", "refused"), [("1.9", 5), ("1.11", 0)])
def test_keep_is_refused_where_an_agent_that_leaves_has_no_id_to_come_back_under(profile: str, refused: int) -> None:
    stage = Stage(build(replace(OLD_KEPT, profile=profile)))
    found = [finding for finding in stage.blockers(stage.roll(policy=KEEP)) if finding.rule == "work-dir"]
    assert len(found) == refused
    assert all("under a new id, also with its work dir (Mesos 1.5 keeps it)" in finding.message for finding in found)
    assert stage.blockers(stage.roll(policy=FRESH)) == ()
    assert stage.blockers(stage.roll(Work.DRAIN, Choice(only=(FIRST,)), KEEP)) == ()


def test_fresh_is_well_where_an_agent_that_leaves_forgets_its_id() -> None:
    stage = Stage(build(replace(OLD_KEPT, profile="1.9")))
    roll = stage.roll(policy=FRESH)
    rolled(stage, roll)
    clean(stage, roll)
    assert not_replaced(stage.world, roll) == []


# ---- somebody else terminates the instance first


@pytest.mark.parametrize("policy", [FRESH, KEEP], ids=["fresh", "keep"])
@pytest.mark.parametrize("shape", [KEPT, OLD_KEPT], ids=["first", "last"])
@pytest.mark.parametrize("step", ["cordon-agent", "replace-brokers", "stop-docker", "stop-agent"])
def test_of_a_node_that_is_gone_the_work_dir_comes_back_as_it_was(shape: Shape, policy: Policy, step: str) -> None:
    """Our own cordon comes back with it: the master keeps it with the id of an agent that fell silent."""
    drive = Drive(build(shape), policy)
    found: list[str] = []

    def vanish(at: float, what: What) -> None:
        if not found and isinstance(what, Done) and what.step == step:
            found.append(what.node)
            drive.world.vanish(drive.journal.progress.flights[what.node].node.instance.id)

    drive.hear = vanish
    assert drive.run() is Verdict.DONE, why(drive.journal)
    assert found or not drive.roll.manner.airtight
    clean(drive.stage, drive.roll)
    assert not_replaced(drive.world, drive.roll) == []


def test_r8_a_cordon_of_ours_that_came_back_with_a_work_dir_is_lifted() -> None:
    drive = Drive(build(KEPT), KEEP)

    def vanish(at: float, what: What) -> None:
        if what == Done(FIRST, "cordon-agent") and not drive.said("begin"):
            drive.world.vanish(drive.journal.progress.flights[FIRST].node.instance.id)

    drive.hear = vanish
    assert drive.run() is Verdict.DONE, why(drive.journal)
    assert drive.acts_of(FIRST).count("mesos.uncordon") == 1
