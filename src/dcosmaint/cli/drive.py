"""One process's work on one roll: lock, journal, executor, what is said, and the exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import click

from dcosmaint import belonging, tighten
from dcosmaint.admission import Door
from dcosmaint.cli.aftermath import exposed, still_named
from dcosmaint.cli.cluster import Claim, Cluster, Working
from dcosmaint.cli.confirm import Agreeing, confirming
from dcosmaint.cli.course import Course
from dcosmaint.cli.exits import DONE, STOPPED, Stopped, hush, unusable
from dcosmaint.cli.jsonl import JsonLines
from dcosmaint.cli.left import left
from dcosmaint.cli.live import Watched
from dcosmaint.cli.noted import NowWriter
from dcosmaint.cli.plain import Plain
from dcosmaint.cli.price import Priced
from dcosmaint.cli.screen import screen
from dcosmaint.cli.signals import heard
from dcosmaint.errors import LEFT, DcosmaintError, Fatal, Interrupted, Refused
from dcosmaint.executor import Executor
from dcosmaint.journal import Journal
from dcosmaint.lines import Aborting, RollAborted, RollBegun, RollStopped, TakenOver
from dcosmaint.model import Roll, Verdict
from dcosmaint.plan import UNKNOWN, Forecast
from dcosmaint.ports import Lease
from dcosmaint.reporter import Reporter, Several
from dcosmaint.rolls import ENDED, in_flight
from dcosmaint.site import Site


@dataclass(frozen=True)
class Telling:
    """How a roll is told."""

    as_json: bool = False
    forecast: Forecast = UNKNOWN
    factor: float = 1.0  # how much faster than ours the cluster's time runs

    @contextmanager
    def reporter(self, journal: Journal, now: Callable[[], float], folder: Path) -> Iterator[Reporter]:
        """`folder`: of what the roll leaves beside its journal."""
        noted, alone = NowWriter(folder), journal.alone
        if self.as_json:
            yield Several(alone, noted, JsonLines(journal.roll.id))
        elif sys.stdout.isatty():
            with Watched(journal, now, Course(self.forecast, self.factor), screen()) as watched:
                yield Several(alone, noted, watched)
        else:
            yield Several(alone, noted, Plain())


@contextmanager
def held(cluster: Cluster, claim: Claim) -> Iterator[Lease]:
    """The lock for a roll. Who is interrupted while it is held reads what that leaves behind."""
    try:
        with cluster.lock(claim) as lease:
            yield lease
    except KeyboardInterrupt as error:
        if claim.left():
            raise Interrupted(LEFT) from error
        if cluster.shelf.journal(claim.roll).exists():
            says = f"Interrupted. Nothing is in flight: `dcosmaint status {claim.roll}` says how far it is."
            raise Interrupted(says) from error
        raise


def begin(cluster: Cluster, lease: Lease, roll: Roll, telling: Telling, agree: Agreeing) -> int:
    """Work on a roll that has no line yet. Returns the exit code."""

    def create(hands: Working) -> Journal:
        return cluster.shelf.create(roll.id, lease, hands.now, hands.alone)

    return _drive(cluster, roll.id, telling, _Opening(lease, create, RollBegun(roll), agree))


def nothing_else(cluster: Cluster) -> None:
    """A roll that stopped with nodes in flight holds slots and cordons that only its own resume knows."""
    other = cluster.shelf.newest(in_flight)
    if other:
        raise Refused(
            f"roll {other.roll.id} stopped with {', '.join(other.progress.flights) or 'cordons'} in flight:"
            f" `dcosmaint resume {other.roll.id}` ends it first. Nothing was touched."
        )


def go_on(cluster: Cluster, claim: Claim, line: TakenOver, telling: Telling, agree: Agreeing) -> int:
    """Take a roll over from wherever its journal stands. Returns the exit code."""
    roll_id = claim.roll
    with held(cluster, claim) as lease:
        found = _unended(cluster, roll_id)
        if not in_flight(found.roll, found.progress):
            nothing_else(cluster)
        tighten.check(found.roll, found.progress, line.terms)  # again: only now nobody else goes on with it
        return _drive(cluster, roll_id, telling, _Opening(lease, _taken_over(cluster, roll_id, lease), line, agree))


def abort(cluster: Cluster, claim: Claim, aborting: Aborting, telling: Telling) -> int:
    """Bring a roll to a clean end. Returns the exit code: `STOPPED` where a node was left as it is."""
    roll_id = claim.roll
    with held(cluster, claim) as lease:
        _unended(cluster, roll_id)
        opening = _Opening(lease, _taken_over(cluster, roll_id, lease), aborting, confirming(None))
        return _drive(cluster, roll_id, telling, opening)


def _unended(cluster: Cluster, roll_id: str) -> Journal:
    """Read again under the lock: a colleague may have ended the roll since it was looked at."""
    found = cluster.shelf.load(roll_id)
    if found.progress.over in ENDED:
        raise Refused(
            f"roll {roll_id} has been ended by somebody meanwhile ({found.progress.over}). Nothing was touched."
        )
    return found


def _taken_over(cluster: Cluster, roll_id: str, lease: Lease) -> Callable[[Working], Journal]:
    return lambda hands: cluster.shelf.open(roll_id, lease, hands.now, hands.alone)


@dataclass(frozen=True)
class _Opening:
    lease: Lease
    journal: Callable[[Working], Journal]
    line: RollBegun | TakenOver | Aborting
    agree: Agreeing


def _drive(cluster: Cluster, roll_id: str, telling: Telling, opening: _Opening) -> int:
    hands, folder = cluster.hands(), cluster.shelf.workspace(roll_id)
    with cluster.connect(folder) as site:
        journal = opening.journal(hands)
        try:
            _recognized(journal, site, opening.line)
            with _told(roll_id, journal):
                journal.append(opening.line)
                with heard(hands), telling.reporter(journal, hands.now, folder) as reporter:
                    journal.heard = Priced(journal, reporter, telling.forecast.each)
                    journal.heard(hands.now(), opening.line)
                    verdict = _run(journal, site, hands, reporter, opening)
                leaves = () if verdict is Verdict.DONE else tuple(_leaves(cluster, journal, site))
        finally:
            hands.close()
    if not telling.as_json:
        click.echo("\n".join([*leaves, *cluster.tally()]))
    return _ended(journal, verdict, telling)


def _leaves(cluster: Cluster, journal: Journal, site: Site) -> Iterator[str]:
    yield from exposed(site)
    if journal.progress.aborting:
        yield from still_named(journal.roll, site, cluster.ami_files)


def _recognized(journal: Journal, site: Site, line: RollBegun | TakenOver | Aborting) -> None:
    """Raises `Refused` for a roll of whose nodes nobody here knows any. An abort that holds acts on none of them."""
    if isinstance(line, TakenOver):
        belonging.check(line.terms.onto(journal.roll), journal.progress, site)
    elif isinstance(line, Aborting) and not line.hold:
        belonging.check(journal.roll, journal.progress, site)


@contextmanager
def _told(roll_id: str, journal: Journal) -> Iterator[None]:
    """Whatever ends a roll in its middle, in words."""
    try:
        yield
    except Interrupted:
        raise
    except BrokenPipeError as error:
        hush()
        raise Stopped(f"nobody reads our output any more. `dcosmaint resume {roll_id}` goes on.") from error
    except (DcosmaintError, OSError) as error:  # a disk that is full, say
        raise _stopped(journal, error) from error


def _ended(journal: Journal, verdict: Verdict, telling: Telling) -> int:
    if verdict is Verdict.DONE:
        return DONE
    click.echo("\n".join(left(journal)), err=telling.as_json)
    return DONE if journal.progress.aborting and not journal.progress.flights else STOPPED


def _stopped(journal: Journal, error: DcosmaintError | OSError) -> DcosmaintError:
    """What to say of an end in the middle. Where not even the first line could be written, nothing had begun."""
    says = unusable(error) if isinstance(error, OSError) else str(error)
    if not journal.begun:
        return Refused(f"{says.rstrip('.')}. Nothing was touched.")
    return Stopped("\n".join([says, *left(journal)]))


def _run(journal: Journal, site: Site, hands: Working, reporter: Reporter, opening: _Opening) -> Verdict:
    """The executor, between the first line, which is written already, and for an abort the last one."""
    door = Door(journal, site, hands, reporter, opening.agree(hands))
    try:
        verdict = Executor(journal, site, hands, reporter, door).run()
    except Fatal as error:  # a login that ran out, a cordon that can not be lifted
        with suppress(DcosmaintError):  # a lock that was taken away, a full disk
            journal.append(RollStopped(str(error)))
        raise
    if isinstance(opening.line, Aborting) and verdict is not Verdict.DONE:
        journal.append(RollAborted(opening.line.by))
    return verdict
