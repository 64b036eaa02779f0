"""A roll watched: a row for each node in flight, members lost against caps, and how far it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from dcosmaint.cli.course import Course, clock
from dcosmaint.cli.plain import sentence
from dcosmaint.journal import Journal
from dcosmaint.model import counted
from dcosmaint.reporter import Event, Look, Reporter

QUIET = ("step-begin", "step-done", "waiting")
LOUD = {"step-failed": "bold red", "node-held": "bold red", "roll-stopped": "bold red", "warning": "yellow"}


class Watched(Reporter):
    """What lasts is printed above the view and stays; what changes is drawn again and again below."""

    def __init__(self, journal: Journal, now: Callable[[], float], course: Course, console: Console) -> None:
        self._journal, self._now, self._course, self._console = journal, now, course, console
        self._began = now()
        self._newest: dict[str, Event] = {}
        self._look: Look | None = None
        self._live = Live(get_renderable=self._view, console=console, refresh_per_second=4, transient=True)

    def __enter__(self) -> Watched:
        self._live.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._live.stop()

    def say(self, event: Event) -> None:
        if event.step and event.event != "step-done":
            self._newest[event.node] = event
        if event.event not in QUIET:
            at = datetime.fromtimestamp(event.at, UTC).astimezone()
            self._console.print(Text(f"{at:%H:%M:%S} {sentence(event)}", style=LOUD.get(event.event, "")))

    def looked(self, look: Look) -> None:
        self._look = look

    def _view(self) -> Group:
        return Group(self._flights(), Text("  ".join(self._caps()), style="dim"), self._bar())

    def _flights(self) -> Table:
        table = Table(box=None, padding=(0, 2, 0, 0))
        for name in ("node", "step", "waits for", "since"):
            table.add_column(name, no_wrap=name != "waits for", style="bold" if name == "node" else "")
        for address, flight in self._journal.progress.flights.items():
            if flight.stopped:
                table.add_row(address, Text("held", style="bold red"), Text(flight.stopped), "")
            elif event := self._newest.get(address):
                table.add_row(address, event.step, Text(_goal(event)), clock(self._now() - _since(event)))
        return table

    def _caps(self) -> Iterator[str]:
        """Lost for whatever reason counts, as it does for the cap; the names are those that no flight of ours holds."""
        held, roll = self._journal.progress.held, self._journal.roll
        lost = self._look.lost if self._look else frozenset()
        for service in sorted(roll.baseline):
            gone = {member for member in held | lost if member.service == service}
            strays = ", ".join(sorted(member.pod for member in gone - held))
            reason = f" (not by this roll: {strays})" if strays else ""
            yield f"{service} {len(gone)}/{roll.policy.cap(service)} lost or held{reason}"

    def _bar(self) -> Table:
        ended, all_ = self._journal.progress.ended, len(self._journal.roll.targets)
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_row(
            ProgressBar(total=all_, completed=len(ended), width=40),
            f"{len(ended)} of {counted(all_, 'node')}",
            self._course.left([each.at - self._began for each in ended], self._now() - self._began),
        )
        return grid


def _goal(event: Event) -> str:
    fields: Mapping[str, object] = event.fields
    left = f" ({fields['left']})" if fields.get("left") else ""
    return f"{fields.get('goal', '')}{left}"


def _since(event: Event) -> float:
    return float(event.fields.get("since", event.at))
