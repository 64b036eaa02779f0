"""Clusters of the configuration file, and the pretend one."""

from __future__ import annotations

import os
import time
from functools import partial
from pathlib import Path

from dcosmaint import config as configuration
from dcosmaint import wiring
from dcosmaint.adapters.lock import Holder, LocalLock
from dcosmaint.cli import pretend_cluster
from dcosmaint.cli.cluster import Cluster, Clusters, who
from dcosmaint.config import ClusterConfig
from dcosmaint.hands import ThreadHands
from dcosmaint.rolls import Shelf

WORKERS = 20
"""Looks at once. A node that waits holds none of them."""


class Configured(Clusters):
    def open(self, config: Path | None, name: str | None) -> Cluster:
        if name == pretend_cluster.NAME and not config:
            return pretend_cluster.open_sandbox()
        loaded = configuration.load(configuration.find(config, os.environ))
        return bound(*configuration.cluster(loaded, name, os.environ))


def bound(name: str, config: ClusterConfig) -> Cluster:
    folder = config.state.journal / name

    def lock(roll_id: str) -> LocalLock:
        return LocalLock.take(folder, name, Holder(who(), os.getpid(), roll_id, time.time()))

    return Cluster(
        name=name,
        shelf=Shelf(folder),
        connect=partial(wiring.connect, config),
        hands=partial(ThreadHands, WORKERS),
        policy=config.policy_for,
        lock=lock,
        exclude=config.policy.exclude,
        notices=() if config.dcos.tls.verify else (f"certificates of {config.dcos.url} are not verified",),
    )
