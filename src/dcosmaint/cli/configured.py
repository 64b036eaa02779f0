"""A cluster of the configuration file, bound.

Its wiring is imported when it is connected: boto3 and paramiko take a second to load, and `--help` needs neither.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from dcosmaint.adapters.shared_lock import SharedLock
from dcosmaint.checkup import Check, Patient, red
from dcosmaint.cli.cluster import Claim, Cluster
from dcosmaint.cli.locking import Locks
from dcosmaint.config import Chosen, ClusterConfig, refusal
from dcosmaint.errors import Usage
from dcosmaint.hands import ThreadHands
from dcosmaint.ports import Lease
from dcosmaint.shelf import Shelf
from dcosmaint.site import Site

WORKERS = 20
"""Looks at once. A node that waits holds none of them."""


def bound(chosen: Chosen) -> Cluster:
    name, config, code = chosen.name, chosen.config, chosen.config.terraform
    ways = _Ways(name, config, chosen.lacks)
    locks = Locks(ways.folder, name, ways.shared)
    return Cluster(
        name=name,
        shelf=Shelf(ways.folder, name),
        connect=ways.connect,
        hands=partial(ThreadHands, WORKERS),
        policy=config.policy_for,
        lock=partial(ways.hold, locks),
        holder=locks.said,
        at_work=locks.at_work,
        free=locks.free,
        exclude=config.policy.exclude,
        ami_files={name: str(code.file(group)) for group in code.groups for name in group.resources},
        notices=() if config.dcos.tls.verify else (f"certificates of {config.dcos.url} are not verified",),
        checks=partial(ways.examine, locks),
    )


@dataclass(frozen=True)
class _Ways:
    """To the cluster, each of them made when it is gone."""

    name: str
    config: ClusterConfig
    lacks: tuple[str, ...]

    @property
    def folder(self) -> Path:
        return self.config.state.journal / self.name

    def whole(self) -> None:
        """Raise `Usage` where this machine lacks something, before anything is connected to."""
        if self.lacks:
            raise Usage(refusal(self.lacks))

    def hold(self, locks: Locks, claim: Claim) -> AbstractContextManager[Lease]:
        self.whole()
        return locks.hold(claim)

    @contextmanager
    def shared(self) -> Iterator[SharedLock | None]:
        from dcosmaint import wiring

        with wiring.shared_lock(self.config, self.name) as lock:
            yield lock

    @contextmanager
    def connect(self, work: Path) -> Iterator[Site]:
        self.whole()
        from dcosmaint import wiring

        with wiring.connect(self.config, work) as site:
            yield site

    @contextmanager
    def examine(self, locks: Locks, work: Path) -> Iterator[Patient]:
        from dcosmaint import wiring

        with wiring.examine(self.config, self.folder, work) as patient:
            lacks = Check("configuration", partial(map, red, self.lacks))
            yield replace(patient, own=(lacks, *patient.own), never=self.config.policy.exclude, holder=locks.said)
