"""The command line: flags → values → one call → print."""

from __future__ import annotations

import sys
from importlib.metadata import version

import click

from dcosmaint.cli.baking import bake
from dcosmaint.cli.clusters import Known
from dcosmaint.cli.doctor import doctor
from dcosmaint.cli.edge import crash, open_streams
from dcosmaint.cli.ending import abort, rollback
from dcosmaint.cli.exits import Commands
from dcosmaint.cli.looking import nodes
from dcosmaint.cli.rolling import drain, plan, replace, resume, roll, undrain
from dcosmaint.cli.sandbox import sandbox
from dcosmaint.cli.signals import ended
from dcosmaint.cli.status import status
from dcosmaint.cli.unlocking import unlock


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("dcosmaint"), prog_name="dcosmaint")
@click.pass_context
def commands(ctx: click.Context, /) -> None:
    """Replace every agent node of a DC/OS cluster on AWS, one safe step at a time, while its users notice nothing."""
    ctx.obj = ctx.obj or Known()


for command in (
    doctor, nodes, plan, roll, drain, undrain, replace, bake, status, resume, abort, rollback, unlock, sandbox,
):  # fmt: skip
    commands.add_command(command)


def main() -> None:
    sys.excepthook = crash
    open_streams()
    try:
        commands(prog_name="dcosmaint")
    except SystemExit as end:
        ended(end.code if isinstance(end.code, int) else 1)
        raise
