"""Pods of an SDK scheduler: its stored view of them, and the calls that restart and replace them."""

from __future__ import annotations

from dcosmaint.sandbox.served.mesos_resources import Json, dynamic
from dcosmaint.sandbox.served.router import Route
from dcosmaint.sandbox.served.wire import Answer, Ask, as_json, as_text
from dcosmaint.sandbox.world import World
from dcosmaint.sandbox.world.kafka import Broker, SdkService
from dcosmaint.sandbox.world.volumes import Volume

RESOURCE = ("providerId", "scalar", "ranges", "set", "role", "allocationInfo", "reservation", "reservations")
RESOURCE_TAIL = ("disk", "revocable", "shared")


def _find(world: World, ask: Ask) -> tuple[SdkService, Broker | None]:
    service = world.ground.services[ask.named["service"]]
    pod = ask.named.get("pod", "")
    return service, next((broker for broker in service.brokers if broker.pod == pod), None)


def _unknown(ask: Ask) -> Answer:
    return as_text(f"Pod {ask.named['pod']} not found", 404)


def _pods(world: World, ask: Ask) -> Answer:
    return as_json([broker.pod for broker in _find(world, ask)[0].brokers], pretty=True)


def _status(world: World, ask: Ask) -> Answer:
    service, _ = _find(world, ask)
    types = dict.fromkeys(broker.type for broker in service.brokers)
    pods = [{"name": one, "instances": [_instance(b) for b in service.brokers if b.type == one]} for one in types]
    return as_json({"service": f"/{service.name}" if "/" in service.name else service.name, "pods": pods}, pretty=True)


def _instance(broker: Broker) -> Json:
    task = broker.task
    status = {"id": task.id, "name": task.name, "status": task.state.removeprefix("TASK_")}
    return {"name": broker.pod, "tasks": [status]}


def _one_status(world: World, ask: Ask) -> Answer:
    broker = _find(world, ask)[1]
    return as_json(_instance(broker), pretty=True) if broker else _unknown(ask)


def _info(world: World, ask: Ask) -> Answer:
    service, broker = _find(world, ask)
    if broker is None:
        return _unknown(ask)
    return as_json([{"info": _task_info(world, service, broker), "status": _task_status(world, broker)}], pretty=True)


def _task_info(world: World, service: SdkService, broker: Broker) -> Json:
    task = broker.task
    resources = _resources(service, broker)
    framework = {"value": service.framework.id}
    executor = {"type": "DEFAULT", "executorId": {"value": f"{broker.type}__{task.id[-36:]}"}, "frameworkId": framework}
    labels = [{"key": key, "value": value} for key, value in _labels(world, broker).items()]
    return {
        "name": task.name,
        "taskId": {"value": task.id},
        "slaveId": {"value": task.agent_id},
        "resources": resources,
        "executor": {**executor, "resources": [], "name": broker.type, "labels": None},
        "command": {"uris": [], "environment": {"variables": []}, "shell": None, "value": "./bootstrap", "user": None},
        "container": None,
        "healthCheck": None,
        "labels": {"labels": labels},
        "discovery": None,
    }


def _labels(world: World, broker: Broker) -> dict[str, str]:
    """A replaced pod carries its mark until its relaunch overwrites everything here."""
    machine = world.ground.agents[broker.task.agent_id].machine
    found = {
        "goal_state": "RUNNING",
        "index": str(broker.index),
        "offer_hostname": machine.private_ip,
        "offer_zone": f"aws/{machine.zone}",
        "task_type": broker.type,
    }
    return {**found, "permanently-failed": "true"} if broker.marked else found


def _resources(service: SdkService, broker: Broker) -> list[Json]:
    size = broker.size
    reservations = dynamic(broker.volume, f"{service.name}/{broker.pod}")["reservations"]
    found = []
    for name, value in (("cpus", size.cpus), ("mem", size.mem), ("disk", size.disk)):
        entry = {**dict.fromkeys((*RESOURCE, *RESOURCE_TAIL)), "name": name, "type": "SCALAR"}
        entry |= {"scalar": {"value": value}, "reservations": reservations}
        found.append({**entry, "disk": _volume(broker.volume)} if name == "disk" else entry)
    return found


def _volume(volume: Volume) -> Json:
    mounted = {"mode": "RW", "containerPath": volume.path, "hostPath": None, "image": None, "source": None}
    return {"persistence": {"id": volume.id, "principal": volume.principal}, "volume": mounted, "source": None}


def _task_status(world: World, broker: Broker) -> Json:
    task = broker.task
    ip = world.ground.agents[task.agent_id].machine.private_ip
    return {
        "taskId": {"value": task.id},
        "state": task.state,
        "slaveId": {"value": task.agent_id},
        "timestamp": task.ended_at or task.running_at or task.launched_at,
        "reason": None,
        "message": task.reason or None,
        "containerStatus": {"networkInfos": [{"ipAddresses": [{"protocol": None, "ipAddress": ip}]}]},
    }


def _replace(world: World, ask: Ask) -> Answer:
    """Accepted whatever else goes on."""
    service, broker = _find(world, ask)
    if broker is None:
        return _unknown(ask)
    world.schedulers[service.name].replace(broker.pod)
    return as_json({"pod": broker.pod, "tasks": [broker.task.name]}, pretty=True)


def _restart(world: World, ask: Ask) -> Answer:
    """In place: the volume stays."""
    broker = _find(world, ask)[1]
    if broker is None:
        return _unknown(ask)
    world.master.end(broker.task, "TASK_KILLED", "restarted")
    return as_json({"pod": broker.pod, "tasks": [broker.task.name]}, pretty=True)


ROUTES = (
    Route("GET", "/v1/pod", _pods),
    Route("GET", "/v1/pod/status", _status),
    Route("GET", "/v1/pod/(?P<pod>[^/]+)/status", _one_status),
    Route("GET", "/v1/pod/(?P<pod>[^/]+)/info", _info),
    Route("POST", "/v1/pod/(?P<pod>[^/]+)/replace", _replace),
    Route("POST", "/v1/pod/(?P<pod>[^/]+)/restart", _restart),
)
