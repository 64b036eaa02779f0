"""One pipeline's place in time: what is progress, how long an error may last, when to look again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcosmaint.errors import Retryable
from dcosmaint.model import Waiting
from dcosmaint.turn import NOTHING, Agenda, Turn


@dataclass
class Scripted:
    """A step that brings what it is told to, and begins anew with each run."""

    script: Sequence[Waiting | Exception]
    runs: int = 0
    name: ClassVar[str] = "scripted"

    def run(self) -> Iterator[Waiting]:
        self.runs += 1
        for item in self.script:
            if isinstance(item, Exception):
                raise item
            yield item


def w(goal: str = "a thing", left: str = "", patience: float = 100.0) -> Waiting:
    return Waiting(goal, left, patience)


def a_turn(*script: Waiting | Exception) -> Turn:
    return Turn([Scripted(script)], now=0.0)


def test_a_step_is_looked_at_until_its_gate_holds() -> None:
    turn = a_turn(w("one"), w("two"))
    assert [turn.look(), turn.look(), turn.look()] == [w("one"), w("two"), None]
    assert turn.end_step(5.0) == "scripted"
    assert turn.over


def test_an_error_begins_the_step_anew() -> None:
    step = Scripted([w("one"), Retryable("no answer")])
    turn = Turn([step], now=0.0)
    assert turn.look() == w("one")
    with pytest.raises(Retryable):
        turn.look()
    turn.retry("no answer", 50.0, 1.0)
    assert turn.look() == w("one")
    assert step.runs == 2


def test_nobody_is_impatient_before_the_first_look() -> None:
    turn = a_turn()
    assert turn.waiting == NOTHING
    assert not turn.impatient(1e9)


def test_patience_runs_while_nothing_changes() -> None:
    turn = a_turn()
    assert turn.hear(w(), 10.0)
    assert not turn.hear(w(), 60.0)
    assert not turn.impatient(110.0)
    assert turn.impatient(110.1)


@pytest.mark.parametrize("progress", [w("another thing"), w(left="3 left")])
def test_another_goal_or_less_that_is_left_is_progress(progress: Waiting) -> None:
    turn = a_turn()
    turn.hear(w(), 0.0)
    assert turn.hear(progress, 90.0)
    assert not turn.impatient(190.0)
    assert turn.impatient(190.1)


def test_another_explanation_is_news_and_no_progress() -> None:
    turn = a_turn()
    assert turn.hear(w(), 0.0)
    assert turn.hear(replace(w(), why="no room"), 50.0)
    assert not turn.hear(replace(w(), why="no room"), 55.0)
    assert turn.hear(replace(w(), why="no port"), 100.1)
    assert turn.impatient(100.1)


def test_an_error_has_a_patience_of_its_own() -> None:
    turn = a_turn()
    turn.hear(w(patience=10.0), 0.0)
    assert turn.retry("no answer", 500.0, 5.0)
    assert not turn.impatient(400.0)
    assert turn.impatient(505.1)


def test_other_words_for_an_error_make_nobody_more_patient() -> None:
    turn = a_turn()
    for second in range(0, 600, 10):
        turn.retry(f"connection {second} reset", 500.0, float(second))
    assert turn.impatient(501.0)


def test_errors_that_come_and_go_make_nobody_more_patient() -> None:
    """What is waited for has not come a bit nearer, and an API that answers every other call is not up."""
    turn = a_turn()
    for second in range(0, 1000, 20):
        turn.hear(w(patience=600.0), float(second))
        turn.retry("no answer", 500.0, second + 10.0)
        if turn.impatient(second + 10.0):
            break
    assert (second, str(turn.waiting)) == (500, "an answer (no answer)")


def test_the_time_without_an_answer_is_not_held_against_what_is_waited_for() -> None:
    turn = a_turn()
    turn.hear(w(), 0.0)
    turn.hear(w(), 60.0)
    turn.retry("no answer", 5000.0, 70.0)
    turn.retry("no answer", 5000.0, 2000.0)
    turn.hear(w(), 3000.0)
    assert not turn.impatient(3000.0)
    turn.hear(w(), 3039.0)
    assert not turn.impatient(3039.0)
    turn.hear(w(), 3041.0)
    assert turn.impatient(3041.0)


def test_progress_after_errors_starts_both_patiences_anew() -> None:
    turn = a_turn()
    turn.retry("no answer", 500.0, 400.0)
    turn.hear(w("one"), 410.0)
    turn.hear(w("two"), 420.0)
    turn.retry("no answer", 500.0, 430.0)
    assert turn.since == 420.0
    assert not turn.impatient(900.0)


def test_time_in_which_nobody_could_look_is_given_back() -> None:
    turn = a_turn()
    turn.hear(w(), 0.0)
    turn.be_patient(5000.0)
    assert not turn.impatient(5100.0)
    turn.hear(w(), 5100.0)
    assert turn.impatient(5100.1)


def test_time_without_an_answer_is_given_back_too() -> None:
    turn = a_turn()
    turn.retry("no answer", 500.0, 400.0)
    turn.be_patient(1000.0)
    turn.retry("no answer", 500.0, 1010.0)
    assert turn.since == 1000.0


def test_the_next_look_is_soon_at_first_and_later_the_longer_it_takes() -> None:
    turn = a_turn()
    turn.hear(w(patience=1e9), 0.0)
    assert turn.pause(1.0) == 5.0
    assert turn.pause(100.0) == 10.0
    assert turn.pause(1e6) == 30.0


def test_a_goal_that_comes_nearer_is_not_looked_at_more_often() -> None:
    turn = a_turn()
    turn.hear(w(left="9 partitions"), 0.0)
    turn.hear(w(left="8 partitions"), 200.0)
    assert turn.pause(200.0) == 20.0
    turn.hear(w("another"), 220.0)
    assert turn.pause(220.0) == 5.0


def test_an_error_that_comes_again_doubles_the_pause_and_an_answer_ends_that() -> None:
    turn, pauses = a_turn(), []
    for _ in range(6):
        turn.retry("no answer", 1e9, 0.0)
        pauses.append(turn.pause(0.0))
    assert pauses == [5.0, 10.0, 20.0, 30.0, 30.0, 30.0]
    turn.hear(w(), 0.0)
    assert turn.pause(0.0) == 5.0


@given(st.lists(st.tuples(st.floats(0, 1e6), st.sampled_from("abc")), max_size=30), st.floats(0, 1e6))
def test_an_agenda_gives_what_is_due_in_the_order_of_time_and_of_asking(
    puts: list[tuple[float, str]], now: float
) -> None:
    agenda = Agenda()
    for at, key in puts:
        agenda.put(at, key)
    assert agenda.next(latest=1e7) == min([at for at, _ in puts], default=1e7)
    expected = [key for at, key in sorted(puts, key=lambda put: put[0]) if at <= now]
    assert list(agenda.due(now)) == expected
    assert len(list(agenda.due(1e7))) == len(puts) - len(expected)
