"""The files of the DC/OS CLI: which clusters it knows, where they are, and the token of each. Only read."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dcosmaint.errors import Usage

SWITCHES = ("", "true", "yes", "on", "1", "t", "false", "no", "off", "0", "f")
"""Words that switch verification; anything else is the path of a bundle."""

PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class CliCluster:
    """One cluster that the CLI was set up for."""

    id: str
    name: str
    url: str
    ssl_verify: str
    attached: bool
    token: str = field(repr=False)

    @property
    def called(self) -> str:
        return self.name or self.id or "its only cluster"

    @property
    def ca_cert(self) -> str:
        """The bundle that the CLI trusts for this cluster; "" where it trusts this machine's CAs, or anybody."""
        return "" if self.ssl_verify.strip().lower() in SWITCHES else self.ssl_verify


@dataclass(frozen=True)
class Files:
    """Where the CLI keeps what it knows."""

    root: Path  # $DCOS_DIR, or ~/.dcos
    old: Path | None = None  # of a CLI that knew one cluster (0.4): $DCOS_CONFIG, or dcos.toml in the root

    def known(self) -> tuple[CliCluster, ...]:
        """Sorted by folder. A broken file is passed over, as the CLI does. The old file counts where no new one is."""
        folders = sorted(path for path in (self.root / "clusters").glob("*") if path.is_dir())
        new = tuple(cluster for folder in folders if (cluster := _read(folder / "dcos.toml", folder.name)))
        old = None if new else _read(self.old or self.root / "dcos.toml", "")
        return (old,) if old else new


def choose(files: Files, wanted: str = "", url: str = "") -> CliCluster:
    """The cluster that is meant: by exact name or id, else by URL, else the only one, else the attached one.

    `wanted` is $DCOS_CLUSTER, `url` the configured one. A token is never handed to another URL than the one that it was
    issued for. Raises `Usage`.
    """
    known = files.known()
    if not known:
        raise Usage(f"the DC/OS CLI knows no cluster in {files.root}: run `dcos cluster setup URL`, or set dcos.auth")
    meant = _called(known, wanted) if wanted else _by_place(known, url)
    if url and _address(meant.url) != _address(url):
        named = "$DCOS_CLUSTER names" if wanted else "the DC/OS CLI has"
        cure = "unset it" if wanted else f"run `dcos cluster setup {url}`"
        raise Usage(f"{named} {meant.called} at {meant.url}, and dcos.url is {url}: correct one of them, or {cure}")
    return meant


def _called(known: Sequence[CliCluster], wanted: str) -> CliCluster:
    found = [cluster for cluster in known if wanted in (cluster.name, cluster.id)]
    if len(found) != 1:
        called = f"{len(found)} clusters of the DC/OS CLI are called so"
        raise Usage(f"$DCOS_CLUSTER is {wanted}, and {called}: make it the id of one of {_list(known)}")
    return found[0]


def _by_place(known: Sequence[CliCluster], url: str) -> CliCluster:
    there = [cluster for cluster in known if url and _address(cluster.url) == _address(url)] or known
    found = there if len(there) == 1 else [cluster for cluster in there if cluster.attached]
    if len(found) != 1:
        said = "more than one is attached" if found else "none is attached"
        cure = "set $DCOS_CLUSTER to the id of one, or run `dcos cluster attach`"
        raise Usage(f"the DC/OS CLI knows {_list(there)}, and {said}: {cure}")
    return found[0]


def _list(clusters: Sequence[CliCluster]) -> str:
    return ", ".join(f"{cluster.name} ({cluster.id})" if cluster.name else cluster.id for cluster in clusters)


def _read(path: Path, cluster_id: str) -> CliCluster | None:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    core, cluster = _table(content, "core"), _table(content, "cluster")
    url = str(core.get("dcos_url", ""))
    if not url:
        return None
    return CliCluster(
        id=cluster_id,
        name=str(cluster.get("name", "")),
        url=url.partition("/#/")[0].rstrip("/"),
        ssl_verify=str(core.get("ssl_verify", "")),
        attached=(path.parent / "attached").is_file(),
        token=str(core.get("dcos_acs_token", "")),
    )


def _table(content: dict[str, Any], name: str) -> dict[str, Any]:
    table = content.get(name)
    return table if isinstance(table, dict) else {}


def _address(url: str) -> tuple[str, str, int | None, str]:
    """What all ways to write one URL have in common. What is no URL is like nothing but itself."""
    try:
        parts = urlsplit(url.strip().partition("/#/")[0])
        port = parts.port or PORTS.get(parts.scheme)
    except ValueError:
        return "", url, None, ""
    return parts.scheme, parts.hostname or "", port, parts.path.rstrip("/")
