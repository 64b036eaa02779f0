"""What becomes of a look: progress, patience, failures, new beginnings."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from typing import Any, cast

import pytest

from dcosmaint.errors import LoginLost
from dcosmaint.hands import Result, Signal, VirtualHands
from dcosmaint.lines import Done, NodeDone, TakenOver, What
from dcosmaint.model import Agents, Verdict, Waits
from dcosmaint.sandbox.faces import in_process
from dcosmaint.sandbox.world import World, build
from tests.driven import BARE, FIRST, QUICK, Drive
from tests.rolls.stage import SMALL, not_replaced


def test_a_node_without_progress_is_held_and_never_pushed_on() -> None:
    drive = Drive(build(BARE), replace(QUICK, waits=Waits(register=300.0)))
    drive.world.faults.never_register.add(FIRST)
    assert drive.run() is Verdict.STUCK
    (held,) = drive.said("held")
    assert (held["node"], held["step"]) == (FIRST, "await-agent")
    assert held["why"].startswith("no progress in 300 s: an agent on ")
    after = [line for line in map(json.loads, drive.lines.lines) if line["at"] > held["at"]]
    assert [line for line in after if line["event"] == "acting"] == []
    assert drive.journal.progress.flights[FIRST].stopped.startswith("await-agent: no progress")


def test_what_a_node_waits_for_is_said_once() -> None:
    drive = Drive(build(SMALL))
    assert drive.run() is Verdict.DONE
    said = [
        (event.node, event.step, event.fields["goal"], event.fields["left"]) for event in drive.heard.named("waiting")
    ]
    assert len(said) > 20
    assert [again for again, after in pairwise(said) if again == after] == []


def test_a_held_node_keeps_its_slots() -> None:
    drive = Drive(build(SMALL), replace(QUICK, canary=0, waits=Waits(place=60.0)))

    def nowhere(at: float, what: What) -> None:
        if isinstance(what, Done) and what.step == "cordon-agent" and drive.journal.progress.held:
            for agent in drive.world.ground.listed:
                agent.deactivated = True
            drive.world.master.changes += 1

    drive.hear = nowhere
    assert drive.run() is Verdict.STUCK
    (flight,) = drive.journal.progress.stopped
    assert flight.holds
    assert "to be placed on another agent" in flight.stopped


class Sleepy(VirtualHands):
    """A laptop whose lid is closed once, at a moment, for hours."""

    def __init__(self, world: World, moment: float, hours: float) -> None:
        super().__init__(world)
        self._world, self._moment, self._asleep = world, moment, hours * 3600.0

    def next(self, until: float) -> Result | Signal | None:
        item = super().next(until)
        if self._asleep and self.now() > self._moment:
            self._world.advance(self.now() + self._asleep)
            self._asleep = 0.0
        return item


def test_after_a_laptops_sleep_nobody_is_late() -> None:
    """The new node waits for its agent, the lid is closed for hours, and the agent comes a while after it is opened."""
    drive = Drive(build(BARE), replace(QUICK, waits=Waits(register=900.0)))
    world = drive.world
    world.faults.never_register.add(FIRST)

    def mend(world: World) -> None:
        world.faults.never_register.clear()
        world.systemd.reboot(world.node(FIRST))

    drive.hands = Sleepy(world, world.now + 450.0, hours=5)
    world.at(450.0 + 5 * 3600.0 + 600.0, lambda: mend(world))
    assert drive.run() is Verdict.DONE
    assert drive.said("held") == []


def test_a_node_that_failed_is_told_with_its_step_and_reason() -> None:
    drive = Drive(build(BARE))
    drive.world.faults.attributes[FIRST] = {"tier": "gpu"}
    assert drive.run() is Verdict.STUCK
    (failed,) = drive.said("failed")
    assert (failed["node"], failed["step"]) == (FIRST, "verify-agent")
    assert "attribute tier: gpu instead of worker" in failed["why"]


def test_what_is_fatal_pauses_the_roll_and_what_is_in_flight_ends() -> None:
    """The apply of one fails; the other one is already behind its own."""
    drive = Drive(build(BARE), replace(QUICK, strategy="window", canary=0, max_in_flight=2, max_failures=9))

    def fail(at: float, what: What) -> None:
        if isinstance(what, NodeDone) and not drive.world.faults.apply_fails:
            drive.world.faults.apply_fails = "Error: InsufficientInstanceCapacity"

    drive.hear = fail
    assert drive.run() is Verdict.STUCK
    assert "InsufficientInstanceCapacity" in drive.journal.progress.paused
    paused = next(line["at"] for line in drive.said("paused"))
    assert [line for line in drive.said("admit") if line["at"] > paused] == []


@pytest.mark.parametrize("asks", ["instances", "in_full"], ids=["a step", "the survey"])
def test_a_login_that_ran_out_is_said_once_and_leaves_all_in_flight_to_a_resume(asks: str) -> None:
    policy = replace(QUICK, canary=0, strategy="window", max_in_flight=2)
    drive, expired = Drive(build(BARE), policy), []
    drive.hear = lambda at, what: expired.append(what) if what == Done(FIRST, "stop-docker") else None
    ec2 = drive.site.ec2

    class Login:
        """EC2, which asks for another login of the steps, or of surveys."""

        def __getattr__(self, name: str) -> Any:
            if expired and name == asks:
                raise LoginLost("AWS does not take these credentials: log in again")
            return getattr(ec2, name)

    drive.site = replace(drive.site, ec2=cast(Any, Login()))
    with pytest.raises(LoginLost, match="log in again"):
        drive.run()
    assert len(drive.journal.progress.flights) == 2
    assert drive.said("failed", "held", "paused") == []
    expired.clear()
    drive.hear = lambda at, what: None
    drive.hands = VirtualHands(drive.world)
    drive.journal.append(TakenOver("me@here"))
    assert drive.run() is Verdict.DONE
    assert drive.stage.tally(drive.roll).breaches == ()


def test_r15_a_node_that_came_back_begins_again_with_what_is_there_now() -> None:
    drive = Drive(build(BARE))

    def revive(at: float, what: What) -> None:
        if what == Done(FIRST, "stop-agent") and not drive.said("begin"):
            drive.world.systemd.release_agent(drive.world.node(FIRST), by="operator")
            drive.world.advance(drive.world.now + 30.0)

    drive.hear = revive
    assert drive.run() is Verdict.DONE
    (begun,) = drive.said("begin")
    assert "came back at" in begun["why"]
    assert [line["step"] for line in drive.said("done") if line["node"] == FIRST].count("cordon-agent") == 2
    drive.world.advance(drive.world.now + 3600.0)
    assert not_replaced(drive.world, drive.roll) == []
    assert drive.stage.tally(drive.roll).breaches == ()


class Broken:
    """A port with a bug in it."""

    def agents(self) -> Agents:
        raise ZeroDivisionError("a bug")


def test_a_bug_leaves_at_once_and_blames_no_node() -> None:
    drive = Drive(build(BARE))

    def damage(at: float, what: What) -> None:
        if what == Done(FIRST, "cordon-agent"):
            raise ZeroDivisionError("a bug")

    drive.hear = damage
    with pytest.raises(ZeroDivisionError):
        drive.run()
    assert drive.said("failed", "held", "roll-stopped") == []


def test_a_bug_in_a_port_is_no_answer_that_is_asked_for_again() -> None:
    drive = Drive(build(BARE))
    drive.site = replace(drive.site, mesos=Broken())  # type: ignore[arg-type]  # the other calls are never reached
    with pytest.raises(ZeroDivisionError):
        drive.run()


def test_a_look_that_fails_is_taken_again_from_the_top_of_its_step() -> None:
    """The road that a resume takes is walked all day."""
    drive = Drive(build(SMALL))
    drive.site = in_process(drive.world, seed=3, failures=0.05)
    assert drive.run() is Verdict.DONE
    assert any(event.fields.get("goal") == "an answer" for event in drive.heard.named("waiting"))
    drive.world.advance(drive.world.now + 3600.0)
    assert drive.stage.tally(drive.roll).breaches == ()


def test_an_unanswered_start_over_is_asked_for_again() -> None:
    """The survey behind a new beginning may fail as any other does."""
    drive = Drive(build(BARE))

    def revive(at: float, what: What) -> None:
        if what == Done(FIRST, "stop-agent") and not drive.said("begin"):
            drive.world.systemd.release_agent(drive.world.node(FIRST), by="operator")
            drive.world.advance(drive.world.now + 30.0)
            drive.world.faults.api["marathon"] = 4

    drive.hear = revive
    assert drive.run() is Verdict.DONE
    assert len(drive.said("begin")) == 1
