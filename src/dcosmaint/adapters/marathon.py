"""Marathon's apps and pods: where their instances run, and what keeps one from running elsewhere."""

from __future__ import annotations

from collections.abc import Iterable

from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.answers import Call
from dcosmaint.adapters.bodies import Body
from dcosmaint.adapters.mesos_agents import PUBLIC, sums
from dcosmaint.adapters.sdk_discovery import is_scheduler
from dcosmaint.errors import Retryable
from dcosmaint.model import App, Resources

LOCK = "/dcosmaint/lock"
"""Our own app: the lock of a roll."""

HOSTNAME = ("hostname", "@hostname")


class Marathon:
    """`MarathonReads` and `MarathonActs` of one cluster: of its root Marathon."""

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

    def kill(self, app: App, instance: str) -> None:
        """Without `scale` and `wipe`: the app keeps its count, and its data. One that is gone already is no error."""
        if app.pod:
            call = Call(f"marathon/v2/pods{app.id}::instances/{instance}", method="DELETE", accepts=(200, 404))
        else:
            path = "marathon/v2/tasks/delete?scale=false&wipe=false"
            call = Call(path, method="POST", body={"ids": [instance]}, accepts=(200, 404))
        self._router.ask(call)

    def restart(self, app: App) -> None:
        call = Call(f"marathon/v2/apps{app.id}/restart", method="POST", body={}, accepts=(200, 409), once=True)
        answer = self._router.ask(call)
        if answer.status == 409:
            raise Retryable(f"app {app.id} can't be restarted now: {answer.said}")

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
        pinned=not all(map(_anywhere, rules)),
        resident=_persistent(volumes) or any(task.list_or_none("localVolumes") for task in tasks),
        public=_public(app.list_or_none("acceptedResourceRoles")),
        deploying=bool(app.list("deployments")),
        instance_ids=_by_agent((task.text_or("", "slaveId"), task.text("id")) for task in tasks if _lives(task)),
        needs=sums(app),
        restarts=_restarts(app),
    )


LIVE = ("TASK_STAGING", "TASK_STARTING", "TASK_RUNNING", "TASK_KILLING")


def _lives(task: Body) -> bool:
    return task.text("state") in LIVE


def _by_agent(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for agent, instance in sorted(pairs):
        if agent:  # reserved for, and not launched
            found[agent] = (*found.get(agent, ()), instance)
    return found


def _restarts(app: Body) -> bool:
    """Marathon's default is 1 and 1: all old instances stay healthy until as many new ones are."""
    strategy = app.find("upgradeStrategy")
    healthy, over = (
        (1.0, 1.0)
        if strategy is None
        else (strategy.number_or(1.0, "minimumHealthCapacity"), strategy.number_or(1.0, "maximumOverCapacity"))
    )
    return healthy >= 1.0 and over > 0.0


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
        pinned=not all(map(_anywhere, named)),
        resident=_persistent(spec.list_or_none("volumes"))
        or any(one.list_or_none("localVolumes") for one in instances),
        public=_public(placement.list_or_none("acceptedResourceRoles") if placement else ()),
        deploying=pod.text("id") in deployed,
        instance_ids=_by_agent((one.text_or("", "agentId"), one.text("id")) for one in instances if _stands(one)),
        needs=_total(spec.list_or_none("containers")),
        pod=True,
    )


def _stands(instance: Body) -> bool:
    return instance.text("status") != "TERMINAL"


def _total(containers: tuple[Body, ...]) -> Resources:
    """A pod's instance has what all of its containers ask for."""
    each = [sums(container.at("resources")) for container in containers if container.find("resources")]
    return Resources(sum(one.cpus for one in each), sum(one.mem for one in each), sum(one.disk for one in each))


def _alone(rule: list[str]) -> bool:
    """At most one instance on a node."""
    field, operator, *value = rule
    return field in HOSTNAME and (operator == "UNIQUE" or (operator == "MAX_PER" and value == ["1"]))


def _anywhere(rule: list[str]) -> bool:
    """Constraints that any other node fulfils, or that count instances on a node."""
    field, operator, *_ = rule
    return operator == "GROUP_BY" or (field in HOSTNAME and operator in ("UNIQUE", "MAX_PER"))


def _persistent(volumes: tuple[Body, ...]) -> bool:
    return any(volume.find("persistent") is not None for volume in volumes)


def _public(roles: tuple[Body, ...]) -> bool:
    return PUBLIC in [role.text() for role in roles]
