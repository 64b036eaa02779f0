"""Marathon's apps and pods: where their instances run, and what keeps one from running elsewhere."""

from __future__ import annotations

from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.bodies import Body
from dcosmaint.adapters.mesos_agents import PUBLIC
from dcosmaint.adapters.sdk_discovery import is_scheduler
from dcosmaint.model import App

LOCK = "/dcosmaint/lock"
"""Our own app: the lock of a roll."""

HOSTNAME = ("hostname", "@hostname")


class Marathon:
    """`MarathonReads` of one cluster: of its root Marathon."""

    def __init__(self, router: AdminRouter) -> None:
        self._router = router

    def apps(self) -> tuple[App, ...]:
        """`/v2/tasks` would lack the pods, and `/v2/apps` has none either."""
        embed = "embed=apps.tasks&embed=apps.counts&embed=apps.deployments"
        apps = self._router.get(f"marathon/v2/apps?{embed}").json().list("apps")
        pods = self._router.get("marathon/v2/pods/::status").json().list()
        deployed = self._deployed() if pods else frozenset()
        found = [*(_app(app) for app in apps if _ours(app)), *(_pod(pod, deployed) for pod in pods)]
        return tuple(sorted(found, key=lambda app: app.id))

    def _deployed(self) -> frozenset[str]:
        """Pods under deployment: their own status does not say so."""
        deployments = self._router.get("marathon/v2/deployments").json().list()
        return frozenset(pod.text() for one in deployments for pod in one.list_or_none("affectedPods"))


def _ours(app: Body) -> bool:
    return app.text("id") != LOCK and not is_scheduler(tuple(app.map_or_none("labels")))


def _app(app: Body) -> App:
    tasks = app.list("tasks")
    checked = bool(app.list_or_none("healthChecks"))
    volumes = app.list_or_none("container", "volumes")
    rules = [[str(word.value) for word in rule.list()] for rule in app.list_or_none("constraints")]
    return App(
        id=app.text("id"),
        instances=int(app.number("instances")),
        on=tuple(sorted(task.text("slaveId") for task in tasks if _serves(task, checked=checked))),
        unique=any(_alone(rule) for rule in rules),
        resident=_persistent(volumes) or any(task.list_or_none("localVolumes") for task in tasks),
        public=_public(app.list_or_none("acceptedResourceRoles")),
        deploying=bool(app.list("deployments")),
    )


def _serves(task: Body, *, checked: bool) -> bool:
    """It runs, and where there are checks, all of them have answered well: one without an answer proves nothing."""
    if task.text("state") != "TASK_RUNNING":
        return False
    results = task.list_or_none("healthCheckResults")
    alive = all(result.find("alive") is not None and result.flag("alive") for result in results)
    return alive and (bool(results) or not checked)


def _pod(pod: Body, deployed: frozenset[str]) -> App:
    spec, instances = pod.at("spec"), pod.list_or_none("instances")
    placement = spec.find("scheduling", "placement")
    rules = placement.list_or_none("constraints") if placement else ()
    named = [[rule.text(key) for key in ("fieldName", "operator")] + [rule.text_or("", "value")] for rule in rules]
    return App(
        id=pod.text("id"),
        instances=int(spec.number_or(1, "scaling", "instances")),
        on=tuple(sorted(one.text("agentId") for one in instances if one.text("status") == "STABLE")),
        unique=any(_alone(rule) for rule in named),
        resident=_persistent(spec.list_or_none("volumes"))
        or any(one.list_or_none("localVolumes") for one in instances),
        public=_public(placement.list_or_none("acceptedResourceRoles") if placement else ()),
        deploying=pod.text("id") in deployed,
    )


def _alone(rule: list[str]) -> bool:
    """At most one instance on a node."""
    field, operator, *value = rule
    return field in HOSTNAME and (operator == "UNIQUE" or (operator == "MAX_PER" and value == ["1"]))


def _persistent(volumes: tuple[Body, ...]) -> bool:
    return any(volume.find("persistent") is not None for volume in volumes)


def _public(roles: tuple[Body, ...]) -> bool:
    return PUBLIC in [role.text() for role in roles]
