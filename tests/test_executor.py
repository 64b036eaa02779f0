"""The loop: who starts, what a look's outcome becomes, what the operator says, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from dcosmaint.admission import Door
from dcosmaint.errors import Fatal, Interrupted, LeaseLost
from dcosmaint.executor import Executor
from dcosmaint.hands import Result, Signal, VirtualHands
from dcosmaint.journal import Journal, Memory
from dcosmaint.lines import Done, NodeDone, RollBegun, TakenOver, What
from dcosmaint.model import Admission, Agents, Inventory, Policy, Progress, Roll, Verdict, Waits, Work
from dcosmaint.planner import admit
from dcosmaint.ports import MesosReads
from dcosmaint.reporter import Event, Narrator, Reporter
from dcosmaint.sandbox.faces import in_process
from dcosmaint.sandbox.world import AppShape, World, build
from dcosmaint.site import Site
from tests.rolls.stage import PRIVATE, SMALL, WIDE, Free, Stage, cordoned, not_replaced, unwell

FIRST = f"{PRIVATE}[0]"
BARE = replace(SMALL, services=(), apps=(AppShape("/web", 3),))
QUICK = Policy(soak=0.0)


class Heard(Reporter):
    def __init__(self) -> None:
        self.events: list[Event] = []

    def say(self, event: Event) -> None:
        self.events.append(event)

    def named(self, name: str) -> list[Event]:
        return [event for event in self.events if event.event == name]


@dataclass
class Drive:
    """One process on one roll, with what it said and wrote."""

    world: World
    policy: Policy = QUICK
    work: Work = Work.ROLL
    heard: Heard = field(default_factory=Heard)
    lines: Memory = field(default_factory=Memory)
    hear: Callable[[float, What], None] = lambda at, what: None

    def __post_init__(self) -> None:
        self.stage = Stage(self.world)
        self.site: Site = in_process(self.world, failures=0.0)
        self.roll: Roll = self.stage.roll(self.work, policy=self.policy)
        self.hands = VirtualHands(self.world)

    def begin(self) -> Journal:
        self.journal = Journal(self.lines, Free(), lambda: self.hands.now())
        self.journal.append(RollBegun(self.roll))
        return self.journal

    def run(self, admitting: Callable[[Roll, Inventory, Progress], Admission] = admit) -> Verdict:
        journal = self.begin() if not self.lines.lines else self.journal
        narrator = Narrator(journal, self.heard)

        def hear(at: float, what: What) -> None:
            narrator(at, what)
            self.hear(at, what)

        journal.heard = hear
        door = Door(journal, self.site, self.hands, self.heard, admitting)
        return Executor(journal, self.site, self.hands, self.heard, door).run()

    def said(self, *events: str) -> list[dict[str, Any]]:
        return [line for line in map(json.loads, self.lines.lines) if line["event"] in events]

    def acts_of(self, node: str) -> list[str]:
        return [line["act"] for line in self.said("acting") if line["node"] == node]


# ---- how it goes on and ends


def test_a_roll_that_is_done_says_so_last() -> None:
    drive = Drive(build(BARE))
    assert drive.run() is Verdict.DONE
    assert [line["event"] for line in map(json.loads, drive.lines.lines)][-1] == "roll-done"
    assert len(drive.said("node-done")) == 5
    assert drive.journal.progress.over == "roll-done"


def test_nothing_to_do_is_done_at_once() -> None:
    drive = Drive(build(BARE))
    drive.roll = replace(drive.roll, targets=(), images={})
    assert drive.run() is Verdict.DONE
    assert [line["event"] for line in map(json.loads, drive.lines.lines)] == ["roll", "roll-done"]


def test_a_roll_that_stops_says_why_last() -> None:
    drive = Drive(build(BARE))
    drive.world.faults.never_register.add(FIRST)
    assert drive.run() is Verdict.STUCK
    (line,) = drive.said("roll-stopped")
    assert line["why"] == f"{FIRST} did not end well"


def test_the_steps_of_a_node_are_journalled_in_their_order() -> None:
    drive = Drive(build(BARE))
    drive.run()
    done = [line["step"] for line in drive.said("done") if line["node"] == FIRST]
    assert done == [
        "cordon-agent",
        "replace-brokers",
        "stop-docker",
        "stop-agent",
        "terminate-instance",
        "apply-terraform",
        "await-agent",
        "verify-agent",
    ]


def test_another_process_begins_where_the_journal_stands() -> None:
    """What is done is not done again, and what is not is begun anew."""
    drive = Drive(build(BARE))
    first: list[What] = []

    def stop(at: float, what: What) -> None:
        if what == Done(FIRST, "terminate-instance"):
            first.append(what)
            raise KeyboardInterrupt

    drive.hear = stop
    with pytest.raises(KeyboardInterrupt):
        drive.run()
    drive.hear = lambda at, what: None
    drive.journal.append(TakenOver("somebody@else"))
    assert drive.run() is Verdict.DONE
    done = [line["step"] for line in drive.said("done") if line["node"] == FIRST]
    assert sorted(done) == sorted(set(done))


# ---- what becomes of a look


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
    broken: MesosReads = replace(drive.site, mesos=Broken()).mesos  # type: ignore[arg-type]
    drive.site = replace(drive.site, mesos=broken)
    with pytest.raises(ZeroDivisionError):
        drive.run()


# ---- surveys


def test_r2_nobody_starts_while_the_cluster_cant_be_surveyed_and_flights_go_on() -> None:
    """Marathon is asked by every survey, and by none of the first steps."""
    drive = Drive(build(BARE))
    steps: list[str] = []

    def mute(at: float, what: What) -> None:
        if what == Done(FIRST, "cordon-agent"):
            drive.world.faults.api["marathon"] = 30
        if isinstance(what, Done) and drive.world.faults.api.get("marathon"):
            steps.append(what.step)

    drive.hear = mute
    assert drive.run() is Verdict.DONE
    assert "stop-docker" in steps
    warnings = [str(event.fields["why"]) for event in drive.heard.named("warning")]
    assert "nobody starts while the cluster can't be surveyed: marathon did not answer in time" in warnings


def test_a_cluster_that_cant_be_surveyed_for_longer_than_anybody_should_wait_ends_the_process() -> None:
    drive = Drive(build(BARE), replace(QUICK, waits=Waits(stalled=1200.0)))
    drive.begin()
    drive.world.faults.api["marathon"] = 10**6
    with pytest.raises(Fatal, match="can't be surveyed: marathon did not answer in time"):
        drive.run()
    assert drive.said("admit") == []


def test_the_planner_is_asked_about_a_survey_that_is_not_older_than_the_last_change() -> None:
    drive, asked = Drive(build(SMALL), replace(QUICK, strategy="window")), []

    def watching(roll: Roll, inventory: Inventory, progress: Progress) -> Admission:
        asked.append(inventory.at - progress.at)
        return admit(roll, inventory, progress)

    assert drive.run(watching) is Verdict.DONE
    assert min(asked) >= 0.0
    assert len(asked) > 10


# ---- what the operator says


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
    assert (cordoned(drive.world), unwell(drive.world)) == ([], [])


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


# ---- the lease


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


# ---- steering


def steered(drive: Drive) -> list[tuple[str, str]]:
    return [(line["event"], line["agent_id"]) for line in drive.said("cordoned", "uncordoned")]


def test_r8_steering_cordons_are_written_before_they_stand_and_are_all_lifted() -> None:
    drive = Drive(build(replace(WIDE, nodes=9)), replace(QUICK, strategy="window"))
    early: list[str] = []

    def check(at: float, what: What) -> None:
        agents = drive.world.ground.agents
        if what.event == "cordoned" and agents[what.agent_id].deactivated:
            early.append(what.agent_id)
        if what.event == "uncordoned" and agents[what.agent_id].deactivated and agents[what.agent_id].listed:
            early.append(what.agent_id)

    drive.hear = check
    assert drive.run() is Verdict.DONE
    assert early == []
    assert len(steered(drive)) > 0
    assert drive.journal.progress.steered == ()
    assert cordoned(drive.world) == []


def test_r8_a_cordon_that_is_not_wanted_any_more_is_lifted_by_whoever_takes_over() -> None:
    drive = Drive(build(replace(WIDE, nodes=9)))

    def leave(at: float, what: What) -> None:
        if what.event == "cordoned":
            raise KeyboardInterrupt

    drive.hear = leave
    with pytest.raises(KeyboardInterrupt):
        drive.run()
    assert drive.journal.progress.steered
    drive.hear = lambda at, what: None
    drive.journal.append(TakenOver("somebody@else"))
    assert drive.run() is Verdict.DONE
    assert drive.journal.progress.steered == ()
    assert cordoned(drive.world) == []


def test_r8_a_cordon_of_somebody_else_is_never_lifted() -> None:
    drive = Drive(build(replace(WIDE, nodes=9)))
    other = drive.world.node(f"{PRIVATE}[8]").agent_id
    drive.world.master.deactivate(other, by="operator")
    drive.roll = replace(
        drive.roll, targets=tuple(t for t in drive.roll.targets if drive.world.machine(t).agent_id != other)
    )
    assert drive.run() is Verdict.DONE
    assert drive.world.ground.agents[other].deactivated
    assert other not in {agent for _, agent in steered(drive)}


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
