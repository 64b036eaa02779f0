"""A cluster of the configuration file, bound."""

from __future__ import annotations

import os
import time
from functools import partial

from dcosmaint import wiring
from dcosmaint.adapters.lock import Holder, LocalLock
from dcosmaint.cli.cluster import Cluster, who
from dcosmaint.config import ClusterConfig
from dcosmaint.hands import ThreadHands
from dcosmaint.rolls import Shelf

WORKERS = 20
"""Looks at once. A node that waits holds none of them."""


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
