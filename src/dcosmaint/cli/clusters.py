"""All clusters there are: those of the configuration file, and the pretend one."""

from __future__ import annotations

import os
from pathlib import Path

from dcosmaint import config as configuration
from dcosmaint.cli import pretend_cluster
from dcosmaint.cli.cluster import Cluster, Clusters
from dcosmaint.cli.configured import bound


class Known(Clusters):
    def open(self, config: Path | None, name: str | None) -> Cluster:
        if name == pretend_cluster.NAME and not config:
            return pretend_cluster.open_sandbox()
        file = configuration.find(config, os.environ)
        if own := pretend_cluster.of_config(file, name):
            return own
        return bound(configuration.choose(file, name, os.environ))
