"""R9: whose lock it is, told by the process that took it: one that lives here is not robbed, one that ended is said."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from dcosmaint.adapters.holder import Holder
from dcosmaint.adapters.processes import Process
from dcosmaint.cli import owners
from dcosmaint.cli.cluster import who
from dcosmaint.errors import Locked
from tests.cli.test_locking import BOB, Desk, desk

__all__ = ["desk"]


@contextmanager
def sleeping() -> Iterator[Holder]:
    """A process of this machine, as it would stand in a lock."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield replace(BOB, by=who(), pid=process.pid, born=Process.now(process.pid).born)
        process.kill()


def dead() -> Holder:
    with sleeping() as holder:
        pass
    return holder


def at_home(desk: Desk) -> Desk:
    """As in a configuration: locks and journals are in one folder."""
    locks = replace(desk.locks, folder=desk.stage.shelf.journal("x").parent)
    stage = desk.stage
    stage.cluster = replace(stage.cluster, lock=locks.hold, holder=locks.said, free=locks.free)
    return replace(desk, locks=locks)


@pytest.mark.parametrize("words", [("unlock", "--owner", who()), ("unlock",)])
def test_r9_the_lock_of_a_process_that_lives_here_is_not_taken_away(desk: Desk, words: tuple[str, ...]) -> None:
    """Its own local lock is in another folder, say."""
    with sleeping() as holder:
        desk.lock.take(holder)
        ended = desk.type(*words, answer=f"{who()}\n")
        assert ended.exit_code == 5
        assert "is at work on this machine, so its lock is not taken away. Nothing was touched." in ended.output
        assert desk.lock.holder() == holder
    assert desk.type(*words, answer=f"{who()}\n").exit_code == 0
    assert desk.lock.holder() is None


def test_r9_a_resume_takes_nothing_over_from_a_process_that_lives_here(desk: Desk) -> None:
    roll = desk.stop()
    with sleeping() as holder:
        desk.taken_over(replace(holder, roll=roll))
        assert desk.type("resume", "--yes").exit_code == 5
        assert desk.lock.holder() == replace(holder, roll=roll)
    assert desk.type("resume", "--yes").exit_code == 0


def test_a_lock_that_a_killed_question_left_is_told_with_what_helps(desk: Desk) -> None:
    """Nobody has to wait for that process, and its roll has no journal to resume."""
    desk.lock.take(dead())
    ended = desk.roll()
    assert ended.exit_code == 5
    assert "that process ran on this machine, and has ended. Nothing was touched." in ended.output
    assert "No journal here tells of anything that its roll has left: `dcosmaint unlock`" in ended.output
    assert "takes away the lock that it left" in desk.type("resume", BOB.roll).output
    assert "Wait for it to end" not in ended.output
    assert "its lock behind: `dcosmaint unlock` takes it away" in desk.type("status").output


def test_a_lock_that_a_killed_roll_left_is_told_with_its_resume(desk: Desk) -> None:
    desk = at_home(desk)
    roll = desk.stop()
    journal = desk.stage.shelf.journal(roll)
    desk.taken_over(replace(dead(), roll=roll))
    ended = desk.roll()
    assert ended.exit_code == 5
    assert f"`dcosmaint resume {roll}` goes on with that roll, `dcosmaint abort {roll}` ends it" in ended.output
    assert "left its lock behind: `dcosmaint resume` takes it over" in desk.type("status").output
    whole = journal.read_text()
    journal.write_text("no line of ours\n" + whole)
    assert f"`dcosmaint status {roll}` says why" in desk.roll().output
    assert "takes it" not in desk.type("status").output
    journal.write_text(whole)
    journal.write_text(journal.read_text() + json.dumps({"at": 1e9, "event": "roll-aborted", "by": "ann"}) + "\n")
    assert "`dcosmaint unlock` takes the lock away" in desk.roll().output


def test_another_machine_of_the_same_name_tells_nothing() -> None:
    """Nor does a process of before the last start: its boot has another name."""
    there = Holder(f"ann@{socket.gethostname()}", 1, "r1", 0.0, born="another-boot/17")
    assert not owners.ended(there)
    owners.unharmed(there)
    assert not owners.ended(replace(dead(), by="ann@desk"))


def test_a_process_that_an_earlier_version_named_is_looked_for_by_its_number() -> None:
    assert owners.ended(replace(dead(), born=""))
    with sleeping() as holder:
        assert not owners.ended(replace(holder, born=""))
        assert not owners.ended(holder)
        with pytest.raises(Locked):
            owners.unharmed(holder)


def test_the_lock_says_when_its_process_was_born(desk: Desk) -> None:
    us = Holder(who(), os.getpid(), "r1", 1.0, Process.now(os.getpid()).born)
    desk.lock.take(us)
    held = desk.lock.holder()
    assert held
    assert (held.born, us.is_same(held)) == (us.born, True)
