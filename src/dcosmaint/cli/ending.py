"""abort and rollback: the two ways to end a roll that is not wanted any more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from dcosmaint.adapters.holder import Holder
from dcosmaint.cli import drive, journals, unlocking, work
from dcosmaint.cli.at_work import AtWork
from dcosmaint.cli.cluster import Cluster, Clusters, who
from dcosmaint.cli.consent import answerable, consent, typed_name
from dcosmaint.cli.exits import DONE
from dcosmaint.cli.jsonl import nothing
from dcosmaint.cli.options import confirmed, of_lock, of_policy, on_cluster, wants_json
from dcosmaint.cli.price import price
from dcosmaint.cli.work import Wish
from dcosmaint.errors import Refused
from dcosmaint.journal import Journal
from dcosmaint.lines import Aborting
from dcosmaint.model import Flight, Progress, Work, counted
from dcosmaint.rolls import ENDED, before, reverts


@click.command()
@click.argument("roll_id", required=False, metavar="[ROLL]")
@on_cluster
@click.option("--hold", is_flag=True, help="Leave what is half done as it is, and say how to end it by hand.")
@click.option("--revert/--no-revert", default=None, help="Let Terraform name again what it named before the roll.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@of_lock
@wants_json
@click.pass_context
def abort(ctx: click.Context, /, roll_id: str | None, config: Path | None, name: str | None, **given: Any) -> None:
    """End a roll that was stopped, killed or left, or still runs here, the shortest way to nothing half done."""
    clusters: Clusters = ctx.obj
    cluster = clusters.open(config, name)
    found = journals.meant(cluster, roll_id)
    if found is None or found.progress.over in ENDED:
        says = "Nothing to abort: no roll of this cluster that is known here is unfinished."
        nothing(says, as_json=given["as_json"])
        return
    answerable(given)
    if working := cluster.at_work(found.roll.id):
        ctx.exit(_abort_under_way(cluster, found, working, given))
    aborting = Aborting(who(), hold=given["hold"], revert=_revert(found, given))
    if not given["as_json"]:
        click.echo("\n".join(_ends(found, aborting)))
    consent(given, lambda: click.confirm(f"Abort {found.roll.work} {found.roll.id}?"))
    ctx.exit(_abort(cluster, found, aborting, given))


def _abort(cluster: Cluster, found: Journal, aborting: Aborting, given: Mapping[str, Any]) -> int:
    claim = unlocking.take_over(cluster, found.roll, unlocking.Consent(given["yes"], given["owner"]))
    return drive.abort(cluster, claim, aborting, drive.Telling(given["as_json"]))


def _abort_under_way(cluster: Cluster, found: Journal, working: AtWork, given: Mapping[str, Any]) -> int:
    """Its process leaves first. What it has done until then is read again: it went on while somebody thought."""
    if not given["as_json"]:
        click.echo("\n".join(_under_way(cluster, found, working.holder, Aborting(who(), hold=given["hold"]))))
    consent(given, lambda: typed_name(cluster.name))
    working.leave()
    found = cluster.shelf.load(found.roll.id)
    if found.progress.over in ENDED:
        says = f"Nothing is left to abort: {found.roll.work} {found.roll.id} has ended ({found.progress.over})."
        nothing(says, as_json=given["as_json"])
        return DONE
    return _abort(cluster, found, Aborting(who(), hold=given["hold"], revert=_revert(found, given)), given)


def _under_way(cluster: Cluster, found: Journal, holder: Holder, aborting: Aborting) -> Iterator[str]:
    with closing(cluster.hands()) as hands:
        costs = price(found.progress, hands.now(), expected=0.0)
    yield f"It runs on this machine, by {holder}: that process is told to leave (SIGTERM). {costs}"
    yield from _ends(found, aborting)


def _revert(found: Journal, given: Mapping[str, Any]) -> bool:
    """Whether the edit of Terraform is taken back: asked, where nobody said."""
    edits = reverts(found.roll, found.progress)
    if given["revert"] is not None or not edits or given["yes"] or given["as_json"]:
        return bool(edits and given["revert"])
    named = ", ".join(f"{group} {ami}" for group, ami in edits.items())
    new = counted(len(found.progress.ended), "node is", "nodes are")
    return click.confirm(f"{new} on the new AMI. Should Terraform name again {named}?", default=False)


def _ends(found: Journal, aborting: Aborting) -> Iterator[str]:
    """What becomes of each node in flight."""
    done = f"{len(found.progress.ended)} of {counted(len(found.roll.targets), 'node')} done"
    yield f"{found.roll.work} {found.roll.id}: no node starts any more; {done}."
    for address, flight in found.progress.flights.items():
        ends = "is brought back" if found.roll.work is Work.UNDRAIN else _end(flight, aborting)
        yield f"  {address}: {ends}"
    if aborting.revert:
        edits = reverts(found.roll, found.progress)
        yield f"  Terraform names again {', '.join(f'{ami} for {group}' for group, ami in edits.items())}"


def _end(flight: Flight, aborting: Aborting) -> str:
    if not flight.busy:
        return "its cordon is lifted, and it is let go"
    if aborting.hold:
        return "is left as it is"
    if flight.stopping:
        return "is on its way already, and goes to its end"
    return f"is let go as soon as {', '.join(map(str, flight.holds))} is in sync"


@click.command()
@click.argument("roll_id", required=False, metavar="[ROLL]")
@on_cluster
@of_policy
@confirmed
@wants_json
@click.pass_context
def rollback(ctx: click.Context, /, roll_id: str | None, config: Path | None, name: str | None, **given: Any) -> None:
    """Bring the nodes that a roll has replaced back to the AMI that they had before, within the same limits."""
    clusters: Clusters = ctx.obj
    cluster = clusters.open(config, name)
    found = _to_roll_back(cluster, roll_id)
    images = tuple(f"{group}={ami}" for group, ami in before(found.progress).items())
    given |= {"ami": images, "only": tuple(ended.address for ended in found.progress.ended)}
    given["reason"] = given["reason"] or f"rollback of {found.roll.id}"
    ctx.exit(work.carry_out(cluster, Wish(Work.ROLLBACK, given)))


def _to_roll_back(cluster: Cluster, roll_id: str | None) -> Journal:
    """The newest roll that has replaced nodes, or the one that is named. Raises `Refused` for one below another."""
    shelf = cluster.shelf
    with journals.lock_told(cluster):
        found = shelf.load(roll_id) if roll_id else shelf.newest(lambda roll, progress: _renewed(progress))
    if found is None or not _renewed(found.progress):
        raise Refused("no roll that is known here has replaced a node. Nothing was touched.")
    mine = {ended.address for ended in found.progress.ended}
    later = shelf.newest(lambda roll, progress: not mine.isdisjoint(e.address for e in progress.ended))
    if later and later.roll.id != found.roll.id:
        raise Refused(
            f"roll {later.roll.id} has worked on nodes of {found.roll.id} since: roll that one back first. Nothing was"
            " touched."
        )
    return found


def _renewed(progress: Progress) -> bool:
    return any(ended.ami for ended in progress.ended)
