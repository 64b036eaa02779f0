"""The flags that several commands share, as values."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import click

from dcosmaint.choice import Choice
from dcosmaint.cli.pasted import kept
from dcosmaint.cli.risks import Risk
from dcosmaint.config import batch_size, seconds
from dcosmaint.errors import Usage
from dcosmaint.model import Policy

F = TypeVar("F", bound=Callable[..., Any])


class Duration(click.ParamType[float]):
    """90, 90s, 2m, 1h30m: seconds."""

    name = "duration"

    def __init__(self, *, positive: bool = False) -> None:
        self._positive = positive

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            found = seconds(value)
        except Usage as error:
            self.fail(str(error), param, ctx)
        if self._positive and not found:
            self.fail(f"{value}: write more than nothing, such as 2h", param, ctx)
        return found


class ServiceCap(click.ParamType[tuple[str, int]]):
    """SERVICE=N."""

    name = "service=n"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, int]:
        if isinstance(value, tuple):
            return value
        match = re.fullmatch(r"/?([^=]+?)/?=(\d+)", value)
        if not match or not int(match[2]):
            self.fail(f"{value}: write SERVICE=N with N of 1 or more, such as kafka-events=1", param, ctx)
        return match[1], int(match[2])


class BatchSize(click.ParamType[str]):
    """N or N% of the fleet."""

    name = "n|n%"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            batch_size(value, 100)
        except Usage as error:
            self.fail(str(error), param, ctx)
        return str(value)


_exclude = click.option("--exclude", multiple=True, metavar="NODE", help="Not this node; may be repeated.")
_batch_size = click.option("--batch-size", type=BatchSize(), help="Nodes at once.")
_cap = click.option("--cap", "caps", multiple=True, type=ServiceCap(), help="Most members lost or held at once.")
_accept = click.option("--accept", "accepted", multiple=True, type=Risk(), help="Take this risk.")
_reassigned = click.option(
    "--reassigned",
    multiple=True,
    metavar="SERVICE/TOPIC",
    help="Its partitions were given to other brokers since: measure by who is in sync in it now.",
)


def on_cluster(command: F) -> F:
    """Which cluster, by which configuration."""
    command = click.option(
        "--cluster",
        "name",
        envvar="DCOSMAINT_CLUSTER",
        callback=kept,
        help="Which cluster; the only one by default.",
    )(command)
    return click.option(
        "--config",
        type=click.Path(path_type=Path, dir_okay=False),
        callback=kept,
        help="The configuration; $DCOSMAINT_CONFIG, ./dcosmaint.yaml or the user's by default.",
    )(command)


def of_nodes(command: F) -> F:
    """Which nodes."""
    for option in reversed(
        (
            click.option("--only", multiple=True, metavar="NODE", help="This node and no other; may be repeated."),
            _exclude,
            click.option("--zone", "zones", multiple=True, help="Nodes of this availability zone."),
            click.option("--role", "roles", multiple=True, type=click.Choice(["private", "public"])),
            click.option("--limit", type=click.IntRange(min=1), help="At most so many nodes."),
        )
    ):
        command = option(command)
    return command


def of_policy(command: F) -> F:
    """How fast, and how much may be lost. What is not given is the configuration's."""
    for option in reversed(
        (
            _batch_size,
            _cap,
            click.option("--strategy", type=click.Choice(["batch", "window"])),
            click.option("--canary", type=click.IntRange(min=0), help="So many nodes go alone first."),
            click.option("--soak", type=Duration(), help="How long the canary is watched."),
            _accept,
        )
    ):
        command = option(command)
    return command


def of_one_node(command: F) -> F:
    """What is left of `of_policy` where a single node has its turn."""
    return _cap(_accept(command))


def of_terms(command: F) -> F:
    """What a resume may add to its roll."""
    for option in (wants_deadline, _reassigned, _accept, _exclude, _cap, _batch_size):
        command = option(command)
    return command


wants_deadline = click.option(
    "--deadline",
    type=Duration(positive=True),
    help="Time after which no node starts, and those that are only cordoned are let go.",
)


def confirmed(command: F) -> F:
    command = click.option("--yes", is_flag=True, help="Do not ask.")(command)
    return click.option("--reason", default="", help="Why; it stands in the journal.")(command)


of_lock = click.option("--owner", metavar="USER@MACHINE", help="Whose lock it is, instead of being asked.")

wants_json = click.option("--json", "as_json", is_flag=True, help="For programs.")


@dataclass(frozen=True)
class Flags:
    """What was given of `of_nodes` and `of_policy`, whatever else a command takes."""

    given: Mapping[str, Any]

    def choice(self, never: tuple[str, ...]) -> Choice:
        given = self.given
        return Choice(
            only=given.get("only", ()),
            exclude=given.get("exclude", ()),
            never=never,
            zones=given.get("zones", ()),
            roles=given.get("roles", ()),
            limit=given.get("limit"),
        )

    def policy(self, base: Policy, fleet: int) -> Policy:
        given = self.given
        changes = {key: given[key] for key in ("strategy", "canary", "soak", "deadline") if given.get(key) is not None}
        if given.get("batch_size"):
            changes["batch_size"] = batch_size(given["batch_size"], fleet)
        caps = {**base.caps, **dict(given.get("caps", ()))}
        return replace(base, caps=caps, accepted=(*base.accepted, *given.get("accepted", ())), **changes)
