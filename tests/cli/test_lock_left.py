"""R9: the shared lock of a roll with nodes in flight stays whatever breaks its resume or abort off, and says so."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from dcosmaint.adapters.holder import Holder
from dcosmaint.adapters.marathon_lock import MarathonLock
from dcosmaint.adapters.shared_lock import SharedLease
from dcosmaint.cli.cluster import Claim
from dcosmaint.errors import Fatal
from dcosmaint.site import Site
from tests.cli.test_locking import Desk, desk

__all__ = ["desk"]


@pytest.mark.parametrize("command", ["resume", "abort"])
def test_r9_a_cluster_that_cant_be_reached_any_more_frees_no_lock(desk: Desk, command: str) -> None:
    roll = desk.stop()

    @contextmanager
    def unreachable(work: Path) -> Iterator[Site]:
        raise Fatal("profile (nope) could not be found")
        yield

    reachable, desk.stage.cluster = desk.stage.cluster, replace(desk.stage.cluster, connect=unreachable)
    assert desk.type(command, "--yes").exit_code == 4
    assert the_lock_is_of(desk, roll)
    desk.stage.cluster = reachable
    assert desk.type("resume", "--yes").exit_code == 0
    assert desk.lock.holder() is None


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_r9_whoever_interrupts_a_resume_before_it_goes_on_frees_no_lock(desk: Desk, number: signal.Signals) -> None:
    roll, connect = desk.stop(), desk.stage.cluster.connect

    @contextmanager
    def interrupted(work: Path) -> Iterator[Site]:
        os.kill(os.getpid(), number)
        with connect(work) as site:
            yield site

    desk.stage.cluster = replace(desk.stage.cluster, connect=interrupted)
    ended = desk.type("resume", "--yes")
    assert ended.exit_code == 130
    assert "What is in flight stays as it is; `dcosmaint resume` goes on." in ended.output
    assert the_lock_is_of(desk, roll)


class Snatched(MarathonLock):
    """Somebody presses Ctrl-C when the lock of the dead owner is gone, and before ours is there."""

    def remove(self, found: Holder) -> None:
        super().remove(found)
        raise KeyboardInterrupt


class Pressed(MarathonLock):
    """Somebody presses Ctrl-C as ours is taken, once."""

    pressed = False

    def take(self, us: Holder) -> SharedLease:
        if not Pressed.pressed:
            Pressed.pressed = True
            raise KeyboardInterrupt
        return super().take(us)


@pytest.mark.parametrize("kind", [Snatched, Pressed])
def test_r9_a_take_over_that_is_interrupted_leaves_a_lock(desk: Desk, kind: type[MarathonLock]) -> None:
    roll = desk.stop()

    @contextmanager
    def shared() -> Iterator[MarathonLock]:
        yield kind(desk.lock._router, "sandbox", pause=0.0, fresh=0.0)

    claim = Claim(roll, "", lambda: desk.stage.shelf.may_be_loose(roll), lambda holder, watched: True)
    with pytest.raises(KeyboardInterrupt), replace(desk.locks, shared=shared).hold(claim):
        raise AssertionError("it took the lock")
    assert the_lock_is_of(desk, roll)


def test_r2_a_journal_that_cant_be_read_may_have_nodes_in_flight(desk: Desk) -> None:
    roll = desk.stop()
    path = desk.stage.shelf.journal(roll)
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b'"event": "admit"', b'"event": "admix"', 1))
    assert desk.stage.shelf.may_be_loose(roll)


def test_an_interrupt_after_the_roll_has_begun_is_not_told_as_nothing(desk: Desk) -> None:
    """Nothing is in flight, and nodes have been replaced."""
    assert desk.type("roll", "--ami", desk.stage.new_ami, "--yes", "--confirm", "batch", answer="n\n").exit_code == 4
    connect = desk.stage.cluster.connect

    @contextmanager
    def interrupted(work: Path) -> Iterator[Site]:
        os.kill(os.getpid(), signal.SIGINT)
        with connect(work) as site:
            yield site

    desk.stage.cluster = replace(desk.stage.cluster, connect=interrupted)
    ended = desk.type("resume", "--yes")
    assert ended.exit_code == 130
    assert f"`dcosmaint status {desk.stage.shelf.ids()[0]}` says how far it is" in ended.output


def the_lock_is_of(desk: Desk, roll: str) -> bool:
    held = desk.lock.holder()
    return held is not None and held.roll == roll
