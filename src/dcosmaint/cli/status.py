"""status: where a roll stands, from its journal and its process's notes. Of the cluster it reads only the lock."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from dcosmaint.cli import noted
from dcosmaint.cli.cluster import Cluster, Clusters
from dcosmaint.cli.noted import Now
from dcosmaint.cli.options import on_cluster, wants_json
from dcosmaint.cli.status_text import Standing, passed_over, sentences
from dcosmaint.errors import DcosmaintError
from dcosmaint.journal import Journal
from dcosmaint.model import Flight


@click.command()
@click.argument("roll_id", required=False, metavar="[ROLL]")
@on_cluster
@wants_json
@click.pass_context
def status(ctx: click.Context, /, roll_id: str | None, config: Path | None, name: str | None, as_json: bool) -> None:
    """Show a roll: what is done, in flight, waited for, held, what is next, and what goes on. The newest by default."""
    clusters: Clusters = ctx.obj
    cluster = clusters.open(config, name)
    found = cluster.shelf.load(roll_id) if roll_id else cluster.shelf.newest(lambda roll, progress: True)
    for note in passed_over(cluster.shelf) if not roll_id else ():
        click.echo(note, err=True)
    if found is None:
        click.echo("No roll of this cluster is known here.")
        return
    standing = _standing(cluster, found)
    click.echo(json.dumps(_facts(standing), indent=2) if as_json else "\n".join(sentences(standing)))


def _standing(cluster: Cluster, journal: Journal) -> Standing:
    holder = _holder(cluster)
    others = (o for o in cluster.shelf.left() if o.roll.id != journal.roll.id and o.roll.id not in holder)
    return Standing(journal, holder, noted.read(cluster.shelf.workspace(journal.roll.id)), tuple(others))


def _holder(cluster: Cluster) -> str:
    """A lock that can't be read keeps nobody from reading a journal."""
    try:
        return cluster.holder()
    except DcosmaintError as error:
        click.echo(f"note: who holds the lock is not known: {error}", err=True)
        return ""


def _facts(standing: Standing) -> dict[str, object]:
    roll, progress, now = standing.journal.roll, standing.journal.progress, standing.now
    return {
        "schema": "dcosmaint/status/v1",
        "roll": roll.id,
        "cluster": roll.cluster,
        "work": roll.work,
        "by": roll.by,
        "reason": roll.reason,
        "state": progress.over or "unfinished",
        "alive": standing.alive,
        "lock": standing.holder,
        "paused": progress.paused,
        "targets": len(roll.targets),
        "ended": [ended.address for ended in progress.ended],
        "flights": [_flight(address, flight, now) for address, flight in progress.flights.items()],
        "next": [asdict(each) for each in now.next] if now else [],
        "noted": {"age": round(now.age, 1)} if now else None,
        "cordoned": list(progress.steered),
        "last_line": progress.at,
        "others": [_other(journal) for journal in standing.others],
    }


def _flight(address: str, flight: Flight, now: Now | None) -> dict[str, object]:
    wait = now.waits.get(address) if now else None
    return {
        "node": address,
        "done": list(flight.done),
        "holds": [str(member) for member in flight.holds],
        "held": flight.stopped,
        "waits": asdict(wait) if wait and not flight.stopped else None,
    }


def _other(journal: Journal) -> dict[str, object]:
    roll, progress = journal.roll, journal.progress
    ends = f"dcosmaint resume {roll.id}"
    return {"roll": roll.id, "flights": list(progress.flights), "cordoned": list(progress.steered), "ends_with": ends}
