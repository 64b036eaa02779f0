"""Time and work: at once and in order on virtual time, by a pool of threads on the wall's."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator

import pytest

from dcosmaint.admission import Door
from dcosmaint.errors import NodeFailed, Retryable
from dcosmaint.executor import Executor
from dcosmaint.hands import Result, Signal, ThreadHands, VirtualHands
from dcosmaint.journal import Journal, Memory
from dcosmaint.lines import RollBegun
from dcosmaint.model import Policy, Verdict, Waiting
from dcosmaint.reporter import Reporter
from dcosmaint.sandbox.faces import paced
from dcosmaint.sandbox.world import World, build
from tests.rolls.stage import SMALL, Free, Stage, cordoned, not_replaced, unwell

WAITING = Waiting("a thing")


def waiting() -> Waiting:
    return WAITING


def test_virtual_work_is_done_at_once_and_comes_back_in_order() -> None:
    hands = VirtualHands(World())
    for key in "abc":
        hands.send(key, waiting)
    assert [hands.next(hands.now() + 10.0) for _ in range(3)] == [Result(key, WAITING) for key in "abc"]


def test_virtual_time_passes_only_when_nothing_is_left_to_do() -> None:
    hands = VirtualHands(World())
    before = hands.now()
    hands.send("a", waiting)
    hands.next(before + 10.0)
    assert hands.now() == before
    assert hands.next(before + 10.0) is None
    assert hands.now() == before + 10.0
    assert hands.next(before) is None
    assert hands.now() == before + 10.0


@pytest.fixture(params=["virtual", "threads"])
def hands(request: pytest.FixtureRequest) -> Iterator[VirtualHands | ThreadHands]:
    if request.param == "virtual":
        yield VirtualHands(World())
        return
    with_threads = ThreadHands(2)
    yield with_threads
    with_threads.close()


def test_an_error_that_says_what_may_be_done_is_an_outcome(hands: VirtualHands | ThreadHands) -> None:
    def look() -> None:
        raise NodeFailed("differs")

    hands.send("a", look)
    result = hands.next(hands.now() + 5.0)
    assert isinstance(result, Result)
    assert isinstance(result.outcome, NodeFailed)


def test_a_bug_is_never_an_outcome(hands: VirtualHands | ThreadHands) -> None:
    def look() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        hands.send("a", look)
        hands.next(hands.now() + 5.0)


def test_none_means_that_a_gate_holds(hands: VirtualHands | ThreadHands) -> None:
    hands.send("a", lambda: None)
    assert hands.next(hands.now() + 5.0) == Result("a", None)


@pytest.fixture
def threads() -> Iterator[ThreadHands]:
    """A hundred times as fast as the wall."""
    found = ThreadHands(4, factor=100.0)
    yield found
    found.close()


def test_the_time_of_threads_runs_by_their_factor(threads: ThreadHands) -> None:
    before, wall = threads.now(), time.monotonic()
    assert threads.next(before + 10.0) is None
    assert 0.05 < time.monotonic() - wall < 1.0
    assert threads.now() >= before + 10.0


def test_looks_are_done_side_by_side(threads: ThreadHands) -> None:
    """Each waits for the others: alone none of them would end."""
    together = threading.Barrier(3)

    def look() -> None:
        together.wait(5.0)

    for key in "abc":
        threads.send(key, look)
    results = [threads.next(threads.now() + 1000.0) for _ in range(3)]
    assert sorted(result.key for result in results if isinstance(result, Result)) == ["a", "b", "c"]


def test_what_the_operator_says_stands_in_the_same_queue(threads: ThreadHands) -> None:
    threads.interrupt(Signal.STOP)
    threads.interrupt(Signal.LEAVE)
    assert [threads.next(threads.now() + 100.0), threads.next(threads.now() + 100.0)] == [Signal.STOP, Signal.LEAVE]


def test_a_signal_handler_may_interrupt_a_wait(threads: ThreadHands) -> None:
    before = signal.signal(signal.SIGALRM, lambda number, frame: threads.interrupt(Signal.STOP))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        assert threads.next(threads.now() + 1000.0) is Signal.STOP
    finally:
        signal.signal(signal.SIGALRM, before)


def test_after_the_close_nothing_begins() -> None:
    hands, gate, began = ThreadHands(1), threading.Event(), []

    def look() -> None:
        gate.wait(5.0)

    hands.send("a", look)
    hands.send("b", lambda: began.append("b"))
    hands.close()
    gate.set()
    hands.next(hands.now() + 0.2)
    assert hands.next(hands.now() + 0.2) is None
    assert began == []


def test_an_error_in_a_thread_comes_with_its_key(threads: ThreadHands) -> None:
    def look() -> None:
        raise Retryable("no answer")

    threads.send("a", look)
    result = threads.next(threads.now() + 100.0)
    assert isinstance(result, Result)
    assert (result.key, str(result.outcome)) == ("a", "no answer")


def test_a_whole_roll_by_threads_on_real_time() -> None:
    """Several nodes in flight, their looks side by side, a World that does not wait for anybody."""
    hands = ThreadHands(4, factor=2000.0)
    world = build(SMALL, began=hands.now())
    stage = Stage(world)
    roll = stage.roll(policy=Policy(strategy="window", soak=0.0))
    site, silent = paced(world, hands.now), Reporter()
    journal = Journal(Memory(), Free(), hands.now, hands.alone)
    journal.append(RollBegun(roll))
    try:
        verdict = Executor(journal, site, hands, silent, Door(journal, site, hands, silent)).run()
    finally:
        hands.close()
    world.advance(world.now + 3600.0)
    assert verdict is Verdict.DONE
    assert (not_replaced(world, roll), cordoned(world), unwell(world)) == ([], [], [])
    assert stage.tally(roll).breaches == ()
