"""`--confirm`: a person says yes before each batch, or each node. It stands between the planner and its answer.

The roll goes on while that person thinks: the question is put, and the planner's answer is `not yet` until theirs is
there. A yes is for the nodes that were named, and is checked against the survey that comes after it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from dcosmaint import planner
from dcosmaint.admission import Agree, as_planned
from dcosmaint.cli.cluster import Working
from dcosmaint.cli.question import AtTerminal
from dcosmaint.hands import Signal
from dcosmaint.model import Admission, Node, Progress, Refusal, Verdict

Agreeing = Callable[[Working], Agree]
"""Who may start, by hands that wake up when a person has answered."""


class Question(Protocol):
    answer: bool | None  # to what was put last; None while there is none yet

    def put(self, words: str) -> None: ...


def confirming(each: str | None) -> Agreeing:
    """The planner's answer, put to a person. `each`: batch, node, or None for nobody."""

    def agreeing(hands: Working) -> Agree:
        if each is None:
            return as_planned
        return Confirmed(AtTerminal(lambda: hands.interrupt(Signal.ANSWERED)), single=each == "node")

    return agreeing


class Confirmed:
    """A person who has to agree with the planner."""

    def __init__(self, question: Question, *, single: bool) -> None:
        self._question, self._single = question, single
        self._named: frozenset[str] = frozenset()  # instance ids in the question that is open
        self._refused = False

    def __call__(self, answer: Admission, case: planner.Case) -> Admission:
        said = self._question.answer if self._named else None
        self._refused = self._refused or said is False
        if self._refused:
            return _declined(planner.fewer(answer, (), case), case.progress)
        if said and (allowed := self._spend(answer.start)):
            return planner.fewer(answer, allowed, case)
        return self._asks(answer, case) if answer.start else answer

    def _spend(self, start: Sequence[Node]) -> tuple[Node, ...]:
        """What a yes was given for and is still allowed. It counts once: the cluster it was given for has changed."""
        allowed = tuple(node for node in start if node.instance.id in self._named)
        self._named = frozenset()
        return allowed

    def _asks(self, answer: Admission, case: planner.Case) -> Admission:
        if not self._named:
            start = answer.start[:1] if self._single else answer.start
            self._named = frozenset(node.instance.id for node in start)
            self._question.put(f"Next: {', '.join(node.address for node in start)}. Go on? [Y/n]")
        until = None if self._question.answer is None else case.inventory.at
        names = [node.address for node in answer.start if node.instance.id in self._named]
        waits = tuple(Refusal("confirm", name, "it is asked whether it may start", until) for name in names)
        return replace(planner.fewer(answer, (), case), refusals=(*waits, *answer.refusals))


def _declined(answer: Admission, progress: Progress) -> Admission:
    says = Refusal("confirm", "", "the operator said no", final=True)
    flying = len(progress.flights) > len(progress.stopped)
    verdict = Verdict.WAIT if flying else Verdict.STUCK
    return replace(answer, refusals=(says, *answer.refusals), verdict=verdict)
