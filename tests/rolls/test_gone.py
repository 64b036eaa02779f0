"""Somebody else terminates the instance of a node in flight. What is left of it is done, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dcosmaint.hands import VirtualHands
from dcosmaint.lines import Admitted, Done, NodeDone, Replacing, TakenOver, What
from dcosmaint.lines.line import Line
from dcosmaint.model import Verdict, Work
from dcosmaint.sandbox.world import Shape, build
from tests.driven import BARE, FIRST, Drive
from tests.rolls.stage import LEGACY, SMALL, cordoned, not_replaced, unwell

STEPS = ("cordon-agent", "replace-brokers", "move-apps", "stop-docker", "stop-agent")


def ended_elsewhere(drive: Drive, when: type[Line], step: str = "") -> list[str]:
    """The instance whose node first gets that line is terminated by an operator, behind our back."""
    found: list[str] = []

    def vanish(at: float, what: What) -> None:
        flights = drive.journal.progress.flights
        if found or not isinstance(what, when) or (isinstance(what, Done) and what.step != step):
            return
        node = what.flights[0].node if isinstance(what, Admitted) else flights[str(getattr(what, "node", ""))].node
        if node.members:
            found.append(node.address)
            drive.world.vanish(node.instance.id)

    drive.hear = vanish
    return found


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("step", STEPS)
def test_the_node_is_made_anew_and_its_brokers_are_whole_elsewhere(step: str, seed: int) -> None:
    drive = Drive(build(replace(SMALL, seed=seed)))
    found = ended_elsewhere(drive, Done, step)
    assert drive.run() is Verdict.DONE, drive.journal.progress
    (address,) = found
    assert "ec2.terminate" not in drive.acts_of(address)
    assert not_replaced(drive.world, drive.roll) == []
    assert (cordoned(drive.world), unwell(drive.world)) == ([], [])
    assert drive.stage.tally(drive.roll).breaches == ()


@pytest.mark.parametrize("when", [Admitted, Replacing])
def test_it_may_happen_before_the_cordon_and_while_a_broker_moves(when: type[Line]) -> None:
    drive = Drive(build(SMALL))
    found = ended_elsewhere(drive, when)
    assert drive.run() is Verdict.DONE, drive.journal.progress
    assert found
    assert not_replaced(drive.world, drive.roll) == []
    assert drive.stage.tally(drive.roll).breaches == ()


def test_a_drain_of_a_node_that_is_gone_ends_when_its_brokers_are_elsewhere() -> None:
    drive = Drive(build(SMALL), work=Work.DRAIN)
    ended_elsewhere(drive, Done, "cordon-agent")
    drive.run()
    assert unwell(drive.world) == []


def died_before_the_replace(shape: Shape) -> Drive:
    """Between the line and the act; and nobody can ask a broker whose instance is gone."""
    drive = Drive(build(shape))

    def die(at: float, what: What) -> None:
        if isinstance(what, Replacing) and not drive.said("taken-over"):
            drive.world.vanish(drive.journal.progress.flights[what.node].node.instance.id)
            raise KeyboardInterrupt

    drive.hear = die
    with pytest.raises(KeyboardInterrupt):
        drive.run()
    drive.world.advance(drive.world.now + 3600.0)
    return drive


def resumed(drive: Drive) -> Verdict:
    drive.hands = VirtualHands(drive.world)
    drive.journal.append(TakenOver("me@here"))
    return drive.run()


def test_a_replace_that_was_never_sent_is_sent_though_its_line_says_so() -> None:
    drive = died_before_the_replace(SMALL)
    assert resumed(drive) is Verdict.DONE, drive.journal.progress
    assert not_replaced(drive.world, drive.roll) == []
    assert drive.stage.tally(drive.roll).breaches == ()


def test_where_the_scheduler_marks_nothing_it_is_sent_when_no_offer_has_placed_the_broker_for_minutes() -> None:
    drive = died_before_the_replace(LEGACY)
    assert resumed(drive) is Verdict.DONE, drive.journal.progress
    assert not_replaced(drive.world, drive.roll) == []
    assert drive.stage.tally(drive.roll).breaches == ()


def test_a_node_that_is_gone_still_counts_with_the_brokers_that_it_had() -> None:
    drive = Drive(build(SMALL))
    ended_elsewhere(drive, Done, "cordon-agent")
    assert drive.run() is Verdict.DONE
    (begun,) = drive.said("begin")
    assert begun["node"]["members"]
    assert sum(ended.members for ended in drive.journal.progress.ended) >= 3


def test_an_instance_that_ec2_has_forgotten_is_as_gone_as_a_terminated_one() -> None:
    drive = Drive(build(BARE))

    def forget(at: float, what: What) -> None:
        if what == Done(FIRST, "cordon-agent") and not drive.said("begin"):
            drive.world.vanish(drive.world.node(FIRST).id)
            drive.world.advance(drive.world.now + 2 * 3600.0)

    drive.hear = forget
    assert drive.run() is Verdict.DONE, drive.journal.progress
    assert not_replaced(drive.world, drive.roll) == []


@pytest.mark.parametrize("work", [Work.ROLL, Work.DRAIN])
def test_a_node_that_is_gone_is_not_done_before_the_master_has_given_up_its_agent(work: Work) -> None:
    """Until then its apps look whole, and the next node might take their last instances."""
    drive = Drive(build(BARE), work=work)
    drive.roll = replace(drive.roll, targets=drive.roll.targets[:2])
    listed: list[bool] = []

    def hear(at: float, what: What) -> None:
        if what == Done(FIRST, "cordon-agent") and not drive.said("begin"):
            drive.world.vanish(drive.roll.targets[0])
        if isinstance(what, NodeDone) and what.node == FIRST:
            old = drive.world.machine(drive.roll.targets[0])
            listed.append(drive.world.ground.agents[old.agent_id].listed)

    drive.hear = hear
    drive.run()
    assert drive.said("begin")
    assert listed == [False]


def test_an_undrain_of_a_node_that_somebody_has_terminated_ends_and_says_what_makes_a_new_one() -> None:
    drive = Drive(build(SMALL), work=Work.UNDRAIN)

    def vanish(at: float, what: What) -> None:
        if isinstance(what, Admitted):
            drive.world.vanish(drive.world.node(FIRST).id)

    drive.hear = vanish
    assert drive.run() is Verdict.DONE
    (noted,) = drive.said("noted")
    assert "nothing is left to bring back. A plain `terraform apply` makes a node" in noted["why"]
