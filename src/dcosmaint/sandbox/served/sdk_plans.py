"""Plans of an SDK scheduler, and the health that it folds from them."""

from __future__ import annotations

from uuid import NAMESPACE_URL, uuid5

from dcosmaint.sandbox.served.mesos_resources import Json
from dcosmaint.sandbox.served.router import Route
from dcosmaint.sandbox.served.wire import Answer, Ask, as_json, as_text
from dcosmaint.sandbox.world import World
from dcosmaint.sandbox.world.kafka import SdkService

PLANS = ("deploy", "recovery")
BEGUN = ("PREPARED", "STARTING", "STARTED", "IN_PROGRESS")


def answer(plan: Json) -> Answer:
    """200 complete, 202 not yet, 417 in error: the body is the plan each time."""
    status = {"COMPLETE": 200, "ERROR": 417}.get(plan["status"], 202)
    return as_json(plan, status, pretty=True)


def deploy(service: SdkService) -> Json:
    """One phase with a step a pod. A deploy that is not COMPLETE waits at its last step."""
    last = len(service.brokers) - 1
    statuses = ["COMPLETE" if index < last else service.deploy for index in range(len(service.brokers))]
    steps = [
        _step(service, f"{broker.pod}:[{service.shape.task}]", status, "deploy")
        for broker, status in zip(service.brokers, statuses, strict=True)
    ]
    phase = {
        "id": _id(service, "deploy", service.shape.task),
        "name": service.shape.task,
        "strategy": "serial",
        "status": service.deploy,
        "steps": steps,
    }
    errors = ["The configuration is invalid."] if service.deploy == "ERROR" else []
    return {"phases": [phase], "errors": errors, "status": service.deploy, "strategy": "serial"}


def recovery(world: World, service: SdkService) -> Json:
    """A phase for each pod that was recovered since the scheduler started."""
    phases = []
    for pod, phase in service.recovery.items():
        step = _step(service, f"{pod}:[{service.shape.task}]", phase.status, "recovery")
        step["message"] += f". RecoveryType: {phase.kind}"
        name = _id(service, "recovery", pod)
        phases.append(
            {"id": name, "name": step["name"], "strategy": "parallel", "status": phase.status, "steps": [step]}
        )
    status = world.schedulers[service.name].recovery
    return {"phases": phases, "errors": [], "status": status, "strategy": "parallel"}


def health(world: World, service: SdkService) -> int:
    """The code of SDK 0.56 and later; the first that fits."""
    if service.deploy == "ERROR":
        return 500
    if service.deploy == "WAITING":
        return 207
    if service.deploy != "COMPLETE":
        return 202 if service.deploy in BEGUN else 204
    status = world.schedulers[service.name].recovery
    if status != "COMPLETE":
        return 205 if status in BEGUN else 203
    return 200


def _step(service: SdkService, name: str, status: str, plan: str) -> Json:
    says = f"com.mesosphere.sdk.scheduler.plan.DeploymentStep: '{name}' has status: '{status}'"
    return {"id": _id(service, plan, name), "name": name, "status": status, "message": says}


def _id(service: SdkService, *names: str) -> str:
    return str(uuid5(NAMESPACE_URL, "/".join((service.name, *names))))


def _plan(world: World, ask: Ask) -> Answer:
    service, name = world.ground.services[ask.named["service"]], ask.named["plan"]
    if name not in PLANS:
        return as_text(f"Plan {name} not found", 404)
    return answer(deploy(service) if name == "deploy" else recovery(world, service))


ROUTES = (
    Route("GET", "/v1/plans", lambda _world, _ask: as_json(list(PLANS), pretty=True)),
    Route("GET", "/v1/plans/(?P<plan>[^/]+)", _plan),
    Route("GET", "/v1/plan", lambda world, ask: _plan(world, ask.at(ask.path, plan="deploy"))),
)
