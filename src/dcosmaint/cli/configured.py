"""A cluster of the configuration file, bound."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from dcosmaint import wiring
from dcosmaint.checkup import Patient
from dcosmaint.cli.cluster import Cluster
from dcosmaint.cli.locking import Locks
from dcosmaint.config import ClusterConfig
from dcosmaint.hands import ThreadHands
from dcosmaint.rolls import Shelf

WORKERS = 20
"""Looks at once. A node that waits holds none of them."""


def bound(name: str, config: ClusterConfig) -> Cluster:
    folder = config.state.journal / name
    locks = Locks(folder, name, partial(wiring.shared_lock, config, name))

    @contextmanager
    def checks(work: Path) -> Iterator[Patient]:
        with wiring.examine(config, folder, work) as patient:
            yield replace(patient, holder=locks.said)

    return Cluster(
        name=name,
        shelf=Shelf(folder),
        connect=partial(wiring.connect, config),
        hands=partial(ThreadHands, WORKERS),
        policy=config.policy_for,
        lock=locks.hold,
        holder=locks.said,
        free=locks.free,
        exclude=config.policy.exclude,
        notices=() if config.dcos.tls.verify else (f"certificates of {config.dcos.url} are not verified",),
        checks=checks,
    )
