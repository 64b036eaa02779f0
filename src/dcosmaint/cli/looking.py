"""nodes: read only, safe while somebody else holds the lock."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from rich.table import Table

from dcosmaint.choice import outdated, role
from dcosmaint.cli.cluster import Cluster, Clusters
from dcosmaint.cli.exits import NO_ANSWER, REFUSED, untouched
from dcosmaint.cli.options import on_cluster, wants_json
from dcosmaint.cli.screen import screen
from dcosmaint.model import Inventory, Node, counted
from dcosmaint.survey import survey


def surveyed(cluster: Cluster) -> Inventory:
    """The cluster now, for a command that changes nothing and keeps nothing."""
    try:
        with TemporaryDirectory(prefix="dcosmaint-") as folder, cluster.connect(Path(folder) / "work") as site:
            return survey(site, datetime.now(UTC).timestamp())
    except NO_ANSWER as error:
        raise untouched(error, cluster.name) from error


@click.command()
@on_cluster
@wants_json
@click.pass_context
def nodes(ctx: click.Context, /, config: Path | None, name: str | None, as_json: bool) -> None:
    """List the nodes: how agents, instances and Terraform addresses join, and what runs on each.

    Exits with 3 when something does not join.
    """
    clusters: Clusters = ctx.obj
    inventory = surveyed(clusters.open(config, name))
    if as_json:
        click.echo(json.dumps([_facts(node, inventory) for node in inventory.nodes], indent=2))
    else:
        screen().print(_table(inventory))
    unjoined = [finding for finding in inventory.blockers if finding.rule != "terraform-exposed"]
    for finding in (*unjoined, *inventory.warnings):
        click.echo(f"{finding.rule}: {finding.subject}: {finding.message}", err=True)
    ctx.exit(REFUSED if unjoined else 0)


def _facts(node: Node, inventory: Inventory) -> dict[str, object]:
    agent = node.agent
    return {
        "node": node.address,
        "private_ip": node.private_ip,
        "instance_id": node.instance.id,
        "instance_state": node.instance.state,
        "agent_id": node.agent_id,
        "agent": _agent_state(node),
        "zone": node.instance.zone,
        "role": role(node),
        "ami": node.instance.ami,
        "outdated": outdated(node, inventory.images),
        "dcos": agent.version if agent else "",
        "members": [str(member) for member in node.members],
        "schedulers": list(node.schedulers),
        "apps": dict(node.apps),
        "tasks": node.tasks,
        "frameworks": dict(node.frameworks),
    }


def _agent_state(node: Node) -> str:
    agent = node.agent
    if agent is None:
        return "not listed"
    words = {"draining": agent.draining, "deactivated": agent.deactivated, "disconnected": not agent.active}
    return next((word for word, holds in words.items() if holds), "active")


def _table(inventory: Inventory) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in ("node", "private IP", "instance", "zone", "role", "agent", "AMI", "tasks", "members"):
        table.add_column(column, overflow="fold")
    for node in inventory.nodes:
        ami = f"{node.instance.ami}{' (outdated)' if outdated(node, inventory.images) else ''}"
        cells = (node.private_ip, node.instance.id, node.instance.zone, role(node), _agent_state(node), ami)
        members = [*map(str, node.members), *(f"scheduler of {service}" for service in node.schedulers)]
        members += [f"{counted(count, 'task')} of {framework}" for framework, count in node.frameworks.items()]
        table.add_row(node.address, *cells, str(node.tasks), "\n".join(members))
    return table
