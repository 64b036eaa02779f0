"""sandbox: the pretend cluster, to rehearse, to learn, to show."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from dcosmaint.cli import pretend_cluster, work
from dcosmaint.cli.cluster import Cluster
from dcosmaint.cli.work import Wish
from dcosmaint.model import Work
from dcosmaint.sandbox.served import running
from dcosmaint.sandbox.served.running import Running
from dcosmaint.sandbox.served.settings import JOBS, KAFKA, VOLUMES, Settings
from dcosmaint.sandbox.world.profiles import PROFILES

TERRAFORM_MISSING = (
    "terraform is not on PATH (get it from its vendor, https://developer.hashicorp.com/terraform/install, or use your"
    " system's package): rolling a cluster in this process instead, without real terraform, SSH and HTTP."
)

QUICK = 200.0
"""How much faster than ours the demo's time runs: two hours are a minute, beside what terraform takes."""

OUTLIVING = "What each node keeps on a volume that outlives its instance."
FAULTS = "none; some: one answer in fifty gets lost; or names of docs/reliability.md, with commas between them."

KAFKA_HELP = (
    "Its services. rf1: one topic has one copy; stores: a Cassandra and an HDFS, too; secured: only the brokers of one"
    " Kafka tell who is in sync; dedicated: no node is to spare for its brokers."
)
JOBS_HELP = "Tasks of other frameworks, which nobody moves."

at = click.option("--dir", "root", type=click.Path(path_type=Path, file_okay=False), help="Where its files are.")


@click.group()
def sandbox() -> None:
    """A pretend cluster over real wires: HTTP, SSH, AWS, terraform, packer. `--cluster sandbox` works on it."""


@sandbox.command()
@at
@click.option("--nodes", type=click.IntRange(8, 200), default=12, show_default=True)
@click.option("--kafka", type=click.Choice(list(KAFKA)), default="default", show_default=True, help=KAFKA_HELP)
@click.option("--jobs", type=click.Choice(list(JOBS)), default="none", show_default=True, help=JOBS_HELP)
@click.option("--profile", type=click.Choice(list(PROFILES)), default="2.1", show_default=True, help="DC/OS version.")
@click.option("--time-factor", type=float, default=60.0, show_default=True, help="How much faster its time runs.")
@click.option("--faults", default="none", show_default=True, help=FAULTS)
@click.option("--provider", type=click.Choice(["builtin", "real"]), default="builtin", show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--volumes", type=click.Choice(VOLUMES), default="none", show_default=True, help=OUTLIVING)
def start(root: Path | None, **given: Any) -> None:
    """Start it. It goes on when this command has ended."""
    begun = running.start(Settings(root or pretend_cluster.folder(), **given))
    click.echo(f"The sandbox serves at {begun.url}; its configuration is {begun.config}.")
    click.echo(f"Next: {' '.join(first_words(begun))}")


def first_words(begun: Running) -> list[str]:
    """The command to begin with. One in a folder of its own is found by its configuration."""
    own = [] if begun.folder.root == pretend_cluster.folder().absolute() else ["--config", str(begun.config)]
    return ["dcosmaint", "plan", *own, "--cluster", pretend_cluster.NAME, "--ami", begun.record["amis"]["next"]]


@sandbox.command()
@at
def stop(root: Path | None) -> None:
    """Stop it. Its files stay until it is started again."""
    found = running.find(root or pretend_cluster.folder())
    if found:
        found.stop()
    click.echo("Stopped." if found else "No sandbox runs.")


@sandbox.command()
@at
@click.pass_context
def status(ctx: click.Context, /, root: Path | None) -> None:
    """Say whether it runs, and what its World saw so far. Exits with 3 when it does not run."""
    found = running.find(root or pretend_cluster.folder())
    if found is None:
        click.echo("No sandbox runs. `dcosmaint sandbox start` starts one.")
        ctx.exit(3)
    for key, value in found.status().items():
        click.echo(f"{key}: {value}")
    click.echo("\n".join(pretend_cluster.served(found).tally()))


@sandbox.command()
@at
def reset(root: Path | None) -> None:
    """Remove what a stopped sandbox left."""
    running.reset(root or pretend_cluster.folder())
    click.echo("Removed.")


@sandbox.command()
@click.option("--keep", is_flag=True, help="Leave the sandbox running.")
@click.pass_context
def demo(ctx: click.Context, /, keep: bool) -> None:
    """Roll a fresh pretend cluster and show it."""
    if shutil.which("terraform") is None:
        click.echo(TERRAFORM_MISSING, err=True)
        with TemporaryDirectory(prefix="dcosmaint-demo-") as state:
            ctx.exit(_roll(pretend_cluster.in_this_process(Path(state)), {"bake": True}))
    if found := running.find(pretend_cluster.folder()):
        found.stop()
    begun = running.start(Settings(pretend_cluster.folder(), time_factor=QUICK))
    try:
        ctx.exit(_roll(pretend_cluster.served(begun), _image(begun)))
    finally:
        if not keep:
            begun.stop()


def _image(begun: Running) -> dict[str, Any]:
    """Packer bakes where it is there; else the sandbox's own newer AMI is rolled out."""
    return {"bake": True} if begun.record["programs"]["packer"] else {"ami": (begun.record["amis"]["next"],)}


def _roll(cluster: Cluster, image: dict[str, Any]) -> int:
    return work.carry_out(cluster, Wish(Work.ROLL, {**image, "yes": True, "reason": "demo"}))
