"""Where a roll stands, for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from dcosmaint.cli.left import resume
from dcosmaint.cli.noted import Next, Now, Wait
from dcosmaint.journal import Journal
from dcosmaint.model import Progress, counted
from dcosmaint.rolls import ENDED

SHOWN = 5
"""Names in one sentence."""


@dataclass(frozen=True)
class Standing:
    """A roll, and what is around it."""

    journal: Journal
    cluster: str  # that is looked at
    holder: str  # of the cluster's lock; "" for nobody
    now: Now | None  # None of a roll that has ended, too
    others: tuple[Journal, ...]  # other rolls with nodes or cordons in flight, that no process works on

    @property
    def foreign(self) -> bool:
        """Whether it is another cluster's: nobody goes on with it here."""
        return self.journal.roll.cluster != self.cluster

    @property
    def alive(self) -> bool:
        return self.journal.roll.id in self.holder


def sentences(standing: Standing) -> Iterator[str]:
    roll, progress = standing.journal.roll, standing.journal.progress
    yield f"{roll.work} {roll.id} of {roll.cluster}, by {roll.by}{f': {roll.reason}' if roll.reason else ''}"
    if standing.foreign:
        yield f"it is a roll of ANOTHER cluster, {roll.cluster}, and this is {standing.cluster}: its nodes are not here"
    state = "under way" if standing.alive else (progress.over or "unfinished")
    yield f"{len(progress.ended)} of {counted(len(roll.targets), 'node')} done; {state}; last line {_time(progress.at)}"
    yield from _lock(standing)
    for address, flight in progress.flights.items():
        away = f"; away: {', '.join(map(str, flight.holds))}" if flight.holds else ""
        yield f"  {address}: {flight.stopped or 'in flight'}; done: {', '.join(flight.done) or 'nothing'}{away}"
        if standing.now and not flight.stopped and (wait := standing.now.waits.get(address)):
            yield f"      {_waits(wait)}"
    yield from _ahead(standing)
    for agent in progress.steered:
        yield f"  {progress.called(agent)} is cordoned by this roll{_lifts(standing)}"
    if progress.over not in ENDED:
        yield from _kept_back(progress)
    for journal in standing.others:
        yield _left(journal)
    if progress.over not in ENDED and not standing.alive and not standing.foreign:
        yield f"`{resume(standing.journal)}` goes on"


def _kept_back(progress: Progress) -> Iterator[str]:
    if progress.until is not None:
        yield f"nobody starts after {_time(progress.until)}, its deadline"
    if progress.paused:
        yield f"nothing more starts: {progress.paused}"


def _lifts(standing: Standing) -> str:
    if standing.foreign:
        return ""
    return f"; {'it' if standing.alive else f'`dcosmaint resume {standing.journal.roll.id}`'} lifts that"


def _lock(standing: Standing) -> Iterator[str]:
    now = standing.now
    if standing.holder:
        yield f"the cluster is being maintained by {standing.holder}"
    elif standing.journal.progress.over not in ENDED:
        yield "no process that is known here works on it now"
    if now and (now.waits or now.next):
        yield f"what is waited for was noted {_long(now.age)} ago"


def _ahead(standing: Standing) -> Iterator[str]:
    """What the roll does next: once a roll, and by node."""
    now = standing.now
    if not now:
        return
    if prepares := now.waits.get(""):
        yield f"once for all nodes: {_waits(prepares)}"
    for each in now.next:
        until = f", until {_time(each.until)}" if each.until else ""
        yield f"next: {_names(each)}{each.why}{until}"


def _names(each: Next) -> str:
    more = f" and {len(each.nodes) - SHOWN} more" if len(each.nodes) > SHOWN else ""
    return f"{', '.join(each.nodes[:SHOWN])}{more}: " if each.nodes else ""


def _waits(wait: Wait) -> str:
    left = f" ({wait.left})" if wait.left else ""
    return f"{wait.step} waits for {wait.goal}{left}, since {_time(wait.since)}"


def _left(journal: Journal) -> str:
    progress = journal.progress
    cordoned = [f"{progress.called(agent)} cordoned" for agent in progress.steered]
    what = _listed([*progress.flights, *cordoned])
    held = [str(member) for flight in progress.flights.values() for member in flight.holds]
    away = f", and its slots ({_listed(held)}) taken" if held else ""
    return (
        f"roll {journal.roll.id} of {journal.roll.by or 'somebody'} left {what} behind{away}:"
        f" `dcosmaint resume {journal.roll.id}` ends that"
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)


def _time(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC).astimezone():%F %T}"


def _long(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))
