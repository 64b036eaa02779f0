"""One process's work on one roll: lock, journal, executor, what is said, and the exit code."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import click

from dcosmaint import tighten
from dcosmaint.admission import Door
from dcosmaint.cli.cluster import Cluster, Working
from dcosmaint.cli.confirm import Admitting
from dcosmaint.cli.exits import DONE, STOPPED, Stopped, hush
from dcosmaint.cli.jsonl import JsonLines
from dcosmaint.cli.live import Watched
from dcosmaint.cli.noted import Noted
from dcosmaint.cli.plain import Plain
from dcosmaint.cli.screen import screen
from dcosmaint.errors import DcosmaintError, Interrupted, Refused
from dcosmaint.executor import Executor
from dcosmaint.hands import Signal
from dcosmaint.journal import Journal
from dcosmaint.lines import RollBegun, TakenOver
from dcosmaint.model import Roll, Verdict
from dcosmaint.ports import Lease
from dcosmaint.reporter import Narrator, Reporter, Several
from dcosmaint.rolls import in_flight
from dcosmaint.site import Site


@dataclass(frozen=True)
class Telling:
    """How a roll is told."""

    as_json: bool = False
    expected: float = 0.0  # seconds, by the forecast

    @contextmanager
    def reporter(self, journal: Journal, now: Callable[[], float]) -> Iterator[Reporter]:
        if self.as_json:
            yield JsonLines(journal.roll.id)
        elif sys.stdout.isatty():
            with Watched(journal, now, self.expected, screen()) as watched:
                yield watched
        else:
            yield Plain()


def begin(cluster: Cluster, lease: Lease, roll: Roll, telling: Telling, admit: Admitting) -> int:
    """Work on a roll that has no line yet. Returns the exit code."""

    def create(hands: Working) -> Journal:
        return cluster.shelf.create(roll.id, lease, hands.now, hands.alone)

    return _drive(cluster, roll.id, telling, _Opening(create, RollBegun(roll), admit))


def nothing_else(cluster: Cluster) -> None:
    """A roll that stopped with nodes in flight holds slots and cordons that only its own resume knows."""
    other = cluster.shelf.newest(in_flight)
    if other:
        raise Refused(
            f"roll {other.roll.id} stopped with {', '.join(other.progress.flights) or 'cordons'} in flight:"
            f" `dcosmaint resume {other.roll.id}` ends it first. Nothing was touched."
        )


def go_on(cluster: Cluster, roll_id: str, line: TakenOver, telling: Telling, admit: Admitting) -> int:
    """Take a roll over from wherever its journal stands. Returns the exit code."""

    with cluster.lock(roll_id) as lease:
        found = cluster.shelf.load(roll_id)
        if not in_flight(found.roll, found.progress):
            nothing_else(cluster)
        tighten.check(found.roll, found.progress, line.terms)  # again: only now nobody else goes on with it

        def take_over(hands: Working) -> Journal:
            return cluster.shelf.open(roll_id, lease, hands.now, hands.alone)

        return _drive(cluster, roll_id, telling, _Opening(take_over, line, admit))


@dataclass(frozen=True)
class _Opening:
    journal: Callable[[Working], Journal]
    line: RollBegun | TakenOver
    admit: Admitting


def _drive(cluster: Cluster, roll_id: str, telling: Telling, opening: _Opening) -> int:
    hands = cluster.hands()
    with cluster.connect(cluster.shelf.workspace(roll_id)) as site, _heard(hands):
        journal = opening.journal(hands)
        try:
            journal.append(opening.line)
            with telling.reporter(journal, hands.now) as told:
                reporter = Several(Noted(cluster.shelf.workspace(roll_id)), told)
                journal.heard = Narrator(journal, reporter)
                journal.heard(hands.now(), opening.line)
                door = Door(journal, site, hands, reporter, opening.admit(hands))
                verdict = Executor(journal, site, hands, reporter, door).run()
            exposed = () if verdict is Verdict.DONE else tuple(_exposed(site, journal))
        except Interrupted:
            raise
        except BrokenPipeError as error:
            hush()
            raise Stopped(f"nobody reads our output any more. `dcosmaint resume {roll_id}` goes on.") from error
        except DcosmaintError as error:
            raise Stopped("\n".join([str(error), *_state(journal, roll_id)])) from error
        finally:
            hands.close()
    if not telling.as_json:
        click.echo("\n".join([*exposed, *cluster.tally()]))
    if verdict is Verdict.DONE:
        return DONE
    click.echo("\n".join(_state(journal, roll_id)), err=telling.as_json)
    return STOPPED


def _exposed(site: Site, journal: Journal) -> Iterator[str]:
    """R15, at every stop: what any plain apply of anybody would still replace."""
    ended = {ended.address for ended in journal.progress.ended}
    left = [p for p in site.terraform.placed() if p.instance_id in journal.roll.targets and p.address not in ended]
    for group in site.terraform.exposed():
        if addresses := [placed.address for placed in left if placed.group == group]:
            yield f"terraform-exposed: a plain `terraform apply` would now replace {', '.join(addresses)}"


def _state(journal: Journal, roll_id: str) -> Iterator[str]:
    """The state of every touched node, and the command that goes on."""
    for address, flight in journal.progress.flights.items():
        done = ", ".join(flight.done) or "nothing"
        yield f"{address} ({flight.node.instance.id}): {flight.stopped or 'in flight'}; done: {done}"
    yield f"`dcosmaint resume {roll_id}` goes on."


@contextmanager
def _heard(hands: Working) -> Iterator[None]:
    """Ctrl-C once admits nothing more, twice leaves; SIGTERM leaves at once."""
    said: list[Signal] = []

    def interrupt(number: int, frame: Any) -> None:
        said.append(Signal.LEAVE if said or number == signal.SIGTERM else Signal.STOP)
        if said[-1] is Signal.STOP:
            click.echo("No node starts any more; those in flight end first. Ctrl-C again leaves now.", err=True)
        hands.interrupt(said[-1])

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
