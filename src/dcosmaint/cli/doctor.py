"""doctor: look at everything a roll depends on, and change nothing."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from dcosmaint.checkup import Found, State, checks, look
from dcosmaint.cli.cluster import Cluster, Clusters
from dcosmaint.cli.exits import DONE, REFUSED
from dcosmaint.cli.options import on_cluster, wants_json
from dcosmaint.model import counted

SCHEMA = "dcosmaint/doctor/v1"
COLOURS = {State.OK: "green", State.WARNING: "yellow", State.RED: "red"}


@click.command()
@on_cluster
@wants_json
@click.pass_context
def doctor(ctx: click.Context, /, config: Path | None, name: str | None, as_json: bool) -> None:
    """Look at all that a roll depends on, and say what is wrong, with a remedy each. Nothing is changed.

    Exits with 3 when something is red.
    """
    clusters: Clusters = ctx.obj
    cluster = clusters.open(config, name)
    with _examined(cluster) as findings:
        states = _as_json(cluster.name, findings) if as_json else _as_text(findings)
    ctx.exit(REFUSED if states[State.RED] else DONE)


@contextmanager
def _examined(cluster: Cluster) -> Iterator[Iterator[Found]]:
    with (
        TemporaryDirectory(prefix="dcosmaint-") as folder,
        cluster.examine(Path(folder) / "work") as patient,
        closing(cluster.hands()) as hands,
    ):
        yield look(checks(patient, cluster.shelf, hands.now))


def _as_json(name: str, findings: Iterator[Found]) -> Counter[State]:
    found = list(findings)
    listed = [
        {"name": one.name, "state": one.remark.state, "says": one.remark.says, "remedy": one.remark.remedy}
        for one in found
    ]
    click.echo(json.dumps({"schema": SCHEMA, "cluster": name, "checks": listed}, indent=2, ensure_ascii=False))
    return Counter(one.remark.state for one in found)


def _as_text(findings: Iterator[Found]) -> Counter[State]:
    """Each as soon as it is known: some take seconds."""
    states: Counter[State] = Counter()
    for found in findings:
        state, remark = found.remark.state, found.remark
        states[state] += 1
        click.echo(f"{click.style(f'{state:7}', fg=COLOURS[state])} {found.name}: {remark.says}")
        if remark.remedy:
            click.echo(f"        now: {remark.remedy}")
    warnings = counted(states[State.WARNING], "warning")
    click.echo(f"{states[State.RED]} red, {warnings}, {states[State.OK]} ok. Nothing was changed.")
    return states
