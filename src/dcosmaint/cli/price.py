"""What it costs to stop now: how many nodes are in flight, and about how long until they have ended."""

from __future__ import annotations

from statistics import fmean

from dcosmaint.journal import Journal
from dcosmaint.lines import Paused, What
from dcosmaint.model import Flight, Progress, counted
from dcosmaint.reporter import Event, Narrator, Reporter

MORE = "Ctrl-C (again) leaves now, and a resume goes on"


class Priced(Narrator):
    """Tells beside each pause what it costs: as its line is written, since a key may be pressed in mid sentence."""

    def __init__(self, journal: Journal, reporter: Reporter, expected: float) -> None:
        """`expected`: seconds that a forecast gave a batch, 0 for none."""
        super().__init__(journal, reporter)
        self._expected = expected

    def __call__(self, at: float, what: What) -> None:
        super().__call__(at, what)
        if isinstance(what, Paused):
            costs = price(self._journal.progress, at, self._expected)
            self._reporter.say(Event(at, "warning", fields={"why": f"no node starts any more. {costs} {MORE}"}))


def price(progress: Progress, now: float, expected: float) -> str:
    """One sentence. Pure."""
    flights = [flight for flight in progress.flights.values() if not flight.stopped]
    begun = [flight for flight in flights if flight.sent or flight.stopping]
    if not flights:
        return "No node is in flight."
    if not begun:
        return f"{counted(len(flights), 'node is', 'nodes are')} in flight, only cordoned yet: let go at once."
    rest = f", {len(flights) - len(begun)} more let go at once" if len(begun) < len(flights) else ""
    return f"{counted(len(begun), 'node is', 'nodes are')} in flight{_time(progress, begun, now, expected)}{rest}."


def _time(progress: Progress, begun: list[Flight], now: float, expected: float) -> str:
    """By what nodes before them took, with members for one that has some; else by the forecast."""
    lasting = max(_whole(progress, flight, expected) for flight in begun)
    if not lasting:
        return ""
    left = max(lasting / 10, lasting - (now - min(flight.since for flight in begun)))
    return f", about {human(left)} to their end"


def _whole(progress: Progress, flight: Flight, expected: float) -> float:
    alike = [e for e in progress.ended if bool(e.members) == bool(flight.node.members)] or list(progress.ended)
    return fmean(ended.at - ended.since for ended in alike) if alike else expected


def human(seconds: float) -> str:
    """3 h, 20 min, 40 s."""
    for size, unit in ((3600.0, "h"), (60.0, "min")):
        if seconds >= size:
            return f"{round(seconds / size)} {unit}"
    return f"{max(1, round(seconds))} s"
