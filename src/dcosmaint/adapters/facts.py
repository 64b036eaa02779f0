"""What a cluster says of itself: versions, variant, security mode, masters."""

from __future__ import annotations

from typing import cast, get_args

from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.mesos_tasks import v1
from dcosmaint.errors import DcosmaintError, LoginLost, Retryable
from dcosmaint.model import ClusterFacts, Security


def facts(router: AdminRouter) -> ClusterFacts:
    dcos = router.get("dcos-metadata/dcos-version.json").json()
    variant = dcos.text_or("", "dcos-variant")
    return ClusterFacts(
        dcos_version=dcos.text("version"),
        mesos_version=v1(router, "GET_VERSION").text("get_version", "version_info", "version"),
        variant=variant,
        masters=_masters(router),
        marathon_version=_told(router, "marathon/v2/info", "version"),
        security="" if variant == "open" else _security(router),
    )


def _masters(router: AdminRouter) -> tuple[str, ...]:
    """From Mesos-DNS, which lists an empty address where it knows none."""
    answer = router.get("mesos_dns/v1/hosts/master.mesos")
    found = sorted({ip for entry in answer.json().list() if (ip := entry.text_or("", "ip"))})
    if not found:
        raise Retryable(f"{answer.call}: Mesos-DNS knows no master")
    return tuple(found)


def _security(router: AdminRouter) -> Security:
    """Open DC/OS has no such file, and says that it is open from 1.12 on only."""
    mode = _told(router, "dcos-metadata/bootstrap-config.json", "security")
    return cast(Security, mode) if mode in get_args(Security) else ""


def _told(router: AdminRouter, path: str, key: str) -> str:
    """Nothing where it is not told: a roll does without it, and our user may lack the permission to see it."""
    try:
        return router.get(path).json().text_or("", key)
    except LoginLost:
        raise
    except DcosmaintError:
        return ""
