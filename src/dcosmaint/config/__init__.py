"""The configuration: a YAML file, read once, checked whole, and frozen. Nothing else in this project reads it.

Secrets are never in it, only the names of the environment variables that hold them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from dcosmaint.config.document import Document
from dcosmaint.config.mistakes import listed
from dcosmaint.config.shape import ClusterConfig, Config
from dcosmaint.config.values import batch_size, seconds
from dcosmaint.errors import Usage
from dcosmaint.model import counted

__all__ = ["ClusterConfig", "Config", "batch_size", "cluster", "find", "load", "seconds"]

NAME = "dcosmaint.yaml"


def find(explicit: Path | None, env: Mapping[str, str]) -> Path:
    """The file to read: the one named, else `$DCOSMAINT_CONFIG`, the working folder's, the user's. Raises `Usage`."""
    if named := explicit or env.get("DCOSMAINT_CONFIG"):
        return _existing(Path(named), "--config" if explicit else "$DCOSMAINT_CONFIG")
    home = Path(env.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    places = (Path(NAME), home / "dcosmaint" / NAME)
    for place in places:
        if place.is_file():
            return place
    raise Usage(
        f"There is no configuration: neither {places[0].absolute()} nor {places[1]}.\n"
        "Write one of them (docs/configuration.md has every key), name another with --config FILE or"
        " $DCOSMAINT_CONFIG, or use --cluster sandbox, which needs none."
    )


def load(path: Path, *, sandbox: bool = False) -> Config:
    """The checked configuration. Raises `Usage` with every mistake in it, each with its line.

    `sandbox`: the file is the built-in sandbox's own, the only one that may name a cluster so.
    """
    document = Document.read(path)
    if document.data is None:
        raise Usage(f"The configuration {path} is empty: write at least one cluster (docs/configuration.md).")
    config, error = None, None
    try:
        config = Config.model_validate(document.data, context={"base": path.absolute().parent, "sandbox": sandbox})
    except ValidationError as invalid:
        error = invalid
    mistakes = listed(document, error)
    if config is None or mistakes:
        lines = (f"  {path}:{mistake.line}: {mistake}" for mistake in mistakes)
        raise Usage(
            "\n".join([f"The configuration has {counted(len(mistakes), 'mistake')}. Nothing was touched.", *lines])
        ) from None
    return config


def cluster(config: Config, name: str | None, env: Mapping[str, str]) -> tuple[str, ClusterConfig]:
    """The cluster that is meant: the one named, else `$DCOSMAINT_CLUSTER`, else the only one. Raises `Usage`."""
    there = ", ".join(config.clusters)
    if wanted := name or env.get("DCOSMAINT_CLUSTER"):
        if wanted not in config.clusters:
            raise Usage(f"The configuration has no cluster {wanted!r}. It has: {there}.")
        return wanted, config.clusters[wanted]
    if len(config.clusters) > 1:
        raise Usage(f"Which cluster? Write --cluster NAME or set $DCOSMAINT_CLUSTER. The configuration has: {there}.")
    return next(iter(config.clusters.items()))


def _existing(path: Path, named_by: str) -> Path:
    if not path.is_file():
        raise Usage(f"The configuration {path}, which {named_by} names, is not there, or is no file.")
    return path
