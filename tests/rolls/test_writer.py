"""The one Terraform writer (R5): whose apply it is, and for what a plan is made, is asked and never remembered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from dcosmaint.errors import NodeFailed
from dcosmaint.journal import File
from dcosmaint.model import Node, Placed, Policy, Verdict, Waiting
from dcosmaint.sandbox.faces import in_process
from dcosmaint.sandbox.world import build
from dcosmaint.steps.apply_terraform import ApplyTerraform
from dcosmaint.steps.slots import Slots
from dcosmaint.steps.writer import Writer
from tests.builders import NEW, a_node, a_roll
from tests.rolls.mortal import Killed, dies_in
from tests.rolls.stage import PRIVATE, SMALL, Stage, not_replaced, shelf_in
from tests.steps.bench import unheard


@pytest.mark.parametrize("seconds", [0.0, 20.0, 300.0])
def test_an_apply_that_outlived_its_roll_is_waited_for_and_told_by_the_state(seconds: float, quick_disk: Path) -> None:
    stage = Stage(build(SMALL))
    roll, shelf = stage.roll(policy=Policy(soak=20.0)), shelf_in(quick_disk)
    with pytest.raises(Killed):
        stage.run(stage.begin(roll, File.create(shelf.journal(roll.id))), dies_in(stage.site, "terraform", "apply"))
    stage.world.advance(stage.world.now + seconds)
    other = Stage(stage.world)
    quick = in_process(stage.world, slow=False, failures=0.0)  # it looks before the apply has made anything
    assert other.run(other.take_over(shelf, roll.id), quick) is Verdict.DONE
    assert not_replaced(stage.world, roll) == []
    assert stage.tally(roll).breaches == ()


def planned(stage: Stage) -> list[list[str]]:
    lines = map(json.loads, stage.world.log)
    return [
        [address.removeprefix(PRIVATE) for address in line["addresses"]] for line in lines if line["what"] == "plan"
    ]


def turns(stage: Stage, writer: Writer, number: int) -> Waiting:
    for _ in range(number):
        stage.world.advance(stage.world.now + 60.0)
        waiting = writer.turn()
    return waiting


def test_what_an_apply_has_just_created_is_not_planned_again_for_those_that_come_later() -> None:
    """Two nodes were created and have not looked yet, when a third one asks for its own instance."""
    stage = Stage(build(SMALL))
    nodes: dict[str, Node] = {node.address.removeprefix(PRIVATE): node for node in stage.survey().nodes}
    site = stage.site
    writer = Writer(site.terraform, site.acts.terraform, Policy(), stage.hands.alone)
    for key in ("[1]", "[2]", "[3]"):
        stage.world.cloud.terminate(nodes[key].instance.id)
    for key in ("[1]", "[2]"):
        writer.want(nodes[key], stage.newest_ami, seen=nodes[key].instance.id)
    turns(stage, writer, 2)
    writer.want(nodes["[3]"], stage.newest_ami, seen=nodes["[3]"].instance.id)
    turns(stage, writer, 3)
    assert planned(stage) == [["[1]", "[2]"], ["[3]"]]
    assert stage.world.node(f"{PRIVATE}[3]").ami == stage.newest_ami


def test_r5_an_apply_that_ended_before_is_not_taken_for_a_plan_that_was_lost_on_its_way() -> None:
    stage = Stage(build(SMALL))
    one, two = (node for node in stage.survey().nodes if node.address in (f"{PRIVATE}[1]", f"{PRIVATE}[2]"))
    writer = Writer(stage.site.terraform, stage.site.acts.terraform, Policy(), stage.hands.alone)
    for node in (one, two):
        stage.world.cloud.terminate(node.instance.id)
    writer.want(one, stage.newest_ami, seen=one.instance.id)
    turns(stage, writer, 3)
    writer.want(two, stage.newest_ami, seen=two.instance.id)
    writer.acts = unheard(stage.site.acts).terraform
    turns(stage, writer, 1)
    writer.acts = stage.site.acts.terraform
    turns(stage, writer, 3)
    assert planned(stage) == [["[1]"], ["[2]"]]
    assert stage.world.node(two.address).ami == stage.newest_ami


class Emptied:
    """A state from which somebody has taken every address, and what is planned for them."""

    def __init__(self) -> None:
        self.planned: list[list[str]] = []

    def placed(self) -> tuple[Placed, ...]:
        return ()

    def child(self) -> None:
        return None

    def companions(self, addresses: list[str], types: tuple[str, ...]) -> tuple[str, ...]:
        return ()

    def plan(self, addresses: list[str], companions: tuple[str, ...], images: Mapping[str, str]) -> None:
        self.planned.append(addresses)


def test_an_address_that_the_state_has_lost_is_planned_too() -> None:
    terraform: Any = Emptied()
    writer, node = Writer(terraform, terraform, Policy(), nullcontext()), a_node(1)
    running = ApplyTerraform(node, a_roll(images={node.group: NEW}), terraform, terraform, writer, terraform).run()
    assert [str(next(running)) for _ in range(2)] == ["other nodes to join the apply", "terraform"]
    assert terraform.planned == [[node.address]]


@pytest.mark.parametrize("wanted", [True, False])
def test_r5_an_address_that_has_its_instance_is_in_no_later_plan_whatever_becomes_of_it(*, wanted: bool) -> None:
    """A colleague takes it out of Terraform's state, makes its instance, and takes that out of the state, too.

    One of another AMI has failed its node, and a resume makes that anew: nobody else's apply does.
    """
    stage = Stage(build(SMALL))
    roll, site, terraform = stage.roll(), stage.site, stage.world.terraform
    one, two = (node for node in stage.survey().nodes if node.address in (f"{PRIVATE}[1]", f"{PRIVATE}[2]"))
    writer = Writer(site.terraform, site.acts.terraform, Policy(), stage.hands.alone)
    journal = stage.begin(roll)
    first, second = (
        ApplyTerraform(node, roll, site.terraform, site.ec2, writer, Slots(node.address, journal)).run()
        for node in (one, two)
    )
    for node in (one, two):
        stage.world.vanish(node.instance.id)
    stage.world.advance(stage.world.now + 120.0)
    old = taken_out(stage, one)
    next(first)
    terraform.state[one.address] = old
    terraform.plan([one.address], roll.images if wanted else {}, by="operator")
    stage.world.advance(stage.world.now + 60.0)
    terraform.apply(by="operator")
    stage.world.advance(stage.world.now + 60.0)
    with nullcontext() if wanted else pytest.raises(NodeFailed, match="somebody else applied"):
        assert list(first) == []
    taken_out(stage, one)
    assert [next(second).goal for _ in range(2)][-1] == f"terraform plan of {two.address}"


def taken_out(stage: Stage, node: Node) -> str:
    stage.world.terraform.changes += 1
    return stage.world.terraform.state.pop(node.address)
