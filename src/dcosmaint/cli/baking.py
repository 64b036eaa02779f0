"""bake: an AMI, and nothing else."""

from __future__ import annotations

from pathlib import Path

import click

from dcosmaint.cli import drive
from dcosmaint.cli.cluster import Cluster, Clusters, who
from dcosmaint.cli.confirm import confirming
from dcosmaint.cli.options import on_cluster
from dcosmaint.cli.unlocking import claim
from dcosmaint.model import Roll, Work
from dcosmaint.rolls import new_id


@click.command()
@on_cluster
@click.pass_context
def bake(ctx: click.Context, /, config: Path | None, name: str | None) -> None:
    """Have Packer build an AMI and print its id. No node is touched; `roll --ami` takes it up."""
    clusters: Clusters = ctx.obj
    cluster = clusters.open(config, name)
    roll_id = new_id()
    roll = Roll(roll_id, cluster.name, Work.BAKE, (), cluster.policy(1), by=who())
    with drive.held(cluster, claim(cluster, roll_id, "an AMI is baked")) as lease:
        code = drive.begin(cluster, lease, roll, drive.Telling(), confirming(None))
    if code == 0:
        click.echo(_ami(cluster, roll_id))
    ctx.exit(code)


def _ami(cluster: Cluster, roll_id: str) -> str:
    with cluster.connect(cluster.shelf.workspace(roll_id)) as site:
        image = site.ec2.baked(roll_id)
        return image.id if image else f"no AMI carries the tag dcosmaint:roll={roll_id}"
