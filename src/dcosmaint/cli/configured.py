"""A cluster of the configuration file, bound.

Its wiring is imported when it is connected: boto3 and paramiko take a second to load, and `--help` needs neither.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from dcosmaint.adapters.shared_lock import SharedLock
from dcosmaint.checkup import Patient
from dcosmaint.cli.cluster import Cluster
from dcosmaint.cli.locking import Locks
from dcosmaint.config import ClusterConfig
from dcosmaint.hands import ThreadHands
from dcosmaint.shelf import Shelf
from dcosmaint.site import Site

WORKERS = 20
"""Looks at once. A node that waits holds none of them."""


def bound(name: str, config: ClusterConfig) -> Cluster:
    ways = _Ways(name, config)
    locks = Locks(ways.folder, name, ways.shared)
    return Cluster(
        name=name,
        shelf=Shelf(ways.folder, name),
        connect=ways.connect,
        hands=partial(ThreadHands, WORKERS),
        policy=config.policy_for,
        lock=locks.hold,
        holder=locks.said,
        at_work=locks.at_work,
        free=locks.free,
        exclude=config.policy.exclude,
        notices=() if config.dcos.tls.verify else (f"certificates of {config.dcos.url} are not verified",),
        checks=partial(ways.examine, locks),
    )


@dataclass(frozen=True)
class _Ways:
    """To the cluster, each of them made when it is gone."""

    name: str
    config: ClusterConfig

    @property
    def folder(self) -> Path:
        return self.config.state.journal / self.name

    @contextmanager
    def shared(self) -> Iterator[SharedLock | None]:
        from dcosmaint import wiring

        with wiring.shared_lock(self.config, self.name) as lock:
            yield lock

    @contextmanager
    def connect(self, work: Path) -> Iterator[Site]:
        from dcosmaint import wiring

        with wiring.connect(self.config, work) as site:
            yield site

    @contextmanager
    def examine(self, locks: Locks, work: Path) -> Iterator[Patient]:
        from dcosmaint import wiring

        with wiring.examine(self.config, self.folder, work) as patient:
            yield replace(patient, holder=locks.said)
