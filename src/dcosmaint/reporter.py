"""What is said as a roll goes on. The base says nothing; how a line looks is its heir's business."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Literal

from dcosmaint.journal import Journal
from dcosmaint.lines import (
    Aborting,
    Admitted,
    Begun,
    Cordoned,
    Done,
    Failed,
    Held,
    NodeDone,
    Noted,
    Paused,
    Released,
    RollAborted,
    RollBegun,
    RollDone,
    RollStopped,
    TakenOver,
    Uncordoned,
    What,
)
from dcosmaint.model import Admission, Member, Progress

EventName = Literal[
    "roll-begin",
    "batch-begin",
    "step-begin",
    "waiting",
    "step-done",
    "step-failed",
    "node-done",
    "node-held",
    "node-released",
    "batch-done",
    "warning",
    "cordoned",
    "uncordoned",
    "roll-done",
    "roll-stopped",
    "roll-aborted",
]


@dataclass(frozen=True)
class Event:
    """One thing that happened, in the words of the operator's contract."""

    at: float
    event: EventName
    node: str = ""
    step: str = ""
    batch: int | None = None
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Look:
    """What the newest survey saw, and what the planner made of it. It is shown while it is new: no event, no line."""

    at: float  # when the survey began
    lost: frozenset[Member]  # not in sync, for whatever reason
    answer: Admission


class Reporter:
    """Says nothing."""

    def say(self, event: Event) -> None: ...

    def looked(self, look: Look) -> None: ...


class Several(Reporter):
    """Tells each of them, in order, one thing after the other: a look in a thread says things too."""

    def __init__(self, alone: AbstractContextManager[Any], *reporters: Reporter) -> None:
        """`alone` keeps threads apart."""
        self._alone, self._reporters = alone, reporters

    def say(self, event: Event) -> None:
        with self._alone:
            for reporter in self._reporters:
                reporter.say(event)

    def looked(self, look: Look) -> None:
        with self._alone:
            for reporter in self._reporters:
                reporter.looked(look)


class Narrator:
    """Says every line of a journal that an operator wants to hear, as it is written."""

    def __init__(self, journal: Journal, reporter: Reporter) -> None:
        self._journal, self._reporter = journal, reporter

    def __call__(self, at: float, what: What) -> None:
        progress = self._journal.progress
        if name := _NAMES.get(type(what)):
            self._reporter.say(_event(at, name, what, progress))
        if isinstance(what, TakenOver) and str(what.terms):
            self._reporter.say(Event(at, "warning", fields={"why": f"from now on: {what.terms}"}))
        if isinstance(what, NodeDone) and not progress.flights:
            self._reporter.say(Event(at, "batch-done", batch=progress.batches))


_NAMES: dict[type[What], EventName] = {
    RollBegun: "roll-begin",
    TakenOver: "roll-begin",
    Aborting: "roll-begin",
    Admitted: "batch-begin",
    Begun: "warning",
    Noted: "warning",
    Paused: "warning",
    Done: "step-done",
    NodeDone: "node-done",
    Released: "node-released",
    Held: "node-held",
    Failed: "step-failed",
    Cordoned: "cordoned",
    Uncordoned: "uncordoned",
    RollDone: "roll-done",
    RollStopped: "roll-stopped",
    RollAborted: "roll-aborted",
}


def _event(at: float, name: EventName, what: What, progress: Progress) -> Event:
    fields = {key: getattr(what, key) for key in ("why", "agent_id") if hasattr(what, key)}
    if isinstance(what, Admitted):
        fields["nodes"] = [flight.node.address for flight in what.flights]
    if isinstance(what, Cordoned | Uncordoned) and (where := progress.places.get(what.agent_id)):
        fields["where"] = where
    node, batch = getattr(what, "node", ""), progress.batches or None
    return Event(at, name, node if isinstance(node, str) else node.address, getattr(what, "step", ""), batch, fields)
