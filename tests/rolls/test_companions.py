"""Attachments that Terraform manages, and that its state has lost: no node comes back without its volume (R5)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dcosmaint.journal import File
from dcosmaint.lines import Acting, What
from dcosmaint.model import Policy, Verdict
from dcosmaint.sandbox.world import World, build
from dcosmaint.sandbox.world.attachments import TYPE
from dcosmaint.sandbox.world.program import Drift
from dcosmaint.steps.writer import Writer
from tests.driven import FIRST, Drive
from tests.rolls.mortal import Killed, dies_in
from tests.rolls.stage import SMALL, Stage, clean, not_replaced, rolled, shelf_in, why
from tests.steps.bench import unheard

ATTACHED = replace(SMALL, volumes="data", attachments=True)
POLICY = Policy(soak=0.0, companions=(TYPE,))
OF_FIRST = FIRST.replace("aws_instance", TYPE)


def events(world: World, *names: str) -> list[dict[str, Any]]:
    return [line for line in map(json.loads, world.log) if line["what"] in names]


def volumes(world: World) -> dict[str, str]:
    return {address: world.node(address).volume for address in world.terraform.state}


def test_each_volume_is_attached_to_the_next_instance_without_one_plan_more() -> None:
    stage = Stage(build(ATTACHED))
    before, roll = volumes(stage.world), stage.roll(policy=POLICY)
    rolled(stage, roll)
    clean(stage, roll)
    assert volumes(stage.world) == before
    assert not_replaced(stage.world, roll) == []
    assert len(events(stage.world, "plan")) == len(events(stage.world, "apply"))


def lost(world: World) -> None:
    del world.terraform.attachments.state[OF_FIRST]


def all_lost(world: World) -> None:
    world.terraform.attachments.state.clear()


@pytest.mark.trap("an attachment that Terraform's state has lost is in no plan, and nobody misses it")
@pytest.mark.parametrize("lose", [lost, all_lost])
def test_an_attachment_that_the_state_has_lost_is_made_with_its_node(lose: Callable[[World], None]) -> None:
    stage = Stage(build(ATTACHED))
    before, roll = volumes(stage.world), stage.roll(policy=POLICY)
    lose(stage.world)
    rolled(stage, roll)
    clean(stage, roll)
    assert volumes(stage.world) == before


@pytest.mark.trap("an apply that ends between an instance and its attachment leaves a new instance without its volume")
@pytest.mark.parametrize("seconds", [9.0, 12.0, 16.0, 25.0])
def test_a_terraform_that_was_killed_leaves_nobody_without_a_volume(seconds: float, quick_disk: Path) -> None:
    """Before the instance, between the two, and after both."""
    stage = Stage(build(ATTACHED))
    before, roll, shelf = volumes(stage.world), stage.roll(policy=POLICY), shelf_in(quick_disk)
    with pytest.raises(Killed):
        stage.run(stage.begin(roll, File.create(shelf.journal(roll.id))), dies_in(stage.site, "terraform", "apply"))
    stage.world.advance(stage.world.now + seconds)
    stage.world.terraform.interrupt()
    other = Stage(stage.world)
    assert other.run(other.take_over(shelf, roll.id)) is Verdict.DONE
    assert volumes(stage.world) == before
    assert stage.tally(roll).breaches == ()


def test_an_apply_that_failed_between_the_two_is_gone_on_with(quick_disk: Path) -> None:
    stage, shelf = Stage(build(ATTACHED)), shelf_in(quick_disk)
    before, roll = volumes(stage.world), stage.roll(policy=POLICY)
    stage.world.faults.apply_fails = "Error: attaching EBS Volume: RequestLimitExceeded"
    journal = stage.begin(roll, File.create(shelf.journal(roll.id)))
    assert stage.run(journal) is Verdict.STUCK
    assert volumes(stage.world) != before
    stage.world.faults.apply_fails = ""
    other = Stage(stage.world)
    assert other.run(other.take_over(shelf, roll.id)) is Verdict.DONE
    assert volumes(stage.world) == before
    assert len(events(stage.world, "launch")) == len(before)


def test_r5_what_is_to_be_made_beside_an_instance_that_is_there_is_judged_too(quick_disk: Path) -> None:
    stage, shelf = Stage(build(ATTACHED)), shelf_in(quick_disk)
    roll = stage.roll(policy=POLICY)
    stage.world.faults.apply_fails = "Error: attaching EBS Volume: RequestLimitExceeded"
    stage.run(stage.begin(roll, File.create(shelf.journal(roll.id))))
    stage.world.faults.apply_fails = ""
    stage.world.faults.unrelated = (Drift("aws_db_instance.ledger", ("update",), type="aws_db_instance"),)
    other = Stage(stage.world)
    journal = other.take_over(shelf, roll.id)
    assert other.run(journal) is Verdict.STUCK
    assert "aws_db_instance.ledger is none of our business" in why(journal)
    assert len(events(stage.world, "apply")) == 1


def test_r5_an_apply_that_was_lost_on_its_way_has_made_nothing() -> None:
    """The plan before it ended well: that is no word of the apply."""
    stage = Stage(build(ATTACHED))
    node = next(node for node in stage.survey().nodes if node.address == FIRST)
    images, acts = {node.group: stage.newest_ami}, stage.site.acts.terraform
    writer = Writer(stage.site.terraform, acts, POLICY, stage.hands.alone)
    stage.world.vanish(node.instance.id)
    minutes(stage, 2)
    stage.world.terraform.plan([FIRST], images, by="operator")
    minutes(stage, 1)
    stage.world.terraform.apply(by="operator")
    minutes(stage, 1)
    new = stage.world.node(FIRST)
    for heard in (True, False, True):
        assert not writer.complete(node, stage.newest_ami, new.id)
        writer.acts = acts if heard else unheard(stage.site.acts).terraform
        writer.turn()
        minutes(stage, 1)
    assert (new.volume, writer.complete(node, stage.newest_ami, new.id)) == ("", False)
    while not writer.complete(node, stage.newest_ami, new.id):
        writer.turn()
        minutes(stage, 1)
    assert new.volume


def minutes(stage: Stage, number: int) -> None:
    stage.world.advance(stage.world.now + 60.0 * number)


def test_a_volume_that_nothing_attaches_holds_its_node_with_what_to_do_now() -> None:
    """Nobody has named the type that attaches it."""
    drive = Drive(build(ATTACHED), replace(POLICY, companions=()))
    assert drive.run() is Verdict.STUCK
    (stopped,) = drive.journal.progress.stopped
    address = stopped.node.address
    assert stopped.stopped.startswith("apply-terraform: no progress")
    assert f"to be attached to {drive.world.node(address).id}" in stopped.stopped
    assert f"EC2 kept it of {stopped.node.instance.id}" in stopped.stopped
    assert "terraform.companions" in stopped.stopped
    assert events(drive.world, "attach") == []


def test_a_volume_that_is_not_wanted_any_more_is_accepted_by_name() -> None:
    drive = Drive(build(ATTACHED), replace(POLICY, companions=(), accepted=("differs=volumes",)))
    assert drive.run() is Verdict.DONE, why(drive.journal)
    assert sum("was not attached to i-" in line["why"] for line in drive.said("noted")) == 5


def test_a_volume_that_is_attached_by_hand_is_waited_for() -> None:
    drive = Drive(build(ATTACHED), replace(POLICY, companions=()))

    def attach(at: float, what: What) -> None:
        if isinstance(what, Acting) and what.act == "terraform.apply":
            drive.world.at(120.0, by_hand)

    def by_hand() -> None:
        for address in drive.world.terraform.state:
            if not drive.world.node(address).volume:
                drive.world.terraform.attachments.make(address.replace("aws_instance", TYPE))

    drive.hear = attach
    assert drive.run() is Verdict.DONE, why(drive.journal)
    assert all(volumes(drive.world).values())
