"""Cordons that steer what moves, and that are all lifted (R8)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest

from dcosmaint.cordons import Cordons
from dcosmaint.errors import Fatal, LeaseUnread, Retryable
from dcosmaint.journal import Journal, Memory, logged_acts
from dcosmaint.lines import Cordoned, RollBegun, TakenOver, What
from dcosmaint.model import DEACTIVATION, Verdict, Waits
from dcosmaint.sandbox.world import build
from tests.driven import BARE, QUICK, Drive
from tests.rolls.stage import PRIVATE, SMALL, WIDE, Free, Stage, cordoned


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


def test_r8_a_cordon_that_can_never_be_lifted_ends_the_process_and_is_left_to_a_resume() -> None:
    drive = Drive(build(BARE), replace(QUICK, waits=Waits(stalled=1200.0)))
    last, mesos, mute = drive.world.node(f"{PRIVATE}[4]"), drive.site.acts.mesos, ["mute"]
    drive.roll = replace(drive.roll, targets=tuple(t for t in drive.roll.targets if t != last.id))
    drive.begin().append(Cordoned(last.agent_id))
    mesos.cordon(last.agent_id, DEACTIVATION)

    class Mute:
        """Mesos, which does not answer to whoever uncordons."""

        def __getattr__(self, name: str) -> Any:
            if mute and name == "uncordon":
                raise Retryable("mesos did not answer in time")
            return getattr(mesos, name)

    drive.site = replace(drive.site, acts=replace(drive.site.acts, mesos=cast(Any, Mute())))
    with pytest.raises(Fatal, match=r"can't be uncordoned in 1200 s: mesos did not answer in time\. Nothing is placed"):
        drive.run()
    assert list(drive.journal.progress.steered) == [last.agent_id]
    assert drive.journal.progress.flights == {}
    mute.clear()
    drive.journal.append(TakenOver("me@here"))
    assert drive.run() is Verdict.DONE
    assert list(drive.journal.progress.steered) == []
    assert cordoned(drive.world) == []


class Unread(Free):
    """A lock that can't be read for so many acts."""

    left = 1

    def confirm(self) -> None:
        self.left -= 1
        if self.left >= 0:
            raise LeaseUnread("the lock can't be read")


def test_r8_nothing_is_taken_for_lifted_while_only_the_lock_cant_be_read() -> None:
    stage, gone = Stage(build(SMALL)), "gone-S9"
    warnings: list[str] = []
    journal = Journal(Memory(), Unread(), stage.hands.now)
    journal.append(RollBegun(stage.roll()))
    journal.append(Cordoned(gone))
    cordons = Cordons(journal, logged_acts(stage.site.acts, journal).mesos, stage.hands.now, warnings.append)
    cordons.steer((), stage.survey())
    assert list(journal.progress.steered) == [gone]
    cordons.steer((), stage.survey())
    assert list(journal.progress.steered) == []
    assert warnings == ["the lock can't be read: it is tried again"]


def test_whoever_is_steered_is_called_by_its_node_or_where_it_is_none_of_ours_by_its_ip() -> None:
    stage = Stage(build(SMALL))
    journal = Journal(Memory(), Free(), stage.hands.now)
    journal.append(RollBegun(stage.roll()))
    cordons = Cordons(journal, logged_acts(stage.site.acts, journal).mesos, stage.hands.now, lambda why: None)
    inventory = stage.survey()
    node, stranger = inventory.nodes[0], inventory.nodes[1]
    cordons.steer((node.agent_id, stranger.agent_id), replace(inventory, nodes=(node,)))
    assert journal.progress.called(node.agent_id) == f"{node.address} (agent {node.agent_id})"
    assert journal.progress.called(stranger.agent_id) == f"{stranger.private_ip} (agent {stranger.agent_id})"
    assert journal.progress.called("agent-9") == "agent agent-9"


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
