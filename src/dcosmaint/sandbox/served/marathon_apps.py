"""Apps and their tasks as Marathon writes them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

from dcosmaint.sandbox.served.mesos_resources import PUBLIC_ROLE, Json
from dcosmaint.sandbox.world import World
from dcosmaint.sandbox.world.clock import EPOCH
from dcosmaint.sandbox.world.shape import KafkaShape, ServiceShape
from dcosmaint.sandbox.world.state import App, Task

TASKS, COUNTS, DEPLOYMENTS = "apps.tasks", "apps.counts", "apps.deployments"
BY_DEFAULT = (COUNTS, DEPLOYMENTS)

PACKAGES = {"kafka": "2.9.0-2.4.0", "cassandra": "2.10.0-3.11.6", "hdfs": "2.8.0-3.2.1", "elastic": "3.2.0-7.6.0"}
LEGACY_PACKAGE, ANY_PACKAGE = "1.1.19-0.10.1.0", "1.0.0"
SCHEDULER_CHECK = {
    "protocol": "MESOS_HTTP",
    "path": "/v1/health",
    "gracePeriodSeconds": 900,
    "intervalSeconds": 30,
    "portIndex": 0,
    "timeoutSeconds": 30,
    "maxConsecutiveFailures": 0,
}
APP_CHECK = {**SCHEDULER_CHECK, "path": "/", "gracePeriodSeconds": 300, "maxConsecutiveFailures": 3}


def app_json(world: World, app: App, embed: Collection[str] = BY_DEFAULT) -> Json:
    shape = app.shape
    found = {
        "id": app.id,
        "instances": shape.instances,
        "cpus": shape.size.cpus,
        "mem": shape.size.mem,
        "disk": shape.size.disk,
        "cmd": "./run",
        "env": _environment(world, app),
        "labels": labels(app),
        "constraints": _constraints(app),
        "acceptedResourceRoles": [PUBLIC_ROLE] if shape.public else ["*"],
        "container": _container(app),
        "healthChecks": _checks(app),
        "portDefinitions": [{"port": 0, "protocol": "tcp", "labels": {}}],
        "upgradeStrategy": {"maximumOverCapacity": 1, "minimumHealthCapacity": 1},
        "unreachableStrategy": _unreachable(app),
        "version": iso(app.created_at or EPOCH),
        **({"role": PUBLIC_ROLE} if world.shape.release.deactivates else {}),
    }
    if COUNTS in embed:
        found |= _counts(world, app)
    if DEPLOYMENTS in embed:
        found["deployments"] = [{"id": app.old[0].id[-42:]}] if app.old else []
    if TASKS in embed:
        found["tasks"] = [task_json(world, app, task) for task in app.tasks]
    return found


def labels(app: App) -> dict[str, str]:
    """All that the package's template and its installation write, or whoever created the app."""
    if not app.labels:
        return app.notes
    version = PACKAGES.get(app.labels["DCOS_PACKAGE_NAME"], ANY_PACKAGE)
    if "DCOS_MIGRATION_API_PATH" in app.labels:
        version = LEGACY_PACKAGE
    return {**app.labels, "DCOS_PACKAGE_VERSION": version, "DCOS_PACKAGE_SOURCE": "https://universe/repo"}


def _environment(world: World, app: App) -> dict[str, str]:
    """What a scheduler is started with. Of the old generation it is all that tells how many brokers are wanted."""
    service = world.ground.services.get(app.id.strip("/"))
    if service is None:
        return {}
    found = {"FRAMEWORK_NAME": service.name}
    if isinstance(service.shape, KafkaShape):
        found["BROKER_COUNT"] = str(len(service.brokers))
    if service.shape.seeds is not None:
        found["LOCAL_SEEDS_COUNT"] = str(service.shape.seeds)
    return {
        **found,
        **(_old(service.shape) if service.shape.api == "brokers" else {"PACKAGE_NAME": service.shape.package}),
    }


def _old(shape: ServiceShape) -> dict[str, str]:
    """Of a scheduler from before pod commands: whether, and when, it replaces brokers by itself."""
    after = shape.replaces_after
    return {"ENABLE_REPLACEMENT": str(after is not None).lower(), "RECOVERY_GRACE_PERIOD_SEC": f"{after or 1200:g}"}


def task_json(world: World, app: App, task: Task) -> Json:
    machine = world.ground.agents[task.agent_id].machine
    found = {
        "id": task.id,
        "appId": app.id,
        "host": machine.private_ip,
        "slaveId": task.agent_id,
        "state": task.state,
        "stagedAt": iso(task.launched_at),
        "ports": [_port(task)],
        "ipAddresses": [{"ipAddress": machine.private_ip, "protocol": "IPv4"}],
        "version": iso(EPOCH),
        "localVolumes": _volumes(app, task),
        "healthCheckResults": [{"alive": alive, "consecutiveFailures": int(not alive), "taskId": task.id}
                               for alive in _results(world, app, task)],
        "region": f"aws/{machine.zone[:-1]}",
        "zone": f"aws/{machine.zone}",
        **({"role": PUBLIC_ROLE} if world.shape.release.deactivates else {}),
    }  # fmt: skip
    return {**found, "startedAt": iso(task.running_at)} if task.running_at else found


def iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _counts(world: World, app: App) -> Json:
    results = [alive for task in app.tasks for alive in _results(world, app, task)]
    return {
        "tasksStaged": sum(task.state != "TASK_RUNNING" for task in app.tasks),
        "tasksRunning": app.running,
        "tasksHealthy": results.count(True),
        "tasksUnhealthy": results.count(False),
    }


def _results(world: World, app: App, task: Task) -> list[bool]:
    """None without a check, before the first one, and while a scheduler starts: its grace period hides failures."""
    if not app.checked or task.state != "TASK_RUNNING" or task in world.marathon.unproved(app):
        return []
    service = world.ground.services.get(app.id.strip("/"))
    return [True] if service is None or service.up else []


def _checks(app: App) -> list[Json]:
    if not app.checked:
        return []
    return [SCHEDULER_CHECK if app.labels else APP_CHECK]


def _constraints(app: App) -> list[list[str]]:
    if app.shape.unique:
        return [["hostname", "UNIQUE"]]
    return [["hostname", "GROUP_BY"]] if app.shape.spread and not app.labels else []


def _container(app: App) -> Json:
    volume = {"containerPath": "data", "mode": "RW", "persistent": {"type": "root", "size": 1024, "constraints": []}}
    found: Json = {"type": "MESOS", "volumes": [volume] if app.shape.resident else []}
    return {**found, "type": "DOCKER", "docker": {"image": f"app{app.id}"}} if app.shape.docker else found


def _unreachable(app: App) -> str | Json:
    return "disabled" if app.shape.resident else {"inactiveAfterSeconds": 0, "expungeAfterSeconds": 0}


def _volumes(app: App, task: Task) -> list[Json]:
    if not app.shape.resident:
        return []
    name = f"{app.id.strip('/').replace('/', '_')}#data#{task.id[-36:]}"
    return [{"containerPath": "data", "uuid": task.id[-36:], "persistenceId": name}]


def _port(task: Task) -> int:
    return 10000 + sum(task.id.encode()) % 10000
