"""Which roll a command means, and what is said of journals that nobody can go on with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from dcosmaint.cli.cluster import Cluster
from dcosmaint.errors import DcosmaintError, Refused
from dcosmaint.journal import Journal
from dcosmaint.shelf import Shelf, Unfit


def meant(cluster: Cluster, roll_id: str | None) -> Journal | None:
    """The roll that is named, or the one to go on with; None where there is none. Raises `Refused` for one that nobody
    can go on with.
    """
    with lock_told(cluster):
        found = cluster.shelf.load(roll_id) if roll_id else cluster.shelf.to_resume()
    if not roll_id:
        told(cluster)
    return found


@contextmanager
def lock_told(cluster: Cluster) -> Iterator[None]:
    """A journal that nobody can go on with is named together with who holds the lock: that may be its own roll."""
    try:
        yield
    except Unfit as error:
        said = f"{str(error).rstrip('.')}."
        who = holder(cluster)
        raise Refused(f"{said} The lock of the cluster is held by {who}" if who else said) from error


def told(cluster: Cluster) -> None:
    """Say which journals were passed over. Raises `Refused` for one that is blank, and whose roll holds the lock."""
    blank = cluster.shelf.blank()
    who = holder(cluster) if blank else ""
    for roll_id in blank:
        if roll_id in who:
            raise Refused(
                f"{cluster.shelf.journal(roll_id)} holds no whole line, and the cluster's lock is held by {who}."
                " Nothing tells whether it had begun. If nothing of it is in flight (`dcosmaint doctor` shows cordons),"
                " `dcosmaint unlock` takes the lock away; else put back a copy of that file. Nothing was touched."
            )
        click.echo(
            f"note: the journal of {roll_id} holds no whole line: it was killed before it did anything", err=True
        )
    for note in notes(cluster.shelf):
        click.echo(note, err=True)


def notes(shelf: Shelf) -> Iterator[str]:
    """Journals that have been passed over so far."""
    for error in shelf.passed.values():
        yield f"warning: {error}" if error.loose else f"note: passed over: {error}"


def holder(cluster: Cluster) -> str:
    """Who holds the lock. One that can't be read keeps nobody from reading a journal."""
    try:
        return cluster.holder()
    except DcosmaintError as error:
        click.echo(f"note: who holds the lock is not known: {error}", err=True)
        return ""
