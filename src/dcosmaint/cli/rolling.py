"""plan, roll, replace, drain, undrain, resume: what changes a cluster, and its preview."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from dcosmaint.cli import drive, journals, unlocking, work
from dcosmaint.cli.cluster import Clusters, who
from dcosmaint.cli.confirm import confirming
from dcosmaint.cli.consent import answerable, consent
from dcosmaint.cli.exits import DONE, OUTDATED
from dcosmaint.cli.jsonl import nothing
from dcosmaint.cli.options import (
    confirmed,
    of_lock,
    of_nodes,
    of_one_node,
    of_policy,
    of_terms,
    on_cluster,
    wants_deadline,
    wants_json,
)
from dcosmaint.cli.taking_over import asked, loud
from dcosmaint.cli.work import Wish
from dcosmaint.lines import TakenOver
from dcosmaint.model import Work, counted
from dcosmaint.rolls import ENDED

ALONE = {"canary": 0, "soak": 0.0}
"""One node needs no canary."""

wants_image = click.option(
    "--ami", multiple=True, metavar="[GROUP=]AMI", help="The AMI; what Terraform names by default."
)
wants_bake = click.option("--bake", is_flag=True, help="Have Packer build the AMI first.")
wants_dry_run = click.option("--dry-run", is_flag=True, help="Show the plan and touch nothing.")
asks_each = click.option("--confirm", type=click.Choice(["batch", "node"]), help="Ask before each.")


@click.command()
@on_cluster
@of_nodes
@of_policy
@wants_image
@wants_bake
@wants_json
@click.option("--exit-code", is_flag=True, help="6 when nodes are outdated, and nothing blocks or is stuck.")
@click.pass_context
def plan(ctx: click.Context, /, config: Path | None, name: str | None, exit_code: bool, **given: Any) -> None:
    """Show what a roll would do, in which order, at what price, and why not faster."""
    clusters: Clusters = ctx.obj
    made = work.show_plan(clusters.open(config, name), Wish(Work.ROLL, given))
    ended = work.previewed(made)
    ctx.exit(OUTDATED if exit_code and made.roll.targets and ended == DONE else ended)


@click.command()
@on_cluster
@of_nodes
@of_policy
@wants_image
@wants_bake
@asks_each
@wants_deadline
@confirmed
@wants_json
@wants_dry_run
@click.pass_context
def roll(ctx: click.Context, /, config: Path | None, name: str | None, dry_run: bool, **given: Any) -> None:
    """Replace every outdated node by an instance of the wanted AMI."""
    clusters: Clusters = ctx.obj
    cluster, wish = clusters.open(config, name), Wish(Work.ROLL, given)
    ctx.exit(work.preview(cluster, wish) if dry_run else work.carry_out(cluster, wish))


def _one(ctx: click.Context, kind: Work, given: dict[str, Any]) -> None:
    clusters: Clusters = ctx.obj
    cluster = clusters.open(given.pop("config"), given.pop("name"))
    given["only"] = (given.pop("node"),)
    wish = Wish(kind, given, ALONE)
    ctx.exit(work.preview(cluster, wish) if given.pop("dry_run") else work.carry_out(cluster, wish))


@click.command()
@click.argument("node")
@on_cluster
@of_one_node
@wants_image
@wants_deadline
@confirmed
@wants_json
@wants_dry_run
@click.pass_context
def replace(ctx: click.Context, /, **given: Any) -> None:
    """Replace one node, outdated or not."""
    _one(ctx, Work.REPLACE, given)


@click.command()
@click.argument("node")
@on_cluster
@of_one_node
@wants_deadline
@confirmed
@wants_json
@wants_dry_run
@click.pass_context
def drain(ctx: click.Context, /, **given: Any) -> None:
    """Empty one node and leave its instance running; it stays empty over a reboot."""
    _one(ctx, Work.DRAIN, given)


@click.command()
@click.argument("node")
@on_cluster
@confirmed
@wants_json
@wants_dry_run
@click.pass_context
def undrain(ctx: click.Context, /, **given: Any) -> None:
    """Bring a drained node back."""
    _one(ctx, Work.UNDRAIN, given)


@click.command()
@click.argument("roll_id", required=False, metavar="[ROLL]")
@on_cluster
@of_terms
@asks_each
@click.option("--yes", is_flag=True, help="Do not ask.")
@of_lock
@wants_json
@click.pass_context
def resume(ctx: click.Context, /, roll_id: str | None, config: Path | None, name: str | None, **given: Any) -> None:
    """Go on with a roll that was stopped, killed or left. The newest by default. Limits may be tightened."""
    clusters: Clusters = ctx.obj
    cluster = clusters.open(config, name)
    found = journals.meant(cluster, roll_id)
    if found is None:
        says = "Nothing to do: no roll of this cluster that is known here has anything left to do."
        nothing(says, as_json=given["as_json"])
        return
    if found.progress.over in ENDED:
        nothing(
            f"Nothing to do: {found.roll.work} {found.roll.id} is over ({found.progress.over}).",
            as_json=given["as_json"],
        )
        return
    answerable(given)
    wanted = asked(cluster, found, given)
    for said in () if given["as_json"] else loud(found, wanted):
        click.echo(said, err=True)
    left = counted(len(found.roll.targets) - len(found.progress.ended), "node is", "nodes are")
    asks = f"Go on with {found.roll.work} {found.roll.id}: {left} left, {len(found.progress.flights)} in flight?"
    consent(given, lambda: click.confirm(asks))
    claim = unlocking.take_over(cluster, found.roll, unlocking.Consent(given["yes"], given["owner"]))
    telling = drive.Telling(given["as_json"])
    line = TakenOver(who(), wanted.terms)
    ctx.exit(drive.go_on(cluster, claim, line, telling, confirming(given["confirm"])))
