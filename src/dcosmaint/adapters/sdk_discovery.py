"""Which SDK services there are: by the labels of their schedulers, which are Marathon apps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.bodies import Body
from dcosmaint.model import kinds

SPEAKS = "DCOS_COMMONS_API_VERSION"
"""The label of every scheduler with pod commands."""

SPOKE = "DCOS_MIGRATION_API_PATH"
"""The label of schedulers from before: Kafka up to 1.1.19, and betas with the plural path."""


GRACE = 1200.0
"""Seconds: what RECOVERY_GRACE_PERIOD_SEC is by default, says the guide of Kafka 1.1."""


@dataclass(frozen=True)
class Scheduler:
    """The scheduler of one service."""

    name: str  # without outer slashes: prod/kafka
    kind: str  # of `model/kinds.py`, or the package's name
    agent_id: str  # where its own task runs; "" while it runs nowhere
    legacy: bool  # from before pod commands, by its labels
    members: int = 0  # as its app's environment asks for (BROKER_COUNT); 0 where it does not say
    seeds: int | None = None  # likewise (LOCAL_SEEDS_COUNT)
    replaces_after: float | None = None  # as of `Service`
    hidden_by: str = ""  # a service that Admin Router takes for the first segments of this one's name

    def path(self, rest: str) -> str:
        """Below Admin Router. Inner slashes stay; the trap of a redirect without a path never opens."""
        return f"service/{quote(self.name, safe='/')}/{rest}"


def schedulers(router: AdminRouter, packages: frozenset[str] = frozenset()) -> tuple[Scheduler, ...]:
    """Sorted by name. `packages` are those whose members are Kafka brokers, beside the known ones."""
    apps = [app for label in (SPEAKS, SPOKE) for app in _apps(router, label)]
    found = {scheduler.name: scheduler for scheduler in (_scheduler(app, packages) for app in reversed(apps))}
    return tuple(_hide(found[name], sorted(found)) for name in sorted(found))


def is_scheduler(labels: Sequence[str]) -> bool:
    return SPEAKS in labels or SPOKE in labels


def _apps(router: AdminRouter, label: str) -> Iterator[Body]:
    """Read with its label as a filter: apps carry large labels, and a cluster has thousands of them."""
    answer = router.get(f"marathon/v2/apps?label={label}&embed=apps.tasks")
    return (app for app in answer.json().list("apps") if label in app.map_or_none("labels"))


def _scheduler(app: Body, packages: frozenset[str]) -> Scheduler:
    labels, env = app.map_or_none("labels"), app.map_or_none("env")
    names = (labels[key].text() for key in ("DCOS_SERVICE_NAME", "DCOS_PACKAGE_FRAMEWORK_NAME") if key in labels)
    return Scheduler(
        name=next(names, app.text("id")).strip("/"),
        kind=_kind(labels, env, packages),
        agent_id=_runs_on(app),
        legacy=SPEAKS not in labels,
        replaces_after=_replaces_after(env) if SPEAKS not in labels else None,
        members=_count(env, "BROKER_COUNT") or 0,
        seeds=_count(env, "LOCAL_SEEDS_COUNT"),
    )


def _replaces_after(env: dict[str, Body]) -> float | None:
    """Only schedulers from before pod commands have such a setting, and it is off unless somebody sets it.

    A period that can't be read may be over at any time (R2).
    """
    if "ENABLE_REPLACEMENT" not in env or str(env["ENABLE_REPLACEMENT"].value).lower() != "true":
        return None
    return float(_count(env, "RECOVERY_GRACE_PERIOD_SEC") or 0) if "RECOVERY_GRACE_PERIOD_SEC" in env else GRACE


def _count(env: dict[str, Body], name: str) -> int | None:
    given = env[name].value if name in env else ""
    return int(given) if isinstance(given, str) and given.isdigit() else None


def _kind(labels: dict[str, Body], env: dict[str, Body], packages: frozenset[str]) -> str:
    """Apps that were posted by hand lack the package's label."""
    sources = (labels.get("DCOS_PACKAGE_NAME"), env.get("PACKAGE_NAME"))
    package = next((source.text() for source in sources if source is not None), "")
    ours = package in packages and "zookeeper" not in package
    if ours or (not package and "KAFKA_VERSION" in env):
        return kinds.KAFKA.name
    return kinds.named(package) or "unknown package"


def _runs_on(app: Body) -> str:
    tasks = (task for task in app.list_or_none("tasks") if task.text_or("", "state") == "TASK_RUNNING")
    return next((task.text_or("", "slaveId") for task in tasks), "")


def _hide(scheduler: Scheduler, names: Sequence[str]) -> Scheduler:
    """Admin Router takes the shortest name that resolves: a service `prod` gets the calls for `prod/kafka`."""
    above = [name for name in names if scheduler.name.startswith(f"{name}/")]
    return replace(scheduler, hidden_by=above[0]) if above else scheduler
