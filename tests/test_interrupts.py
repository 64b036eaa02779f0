"""What the operator says while a roll goes on, and a lease that is lost (R9)."""

from __future__ import annotations

import pytest

from dcosmaint.errors import Interrupted, LeaseLost, LeaseUnread
from dcosmaint.hands import Result, Signal, VirtualHands
from dcosmaint.journal import Journal
from dcosmaint.lines import Admitted, Done, RollBegun, TakenOver, What
from dcosmaint.model import Verdict
from dcosmaint.sandbox.world import Shape, World, build
from tests.driven import BARE, FIRST, Drive
from tests.rolls.stage import SMALL, Free, cordoned, not_replaced, unwell


class Told(VirtualHands):
    """Somebody presses Ctrl-C once it has worked for a while."""

    def __init__(self, world: World, after: int, *signals: Signal) -> None:
        super().__init__(world)
        self._after, self._signals = after, list(signals)

    def next(self, until: float) -> Result | Signal | None:
        self._after -= 1
        if self._after < 0 and self._signals:
            return self._signals.pop(0)
        return super().next(until)


@pytest.mark.parametrize("after", [10, 60, 150])
def test_after_the_first_ctrl_c_nobody_starts_and_what_is_in_flight_ends(after: int) -> None:
    drive = Drive(build(SMALL))
    drive.hands = Told(drive.world, after, Signal.STOP)
    assert drive.run() is Verdict.STUCK
    (paused,) = drive.said("paused")
    assert paused["why"] == "the operator stopped the roll"
    assert [line for line in drive.said("admit") if line["at"] > paused["at"]] == []
    assert drive.journal.progress.flights == {}
    assert drive.said("roll-stopped")[0]["why"] == "the operator stopped the roll"
    assert [event.fields["why"] for event in drive.heard.named("warning")] == [paused["why"]], "once, as it was heard"
    assert (cordoned(drive.world), unwell(drive.world)) == ([], [])


class Prompt(VirtualHands):
    """Ctrl-C is heard as soon as somebody has said so."""

    pressed = False

    def next(self, until: float) -> Result | Signal | None:
        pressed, self.pressed = self.pressed, False
        return Signal.STOP if pressed else super().next(until)


@pytest.mark.parametrize("shape", [SMALL, BARE], ids=["with brokers", "without"])
def test_a_node_that_was_only_cordoned_is_let_go_at_once_and_has_its_turn_again_later(shape: Shape) -> None:
    drive = Drive(build(shape))
    hands = drive.hands = Prompt(drive.world)

    def press(at: float, what: What) -> None:
        hands.pressed |= isinstance(what, Admitted) and len(drive.said("admit")) == 3

    drive.hear = press
    assert drive.run() is Verdict.STUCK
    (released,) = drive.said("released")
    assert drive.acts_of(released["node"]) == ["mesos.cordon"]
    assert (cordoned(drive.world), drive.journal.progress.flights) == ([], {})
    drive.journal.append(TakenOver("me@here"))
    assert drive.run() is Verdict.DONE
    assert not_replaced(drive.world, drive.roll) == []
    assert drive.stage.tally(drive.roll).breaches == ()


def test_a_node_whose_docker_was_stopped_is_not_let_go_even_when_it_begins_again() -> None:
    """Its agent came back over a docker that is stopped: only the end of its pipeline is a clean end."""
    drive = Drive(build(BARE))
    hands = drive.hands = Prompt(drive.world)

    def revive(at: float, what: What) -> None:
        if what == Done(FIRST, "stop-agent") and not drive.said("begin"):
            drive.world.systemd.release_agent(drive.world.node(FIRST), by="operator")
            drive.world.advance(drive.world.now + 30.0)
            hands.pressed = True

    drive.hear = revive
    assert drive.run() is Verdict.STUCK
    assert [line["node"]["address"] for line in drive.said("begin")] == [FIRST]
    assert drive.said("released") == []
    assert [ended.address for ended in drive.journal.progress.ended] == [FIRST]


def test_the_second_ctrl_c_leaves_at_once_and_what_is_in_flight_stays_so() -> None:
    drive = Drive(build(SMALL))
    drive.hands = Told(drive.world, 60, Signal.STOP, Signal.LEAVE)
    with pytest.raises(Interrupted, match="`dcosmaint resume` goes on"):
        drive.run()
    assert list(drive.journal.progress.flights)
    assert drive.said("roll-stopped", "roll-done") == []


def test_a_roll_that_was_left_is_ended_by_the_next_process() -> None:
    drive = Drive(build(SMALL))
    drive.hands = Told(drive.world, 60, Signal.LEAVE)
    with pytest.raises(Interrupted):
        drive.run()
    drive.hands = VirtualHands(drive.world)
    drive.journal.append(TakenOver("somebody@else"))
    assert drive.run() is Verdict.DONE
    assert not_replaced(drive.world, drive.roll) == []


class Expiring(Free):
    """A lock that somebody else takes after so many lines."""

    def __init__(self, lines: int) -> None:
        self._left = lines

    def check(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise LeaseLost("the lock is somebody else's now")


@pytest.mark.parametrize("lines", [3, 8, 15, 30])
def test_r9_without_the_lease_nothing_is_done_any_more(lines: int) -> None:
    drive = Drive(build(SMALL))
    drive.begin()
    drive.journal = Journal(drive.lines, Expiring(lines), drive.hands.now)
    drive.journal.append(RollBegun(drive.roll))
    with pytest.raises(LeaseLost):
        drive.run()
    tools = [line for line in drive.world.log if '"by":"tool"' in line]
    assert len(tools) <= len(drive.said("acting"))


class Unreadable(Free):
    """A lock that nobody can read at every third act."""

    reads = 0

    def confirm(self) -> None:
        self.reads += 1
        if self.reads % 3 == 0:
            raise LeaseUnread("the lock can't be read")


def test_r9_a_lock_that_cant_be_read_now_and_then_delays_a_roll_and_nothing_else() -> None:
    drive, lease = Drive(build(SMALL)), Unreadable()
    drive.begin()
    drive.lines.lines.clear()
    drive.journal = Journal(drive.lines, lease, drive.hands.now)
    drive.journal.append(RollBegun(drive.roll))
    assert drive.run() is Verdict.DONE
    assert lease.reads > 30
    assert not_replaced(drive.world, drive.roll) == []
    assert drive.stage.tally(drive.roll).breaches == ()
    assert (cordoned(drive.world), unwell(drive.world)) == ([], [])


class Away(Free):
    """A lock whose keeper gives no answer for a while."""

    away = False
    reads = 0

    def confirm(self) -> None:
        if self.away:
            self.reads += 1
            raise LeaseUnread("the lock can't be read")


def test_r9_a_lock_that_cant_be_read_leaves_no_line_of_a_replace_that_is_not_sent() -> None:
    """A resume would take such a line for a replace that may have arrived."""
    drive, lease = Drive(build(SMALL)), Away()
    back: list[float] = []

    def answer() -> None:
        lease.away = False
        back.append(drive.world.now)

    def hide(at: float, what: What) -> None:
        cordoned = isinstance(what, Done) and what.step == "cordon-agent" and what.node
        if cordoned and drive.journal.progress.flights[cordoned].node.members and not back and not lease.away:
            lease.away = True
            drive.world.at(600.0, answer)

    drive.begin()
    drive.lines.lines.clear()
    drive.journal = Journal(drive.lines, lease, drive.hands.now)
    drive.journal.append(RollBegun(drive.roll))
    drive.hear = hide
    assert drive.run() is Verdict.DONE
    assert lease.reads > 5
    assert min(line["at"] for line in drive.said("replacing")) >= back[0]
    assert drive.stage.tally(drive.roll).breaches == ()
