"""What goes on beside the steps, and ends."""

from __future__ import annotations

from itertools import count
from threading import Event

from dcosmaint.adapters.follower import Follower
from dcosmaint.errors import Retryable


def test_it_goes_on_until_it_is_told_to_end() -> None:
    rounds, third = count(), Event()

    def work() -> bool:
        if next(rounds) == 2:
            third.set()
        return True

    follower = Follower(work, "full-S1")
    assert third.wait(10.0)
    assert follower.alive()
    follower.end()
    assert not follower.alive()


def test_r9_it_does_nothing_more_once_the_machine_has_slept() -> None:
    """The lock may be somebody else's by then: only a step, which looks at that first, begins a new one."""
    hours, rounds = count(step=3600), count()
    follower = Follower(lambda: next(rounds) >= 0, "full-S1", wall=lambda: float(next(hours)))
    follower._thread.join(10.0)
    assert not follower.alive()
    assert next(rounds) == 0


def test_one_that_is_not_answered_goes_on() -> None:
    asked, second = count(), Event()

    def work() -> bool:
        if next(asked):
            second.set()
        raise Retryable("mesos answers 503")

    follower = Follower(work, "full-S1")
    assert second.wait(10.0)
    assert follower.alive()
    follower.end()
