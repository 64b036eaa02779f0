"""status: where a roll stands, from its journal and its process's notes. Of the cluster it reads only the lock."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from dcosmaint.cli import journals, noted
from dcosmaint.cli.cluster import Cluster, Clusters
from dcosmaint.cli.noted import Now
from dcosmaint.cli.options import on_cluster, wants_json
from dcosmaint.cli.status_text import Standing, sentences
from dcosmaint.errors import Refused
from dcosmaint.journal import Journal
from dcosmaint.model import Flight
from dcosmaint.rolls import ENDED
from dcosmaint.shelf import Unfit

SCHEMA = "dcosmaint/status/v1"


@click.command()
@click.argument("roll_id", required=False, metavar="[ROLL]")
@on_cluster
@wants_json
@click.pass_context
def status(ctx: click.Context, /, roll_id: str | None, config: Path | None, name: str | None, as_json: bool) -> None:
    """Show a roll: what is done, in flight, waited for, held, what is next, and what goes on. The newest by default."""
    clusters: Clusters = ctx.obj
    cluster = clusters.open(config, name)
    found = _shown(cluster, roll_id)
    if found is None:
        facts, said = _nothing(cluster)
    else:
        standing = _standing(cluster, found)
        facts, said = _facts(standing), "\n".join(sentences(standing))
    click.echo(json.dumps(facts, indent=2) if as_json else said)
    if not roll_id:
        journals.told(cluster)


def _shown(cluster: Cluster, roll_id: str | None) -> Journal | None:
    """The roll that is named, or the newest, also where it is another cluster's."""
    try:
        with journals.lock_told(cluster):
            return cluster.shelf.load(roll_id) if roll_id else cluster.shelf.newest(lambda roll, progress: True)
    except Refused as error:
        if isinstance(error.__cause__, Unfit) and error.__cause__.shown:
            return error.__cause__.shown
        raise


def _standing(cluster: Cluster, journal: Journal) -> Standing:
    holder = journals.holder(cluster)
    others = (o for o in cluster.shelf.left() if o.roll.id != journal.roll.id and o.roll.id not in holder)
    over = journal.progress.over in ENDED  # nobody waits any more for what its process noted last
    now = None if over else noted.read(cluster.shelf.workspace(journal.roll.id))
    return Standing(journal, cluster.name, holder, now, tuple(others))


def _nothing(cluster: Cluster) -> tuple[dict[str, object], str]:
    """Of a cluster that no journal here tells of. A colleague, or a roll that still plans, may have its lock."""
    holder = journals.holder(cluster)
    facts: dict[str, object] = {
        "schema": SCHEMA,
        "roll": None,
        "cluster": cluster.name,
        "state": "none",
        "lock": holder,
    }
    at_work = f"\nThe cluster is being maintained by {holder}. Its journal is not here, or not begun." if holder else ""
    return facts, f"No roll of this cluster is known here.{at_work}"


def _facts(standing: Standing) -> dict[str, object]:
    roll, progress, now = standing.journal.roll, standing.journal.progress, standing.now
    return {
        "schema": SCHEMA,
        "roll": roll.id,
        "cluster": roll.cluster,
        "foreign": standing.foreign,
        "work": roll.work,
        "by": roll.by,
        "reason": roll.reason,
        "state": progress.over or "unfinished",
        "alive": standing.alive,
        "lock": standing.holder,
        "paused": "" if progress.over in ENDED else progress.paused,
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
