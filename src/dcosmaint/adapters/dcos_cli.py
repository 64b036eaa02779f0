"""The files of the DC/OS CLI: which clusters it knows, where they are, and the token of each. Only read."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dcosmaint.adapters.tls import Tls
from dcosmaint.errors import Usage

YES, NO = ("true", "yes", "on", "1", "t", ""), ("false", "no", "off", "0", "f")
"""Words that switch verification; anything else is the path of a bundle."""


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
    def tls(self) -> Tls:
        word = self.ssl_verify.strip().lower()
        return Tls(verify=word not in NO, ca_cert="" if word in (*YES, *NO) else self.ssl_verify)


def choose(root: Path, wanted: str = "", url: str = "") -> CliCluster:
    """The cluster that is meant: by exact name or id, else by URL, else the only one, else the attached one.

    A token is never handed to another URL than the one that it was issued for. Raises `Usage`.
    """
    known = tuple(_known(root))
    if not known:
        raise Usage(f"the DC/OS CLI knows no cluster in {root}: run `dcos cluster setup URL`, or set dcos.auth")
    wished = _only(known, wanted, root) if wanted else _by_place(known, url, root)
    if url and _address(wished.url) != _address(url):
        raise Usage(
            f"the DC/OS CLI's cluster {wished.name or wished.id} is {wished.url}, not {url}, which dcos.url names"
        )
    return wished


def _only(known: Sequence[CliCluster], wanted: str, root: Path) -> CliCluster:
    found = [cluster for cluster in known if wanted in (cluster.name, cluster.id)]
    if len(found) != 1:
        raise Usage(f"{len(found)} clusters of the DC/OS CLI in {root} are called {wanted}: name its id")
    return found[0]


def _by_place(known: Sequence[CliCluster], url: str, root: Path) -> CliCluster:
    found = [cluster for cluster in known if url and _address(cluster.url) == _address(url)] or list(known)
    if len(found) > 1:
        found = [cluster for cluster in found if cluster.attached]
    if len(found) != 1:
        names = ", ".join(cluster.name or cluster.id for cluster in known)
        said = "none is attached" if not found else "more than one is attached"
        raise Usage(f"the DC/OS CLI in {root} knows {names}, and {said}: set $DCOS_CLUSTER, or `dcos cluster attach`")
    return found[0]


def _known(root: Path) -> Iterator[CliCluster]:
    """Sorted by folder. A broken file is passed over, as the CLI does. The old layout counts where no new one is."""
    folders = sorted(path for path in (root / "clusters").glob("*") if path.is_dir())
    new = [cluster for folder in folders if (cluster := _read(folder / "dcos.toml", folder.name))]
    old = None if new else _read(root / "dcos.toml", "")
    yield from new
    if old:
        yield old


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


def _address(url: str) -> str:
    return url.partition("/#/")[0].rstrip("/").lower()
