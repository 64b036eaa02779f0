"""The cluster named `sandbox`: the served one that runs, or, where there is no terraform, one in this very process."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

from dcosmaint import config as configuration
from dcosmaint.cli.cluster import Cluster, Working
from dcosmaint.cli.configured import bound
from dcosmaint.errors import Usage
from dcosmaint.hands import ThreadHands
from dcosmaint.journal import Journal
from dcosmaint.model import Policy
from dcosmaint.ports import Lease
from dcosmaint.sandbox import monitor
from dcosmaint.sandbox.faces import paced
from dcosmaint.sandbox.served import running
from dcosmaint.sandbox.served.files import Folder
from dcosmaint.sandbox.served.running import Running
from dcosmaint.sandbox.world import Shape, build
from dcosmaint.shelf import Shelf
from dcosmaint.site import Site

NAME = "sandbox"
WORKERS = 8  # the whole pretend cluster shares this machine with us
NOTHING_ORDERED = monitor.Ordered(0.0, {}, monitor.Yardstick())
FACTOR = 120.0
"""How much faster than ours the time of the cluster in process runs."""
NEARER = 0.1
"""What our calls and terraform take of our time at a served sandbox, beside a cluster behind a network."""


def folder() -> Path:
    return Folder.default(os.environ).root


def open_sandbox() -> Cluster:
    """The sandbox that runs. Raises `Usage` when none does: to start one would throw a stopped one's journals away."""
    found = running.find(folder())
    if found is None:
        raise Usage("no sandbox runs: `dcosmaint sandbox start` makes a fresh one, without what an earlier one left")
    return served(found)


def of_config(config: Path, name: str | None) -> Cluster | None:
    """The sandbox, in whatever folder, whose own configuration this is.

    Raises `Usage` where it does not run any more, or another cluster is meant.
    """
    whose = Folder(config.absolute().parent)
    if config.absolute() != whose.config or not whose.log.exists():
        return None
    own = f"{config} is the own configuration of the sandbox in its folder"
    if name not in (None, NAME):
        raise Usage(f"{own}, and has no cluster {name!r}: name a file of yours by --config, or leave --cluster out.")
    if found := running.find(whose.root):
        return served(found)
    raise Usage(f"{own}, which does not run: `dcosmaint sandbox start --dir {whose.root}` makes a fresh one.")


def served(sandbox: Running) -> Cluster:
    """As any other cluster of a configuration file, but for the pace of its time and the tally of its World."""
    os.environ.update(sandbox.environment)  # where its terraform finds the provider, and its AWS the credentials
    config = configuration.load(sandbox.config, sandbox=True).clusters[NAME]
    factor = float(sandbox.record["factor"])
    cluster = bound(configuration.Chosen(NAME, config, lacks=()))
    return replace(
        cluster,
        hands=lambda: ThreadHands(WORKERS, factor, began=float(sandbox.status()["now"])),
        assumed=Shape(drag=max(1.0, factor * NEARER)),
        factor=factor,
        notices=(_notice(factor),),
        tally=lambda: tally(sandbox.log(), cluster.shelf),
    )


def in_this_process(state: Path) -> Cluster:
    """A cluster that lives and ends with this process: no terraform, no wires, the same World."""
    hands = ThreadHands(WORKERS, FACTOR)
    world = build(began=hands.now())
    site, shelf = paced(world, hands.now), Shelf(state, NAME)

    @contextmanager
    def connect(work: Path) -> Iterator[Site]:
        yield site

    def policy(fleet: int) -> Policy:
        return Policy(batch_size=configuration.batch_size(4, fleet))

    def same_hands() -> Working:
        return hands

    return Cluster(
        name=NAME,
        shelf=shelf,
        connect=connect,
        hands=same_hands,
        policy=policy,
        factor=FACTOR,
        notices=(_notice(FACTOR),),
        lock=lambda claim: nullcontext(_Alone()),
        tally=lambda: tally(world.log, shelf),
    )


def _notice(factor: float) -> str:
    return f"this cluster is a pretend one; its time runs {factor:g} times as fast as yours"


def tally(log: Sequence[str], shelf: Shelf) -> list[str]:
    """What the World saw, each roll by what that one was to keep."""
    *earlier, newest = [NOTHING_ORDERED, *(_ordered(journal) for journal in reversed(shelf.known()))]
    seen = monitor.judge(log, newest.caps, yardstick=newest.yardstick, earlier=earlier)
    return ["", "What the pretend cluster saw:", *seen.table()]


def _ordered(journal: Journal) -> monitor.Ordered:
    policy, manner = journal.roll.policy, journal.roll.manner
    yardstick = monitor.Yardstick(
        cap=policy.default_cap,
        min_isr=policy.min_isr,
        ignored=frozenset(name for name in policy.moves if policy.ignores(name)),
        last=manner.last,
        airtight=manner.airtight,
        leaky=manner.leaks,
    )
    return monitor.Ordered(journal.progress.at, policy.caps, yardstick)


class _Alone(Lease):
    """Nobody else can reach a cluster that is in this process."""

    def check(self) -> None: ...
