"""The configuration: a YAML file, read once, checked whole, and frozen. Nothing else in this project reads it.

Secrets are never in it, only the names of the environment variables that hold them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from dcosmaint.config.document import Document
from dcosmaint.config.mistakes import Mistake, doubles, told
from dcosmaint.config.shape import ClusterConfig, Config
from dcosmaint.config.values import batch_size, seconds
from dcosmaint.errors import Usage
from dcosmaint.model import counted

__all__ = [
    "Chosen", "ClusterConfig", "Config", "batch_size", "choose", "cluster", "find", "load", "refusal", "seconds",
]  # fmt: skip

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
    """The checked configuration. Raises `Usage` with every mistake in it, each with its place.

    `sandbox`: the file is the built-in sandbox's own, the only one that may name a cluster so.
    """
    document = _read(path)
    config, mistakes = _checked(document, document.data, {"sandbox": sandbox})
    if config is None:
        raise Usage(refusal(_lines(document, mistakes)))
    return config


@dataclass(frozen=True)
class Chosen:
    """The cluster that is meant."""

    name: str
    config: ClusterConfig
    lacks: tuple[str, ...]  # what it names and this machine does not have, each with its place


def choose(path: Path, name: str | None, env: Mapping[str, str]) -> Chosen:
    """The cluster that is meant: the one named, else `$DCOSMAINT_CLUSTER`, else the only one.

    Raises `Usage` with every mistake in the file, and then with what this machine lacks for that cluster as well.
    A file without a mistake is told apart from its machine: journals can be read without a login.
    """
    document = _read(path)
    config, mistakes = _checked(document, document.data, {})
    lacks = _lacking(document, name or env.get("DCOSMAINT_CLUSTER"), env)
    if config is None:
        raise Usage(refusal(_lines(document, mistakes | lacks)))
    return Chosen(*cluster(config, name, env), _lines(document, lacks))


def refusal(lines: Sequence[str]) -> str:
    heading = f"The configuration has {counted(len(lines), 'mistake')}. Nothing was touched."
    return "\n".join([heading, *(f"  {line}" for line in lines)])


def _read(path: Path) -> Document:
    document = Document.read(path)
    if document.data is None:
        raise Usage(f"The configuration {path} is empty: write at least one cluster (docs/configuration.md).")
    return document


def _checked(
    document: Document, data: object, context: Mapping[str, object]
) -> tuple[Config | None, frozenset[Mistake]]:
    """The configuration, where nothing is wrong with it."""
    wrong = frozenset(doubles(document))
    try:
        config = Config.model_validate(data, context={"base": document.file.absolute().parent, **context})
    except ValidationError as invalid:
        return None, wrong | frozenset(told(document, invalid))
    return None if wrong else config, wrong


def _lacking(document: Document, name: str | None, env: Mapping[str, str]) -> frozenset[Mistake]:
    """What this machine lacks for the cluster that is meant, if there is one to be told from the others."""
    match document.data:
        case {"clusters": dict(clusters)} if name in clusters or (len(clusters) == 1 and not name):
            meant = name or next(iter(clusters))
            return _checked(document, {"clusters": {meant: clusters[meant]}}, {"env": env})[1]
    return frozenset()


def _lines(document: Document, mistakes: frozenset[Mistake]) -> tuple[str, ...]:
    """In the order of the file."""
    return tuple(f"{document.file}:{mistake.spot}: {mistake}" for mistake in sorted(mistakes))


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
