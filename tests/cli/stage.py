"""The command line on a World in process and on virtual time: the commands can't tell it from any other cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from dcosmaint.cli import commands, pretend_cluster
from dcosmaint.cli.cluster import Claim, Cluster, Clusters, Working
from dcosmaint.errors import Usage
from dcosmaint.hands import Signal, VirtualHands
from dcosmaint.model import Policy
from dcosmaint.ports import Lease
from dcosmaint.sandbox.faces import in_process
from dcosmaint.sandbox.world import Shape, World, build
from dcosmaint.shelf import Shelf
from dcosmaint.site import Site


class Free(Lease):
    def check(self) -> None: ...


class Hands(VirtualHands):
    def interrupt(self, signal: Signal) -> None: ...

    def close(self) -> None: ...


class Stage(Clusters):
    """One pretend cluster, and everything that is typed at it."""

    def __init__(self, state: Path, shape: Shape | None = None, policy: Policy | None = None) -> None:
        self.world: World = build(shape)
        self.shelf = Shelf(state / "sandbox", "sandbox")
        self._policy = policy or Policy(batch_size=4, soak=60.0)
        self.cluster = Cluster(
            name="sandbox",
            shelf=self.shelf,
            connect=self._connect,
            hands=self._hands,
            policy=lambda fleet: self._policy,
            lock=self._lock,
            tally=lambda: pretend_cluster.tally(self.world.log, self.shelf),
        )

    def open(self, config: Path | None, name: str | None) -> Cluster:
        if name not in (None, "sandbox"):
            raise Usage(f"no cluster {name}")
        return self.cluster

    def limit(self, **changes: Any) -> None:
        self._policy = replace(self._policy, **changes)

    @property
    def new_ami(self) -> str:
        return list(self.world.cloud.amis)[-1]

    def address(self, number: int) -> str:
        return f"aws_instance.dcos_agent_node[{number}]"

    def type(self, *words: str, answer: str = "") -> Result:
        return CliRunner().invoke(commands, list(words), obj=self, input=answer, catch_exceptions=False)

    @contextmanager
    def _connect(self, work: Path) -> Iterator[Site]:
        try:
            yield in_process(self.world, failures=0.0)
        finally:
            self.world.followers.abandon()

    def _hands(self) -> Working:
        return Hands(self.world)

    def _lock(self, claim: Claim) -> AbstractContextManager[Lease]:
        return nullcontext(Free())
