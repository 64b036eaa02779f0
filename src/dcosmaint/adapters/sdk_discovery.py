"""Which SDK services there are: by the labels of their schedulers, which are Marathon apps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.bodies import Body

SPEAKS = "DCOS_COMMONS_API_VERSION"
"""The label of every scheduler with pod commands."""

SPOKE = "DCOS_MIGRATION_API_PATH"
"""The label of schedulers from before: Kafka up to 1.1.19, and betas with the plural path."""

KAFKA = frozenset(
    {
        "kafka",
        "confluent-kafka",
        "beta-kafka",
        "beta-confluent-kafka",
        "portworx-kafka",
        "portworx-confluent-kafka",
    }
)
"""Packages whose members are Kafka brokers. What has zookeeper in its name is none, whatever else is in it."""


@dataclass(frozen=True)
class Scheduler:
    """The scheduler of one service."""

    name: str  # without outer slashes: prod/kafka
    kind: str  # kafka, or the package's name
    agent_id: str  # where its own task runs; "" while it runs nowhere
    legacy: bool  # from before pod commands, by its labels
    members: int = 0  # as its app's environment asks for (BROKER_COUNT); 0 where it does not say
    hidden_by: str = ""  # a service that Admin Router takes for the first segments of this one's name

    def path(self, rest: str) -> str:
        """Below Admin Router. Inner slashes stay; the trap of a redirect without a path never opens."""
        return f"service/{quote(self.name, safe='/')}/{rest}"


def schedulers(router: AdminRouter, packages: frozenset[str] = KAFKA) -> tuple[Scheduler, ...]:
    """Sorted by name. `packages` are those whose members are Kafka brokers."""
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
    count = env["BROKER_COUNT"].value if "BROKER_COUNT" in env else ""
    return Scheduler(
        name=next(names, app.text("id")).strip("/"),
        kind=_kind(labels, env, packages),
        agent_id=_runs_on(app),
        legacy=SPEAKS not in labels,
        members=int(count) if isinstance(count, str) and count.isdigit() else 0,
    )


def _kind(labels: dict[str, Body], env: dict[str, Body], packages: frozenset[str]) -> str:
    """Apps that were posted by hand lack the package's label."""
    sources = (labels.get("DCOS_PACKAGE_NAME"), env.get("PACKAGE_NAME"))
    package = next((source.text() for source in sources if source is not None), "")
    if "zookeeper" in package:
        return package
    if package in packages or (not package and "KAFKA_VERSION" in env):
        return "kafka"
    return package or "unknown package"


def _runs_on(app: Body) -> str:
    tasks = (task for task in app.list_or_none("tasks") if task.text_or("", "state") == "TASK_RUNNING")
    return next((task.text_or("", "slaveId") for task in tasks), "")


def _hide(scheduler: Scheduler, names: Sequence[str]) -> Scheduler:
    """Admin Router takes the shortest name that resolves: a service `prod` gets the calls for `prod/kafka`."""
    above = [name for name in names if scheduler.name.startswith(f"{name}/")]
    return replace(scheduler, hidden_by=above[0]) if above else scheduler
