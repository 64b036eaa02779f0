"""--confirm: the roll goes on while a person thinks, and a yes is checked against what the cluster is by then."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from io import FileIO

import click
import pytest

from dcosmaint import planner
from dcosmaint.cli.confirm import Confirmed
from dcosmaint.cli.question import AtTerminal
from dcosmaint.cli.typed import by_line
from dcosmaint.hands import Result, Signal, VirtualHands
from dcosmaint.lines import Paused
from dcosmaint.model import Admission, Inventory, Progress, Roll, Verdict
from dcosmaint.sandbox.world import build
from tests.builders import a_node, a_policy, a_roll, a_service, an_inventory
from tests.driven import BARE, QUICK, Drive
from tests.rolls.stage import SMALL, cordoned


@dataclass
class Thinking:
    """A person who has been asked, and says what the test wants."""

    answer: bool | None = None
    asked: list[str] = field(default_factory=list)

    def put(self, words: str) -> None:
        self.asked.append(words)
        self.answer = None


def admitted(confirmed: Confirmed, inventory: Inventory) -> Admission:
    return answered(confirmed, a_roll(policy=a_policy(batch_size=2)), inventory)


def answered(confirmed: Confirmed, roll: Roll, inventory: Inventory) -> Admission:
    planned = planner.admit(roll, inventory, Progress())
    return confirmed(planned, planner.Case(roll, inventory, Progress()))


def names(answer: Admission) -> list[str]:
    return [node.address for node in answer.start]


def test_nobody_starts_while_the_question_stands_and_it_is_put_once() -> None:
    person = Thinking()
    confirmed = Confirmed(person, single=False)
    for _ in range(3):
        answer = admitted(confirmed, an_inventory())
        assert (names(answer), answer.verdict) == ([], Verdict.GO)
        assert {refusal.node for refusal in answer.refusals} >= {a_node(0).address, a_node(1).address}
    assert person.asked == [f"Next: {a_node(0).address}, {a_node(1).address}. Go on? [Y/n]"]


def test_a_yes_starts_only_what_the_planner_still_allows() -> None:
    person = Thinking()
    confirmed = Confirmed(person, single=False)
    admitted(confirmed, an_inventory())
    person.answer = True
    gone = an_inventory([a_node(0, frameworks={"spark": 1}), *(a_node(n) for n in range(1, 6))])
    assert names(admitted(confirmed, gone)) == [a_node(1).address]


def test_a_yes_for_nodes_that_may_not_start_any_more_is_asked_again_of_others() -> None:
    person = Thinking()
    confirmed = Confirmed(person, single=True)
    admitted(confirmed, an_inventory())
    person.answer = True
    others = an_inventory([a_node(n) for n in range(3, 6)])
    assert names(admitted(confirmed, others)) == []
    assert person.asked[1] == f"Next: {a_node(3).address}. Go on? [Y/n]"
    person.answer = True
    assert names(admitted(confirmed, others)) == [a_node(3).address]


def test_while_the_question_stands_nobody_is_steered_for_those_in_it() -> None:
    """R8: a cordon for members that do not look for a place yet would stand as long as somebody thinks."""
    person = Thinking()
    confirmed = Confirmed(person, single=False)
    inventory = an_inventory(8, [a_service(on=(0, 1, 2))])
    roll = a_roll(inventory, a_policy(batch_size=1, canary=0), targets=("i-0", "i-1"))
    assert planner.admit(roll, inventory, Progress()).cordon == ("agent-1",)
    assert answered(confirmed, roll, inventory).cordon == ()
    person.answer = True
    assert answered(confirmed, roll, inventory).cordon == ("agent-1",)


def test_after_a_no_the_roll_ends_with_nothing_cordoned() -> None:
    drive, person = Drive(build(SMALL), QUICK), Thinking(answer=True)
    confirmed = Confirmed(person, single=True)

    def asked(planned: Admission, case: planner.Case) -> Admission:
        answer = confirmed(planned, case)
        person.answer = len(person.asked) < 4
        return answer

    assert drive.run(asked) is Verdict.STUCK
    assert cordoned(drive.world) == []
    assert len(drive.journal.progress.ended) == 3


def test_a_no_is_final() -> None:
    person = Thinking()
    confirmed = Confirmed(person, single=False)
    admitted(confirmed, an_inventory())
    person.answer = False
    for _ in range(2):
        answer = admitted(confirmed, an_inventory())
        assert (names(answer), answer.verdict, answer.refusals[0].says) == ([], Verdict.STUCK, "the operator said no")
    assert len(person.asked) == 1


class Slow(VirtualHands):
    """A person who answers yes ten minutes after each question, and rings."""

    def __init__(self, drive: Drive, person: Thinking) -> None:
        super().__init__(drive.world)
        self._person, self._asked, self._at = person, 0, 0.0
        self.answered: list[float] = []

    def next(self, until: float) -> Result | Signal | None:
        if len(self._person.asked) > self._asked:
            self._asked, self._at = len(self._person.asked), self.now() + 601.0
        if self._person.answer is None and self._asked and self.now() >= self._at:
            self._person.answer = True
            self.answered.append(self.now())
            return Signal.ANSWERED
        return super().next(min(until, self._at) if self.now() < self._at else until)


def test_nodes_in_flight_go_on_while_the_question_about_the_next_one_stands() -> None:
    drive, person = Drive(build(BARE), replace(QUICK, canary=0, strategy="window", max_in_flight=2)), Thinking()
    drive.hands = Slow(drive, person)
    assert drive.run(Confirmed(person, single=True)) is Verdict.DONE
    assert len(person.asked) == len(drive.said("admit")) == 5
    first, second = (line["at"] for line in drive.said("admit")[:2])
    assert second - first >= 600.0
    assert len([line for line in drive.said("done") if first < line["at"] < second]) >= 6


def test_an_answer_is_taken_up_at_once() -> None:
    drive, person = Drive(build(BARE), replace(QUICK, canary=0)), Thinking()
    hands = drive.hands = Slow(drive, person)
    drive.run(Confirmed(person, single=True))
    assert len(hands.answered) == len(drive.said("admit"))
    waits = [line["at"] - at for at, line in zip(hands.answered, drive.said("admit"), strict=True)]
    assert max(waits) < 5.0  # the time of one survey


def test_ctrl_c_while_the_question_stands_stops_the_roll() -> None:
    drive, person = Drive(build(BARE)), Thinking()

    class Pressing(VirtualHands):
        def next(self, until: float) -> Result | Signal | None:
            return Signal.STOP if person.asked and not drive.said("paused") else super().next(until)

    drive.hands = Pressing(drive.world)
    assert drive.run(Confirmed(person, single=False)) is Verdict.STUCK
    assert drive.said("admit") == []
    assert drive.said("roll-stopped")[0]["why"] == Paused("the operator stopped the roll").why


# ---- at a terminal


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Our input is a terminal; what is written here is typed at it."""
    ours, theirs = os.openpty()
    with os.fdopen(theirs) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield ours
    os.close(ours)


@pytest.mark.parametrize(("typed", "answer"), [("y\n", True), ("\n", True), ("what?\nno\n", False), ("\x04", False)])
def test_what_is_typed_is_the_answer(keys: int, typed: str, answer: bool) -> None:
    rang = threading.Event()
    question = AtTerminal(rang.set)
    question.put("Go on?")
    assert question.answer is None
    for line in typed.splitlines(keepends=True):
        os.write(keys, line.encode())
        rang.wait(0.05)
    assert rang.wait(5.0)
    assert question.answer is answer


def test_ctrl_c_at_the_question_is_the_rolls_own(keys: int) -> None:
    rang, heard = threading.Event(), threading.Event()
    before = signal.signal(signal.SIGINT, lambda number, frame: heard.set())
    try:
        question = AtTerminal(rang.set)
        question.put("Go on?")
        signal.raise_signal(signal.SIGINT)
        assert heard.is_set()
        assert question.answer is None
    finally:
        signal.signal(signal.SIGINT, before)
        os.write(keys, b"n\n")
        rang.wait(5.0)


# ---- at a pipe


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileIO]:
    """Our input is a pipe; what is written here comes out of it."""
    theirs, ours = os.pipe()
    with os.fdopen(theirs) as stdin, FileIO(ours, "w") as pipe:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield pipe


@pytest.mark.parametrize(("piped", "answer"), [(b"y\n", True), (b"what?\nno\n", False), (b"y", True), (b"", False)])
def test_a_pipe_answers_while_nobody_waits_for_it(pipe: FileIO, piped: bytes, answer: bool) -> None:
    rang = threading.Event()
    question = AtTerminal(rang.set)
    question.put("Go on?")
    assert question.answer is None
    pipe.write(piped)
    pipe.close()
    assert rang.wait(5.0)
    assert question.answer is answer


def test_an_answer_behind_the_one_to_a_prompt_is_still_there(pipe: FileIO) -> None:
    pipe.write(b"prod\ny\nn\n")
    rang = threading.Event()
    question = AtTerminal(rang.set)
    with by_line():
        assert click.prompt("The name") == "prod"
        for answer in (True, False):
            rang.clear()
            question.put("Go on?")
            assert rang.wait(5.0)
            assert question.answer is answer


def test_a_process_without_an_input_is_told_no(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    question = AtTerminal(lambda: None)
    question.put("Go on?")
    assert question.answer is False
