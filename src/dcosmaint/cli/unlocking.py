"""unlock, and what resume and abort do about a lock that their roll left: take it away from somebody who is dead."""

from __future__ import annotations

import time
from pathlib import Path

import click

from dcosmaint.adapters.holder import Holder
from dcosmaint.cli.cluster import Cluster, Clusters, who
from dcosmaint.cli.options import on_cluster
from dcosmaint.errors import Refused

WATCHED = "note: taking the lock away; where it has a heartbeat, that is watched first for most of a minute"


@click.command()
@on_cluster
@click.option("--owner", metavar="USER@MACHINE", help="Whose lock it is, instead of typing it when asked.")
@click.pass_context
def unlock(ctx: click.Context, /, config: Path | None, name: str | None, owner: str | None) -> None:
    """Take the lock of a cluster away from a process that is dead. The owner's name is asked for.

    A local lock needs none of this: it is free as soon as its process has ended.
    """
    clusters: Clusters = ctx.obj
    cluster = clusters.open(config, name)
    freed = cluster.free(lambda holder: _typed(cluster, holder, owner))
    if freed is None:
        click.echo("Nothing to do: nobody holds the lock.")
        return
    click.echo(f"The lock is free. If roll {freed.roll} has nodes in flight, its own `dcosmaint resume` comes first.")


def take_over(cluster: Cluster, roll_id: str, *, yes: bool) -> None:
    """Free the lock that this very roll holds, so that its resume can take it. Another roll's is left alone."""
    cluster.free(lambda holder: holder.roll == roll_id and _ours(holder, yes=yes))


def _typed(cluster: Cluster, holder: Holder, owner: str | None) -> bool:
    hours = max(0.0, time.time() - holder.since) / 3600
    click.echo(f"The lock of {cluster.name} is held by {holder}, {hours:.1f} h ago.", err=True)
    click.echo("Take it away only if that process is dead: two rolls at once break the caps of both.", err=True)
    given = owner if owner is not None else _asked(f"Type the owner's name ({holder.by}) to take the lock away")
    if given != holder.by:
        raise Refused(f"the owner of the lock is {holder.by}, and another name was given. Nothing was touched.")
    click.echo(WATCHED, err=True)
    return True


def _ours(holder: Holder, *, yes: bool) -> bool:
    """Whether to go on in the place of whoever worked on this roll.

    One's own process on this machine is dead: it would hold the local lock. Of somebody else's nobody here can tell.
    """
    click.echo(f"note: this roll's lock is still held by {holder}, and is taken over", err=True)
    if holder.by != who() and not yes and not click.confirm(f"Is that process of {holder.by} dead?"):
        raise Refused(f"{holder.by} may be at work. Nothing was touched.")
    click.echo(WATCHED, err=True)
    return True


def _asked(question: str) -> str:
    """ "" where nobody is there to type anything."""
    try:
        return str(click.prompt(question, default="", show_default=False, err=True))
    except click.Abort:
        return ""
