"""unlock, and what resume and abort do about a lock that their roll left: take it away from somebody who is dead."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path

import click

from dcosmaint.adapters.holder import Holder
from dcosmaint.cli.cluster import Claim, Cluster, Clusters, who
from dcosmaint.cli.options import of_lock, on_cluster
from dcosmaint.errors import Refused
from dcosmaint.model import Roll


@dataclass(frozen=True)
class Consent:
    """What was said beforehand of whoever holds the lock of a roll that is taken over."""

    yes: bool
    owner: str | None  # who is said to be dead


@click.command()
@on_cluster
@of_lock
@click.pass_context
def unlock(ctx: click.Context, /, config: Path | None, name: str | None, owner: str | None) -> None:
    """Take the lock of a cluster away from a process that is dead. The owner's name is asked for.

    A local lock needs none of this: it is free as soon as its process has ended.
    """
    clusters: Clusters = ctx.obj
    cluster = clusters.open(config, name)
    freed = cluster.free(lambda holder, watched: _typed(cluster, holder, owner))
    if freed is None:
        click.echo("Nothing to do: nobody holds the lock.")
        return
    click.echo(f"The lock is free. If roll {freed.roll} has nodes in flight, its own `dcosmaint resume` comes first.")


def claim(cluster: Cluster, roll_id: str, reason: str) -> Claim:
    """The lock for a roll that is to begin."""
    return Claim(roll_id, reason, lambda: cluster.shelf.may_be_loose(roll_id))


def take_over(cluster: Cluster, roll: Roll, consent: Consent) -> Claim:
    """The lock for a roll that has begun, which may have left it. Another roll's is left alone."""
    return replace(claim(cluster, roll.id, roll.reason), agreed=lambda holder, watched: _ours(holder, consent, watched))


def _typed(cluster: Cluster, holder: Holder, owner: str | None) -> bool:
    hours = max(0.0, time.time() - holder.since) / 3600
    click.echo(f"The lock of {cluster.name} is held by {holder}, {hours:.1f} h ago.", err=True)
    click.echo("Take it away only if that process is dead: two rolls at once break the caps of both.", err=True)
    given = owner if owner is not None else _asked(f"Type the owner's name ({holder.by}) to take the lock away")
    if not given:
        raise Refused(f"nobody typed the owner's name: add --owner {holder.by}. Nothing was touched.")
    if given != holder.by:
        raise _another(holder)
    return True


def _ours(holder: Holder, consent: Consent, watched: bool) -> bool:
    """Whether to go on in the place of whoever worked on this roll.

    One's own process on this machine is dead: it would hold the local lock. Of somebody else's only a heartbeat tells.
    """
    click.echo(f"note: this roll's lock is still held by {holder}", err=True)
    if holder.by == who() or consent.owner == holder.by or (consent.yes and watched):
        return True
    if consent.owner:
        raise _another(holder)
    if consent.yes:
        raise Refused(
            f"{holder.by} may be at work, and --yes is no proof that they are not: add --owner {holder.by} once that"
            " process is dead. Nothing was touched."
        )
    click.echo(f"Nothing here can stop that process: if it is at work, interrupt it at {holder.machine}.", err=True)
    if _asked(f"Only if it is dead: type the owner's name ({holder.by}) to take the lock over") != holder.by:
        raise Refused(f"{holder.by} may be at work. Nothing was touched.")
    return True


def _another(holder: Holder) -> Refused:
    return Refused(f"the owner of the lock is {holder.by}, and another name was given. Nothing was touched.")


def _asked(question: str) -> str:
    """ "" where nobody is there to type anything."""
    try:
        return str(click.prompt(question, default="", show_default=False, err=True))
    except click.Abort:
        return ""
