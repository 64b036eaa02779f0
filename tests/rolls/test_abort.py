"""An abort goes to its clean end whatever was in flight, and takes its edit of Terraform back last of all."""

from __future__ import annotations

from dcosmaint.hands import VirtualHands
from dcosmaint.lines import Aborting, Done, TakenOver, What
from dcosmaint.model import Verdict
from dcosmaint.sandbox.world import build
from tests.driven import BARE, FIRST, Drive
from tests.rolls.stage import SMALL, cordoned, not_replaced, unwell


def killed_in(drive: Drive, step: str) -> None:
    """The first process dies when the first node has done that step."""

    def die(at: float, what: What) -> None:
        if isinstance(what, Done) and what.step == step:
            raise KeyboardInterrupt

    drive.hear = die
    try:
        drive.run()
    except KeyboardInterrupt:
        drive.hear = lambda at, what: None
        drive.hands = VirtualHands(drive.world)


def test_terraform_is_taken_back_when_no_node_needs_the_new_ami_any_more() -> None:
    drive = Drive(build(BARE))
    named = dict(drive.world.terraform.images)
    killed_in(drive, "stop-agent")
    drive.journal.append(Aborting("me@here", revert=True))
    drive.run()
    swaps = [line["at"] for line in drive.said("acting") if line["act"] == "terraform.swap"]
    (ended,) = drive.said("node-done")
    assert (ended["node"], len(swaps)) == (FIRST, 2)
    assert swaps[-1] >= ended["at"]
    assert drive.world.terraform.images == named


def test_a_roll_may_go_on_after_an_abort_that_took_its_edit_back() -> None:
    drive = Drive(build(SMALL))
    killed_in(drive, "cordon-agent")
    drive.journal.append(Aborting("me@here", revert=True))
    assert drive.run() is Verdict.STUCK
    assert (cordoned(drive.world), unwell(drive.world)) == ([], [])
    drive.journal.append(TakenOver("me@here"))
    assert drive.run() is Verdict.DONE
    assert not_replaced(drive.world, drive.roll) == []
    assert drive.world.terraform.images == drive.roll.images
