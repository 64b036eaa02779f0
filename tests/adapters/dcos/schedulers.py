"""What SDK schedulers of each generation answer."""

from __future__ import annotations

from typing import Any

from tests.adapters.dcos.canned import Canned, Reply, text

APPS = "GET marathon/v2/apps"
COMMONS = {"DCOS_COMMONS_API_VERSION": "v1"}
GENERATION = {"pod": COMMONS, "pods": {"DCOS_MIGRATION_API_PATH": "/v1/plan"}}


def an_app(name: str, labels: dict[str, str] | None = None, **fields: Any) -> dict[str, Any]:
    """The Marathon app of a scheduler that runs on S9."""
    own = {"DCOS_SERVICE_NAME": f"/{name}", "DCOS_PACKAGE_NAME": "kafka", "DCOS_PACKAGE_DEFINITION": "aGVsbG8="}
    task = {"id": "x", "state": "TASK_RUNNING", "slaveId": "S9"}
    return {"id": f"/{name}", "labels": own | (COMMONS if labels is None else labels), "tasks": [task], **fields}


def labelled(canned: Canned, *apps: dict[str, Any]) -> None:
    canned.on(APPS, {"apps": list(apps)})


def an_info(pod: str, agent: str, task: str = "broker", labels: dict[str, str] | None = None) -> dict[str, Any]:
    """A task as `pod/<name>/info` shows it: protobuf in camel case, unset members as null."""
    pairs = [{"key": key, "value": value} for key, value in (labels or {}).items()]
    disk = {"name": "disk", "scalar": {"value": 5000.0}, "role": "kafka-role", "disk": {"persistence": {"id": "x"}}}
    cpus = {"name": "cpus", "scalar": {"value": 1.0}, "role": "kafka-role", "ranges": None}
    executor = {"resources": [{"name": "mem", "scalar": {"value": 32.0}}, {"name": "ports", "ranges": None}]}
    ids = {"taskId": {"value": f"{pod}-{task}__{agent}"}, "slaveId": {"value": agent}}
    body = {"resources": [cpus, disk], "executor": executor, "command": {"value": "x"}, "labels": {"labels": pairs}}
    status = {"state": "TASK_RUNNING", "reason": None, "taskId": ids["taskId"], "slaveId": {"value": agent}}
    return {"info": {"name": f"{pod}-{task}", **body, **ids}, "status": status}


def one_shot(pod: str, task: str) -> dict[str, Any]:
    """A task that never ran."""
    ids = {"taskId": {"value": ""}, "slaveId": {"value": ""}}
    return {"info": {"name": f"{pod}-{task}", "labels": None, "resources": None, **ids}, "status": None}


def a_status(pod: str, agent: str, status: str = "RUNNING") -> dict[str, Any]:
    return {"name": pod, "tasks": [{"id": f"{pod}-broker__{agent}", "name": f"{pod}-broker", "status": status}]}


def kafka(canned: Canned, service: str, agents: list[str], api: str = "pod") -> None:
    """A healthy Kafka service with a broker on each of these agents, and one topic that all of them hold."""
    base, pods = f"service/{service}/v1", [f"kafka-{number}" for number in range(len(agents))]
    if api == "pods":
        canned.on(f"GET {base}/pod", Reply("", 404, kind=""))
    canned.on(f"GET {base}/{api}", pods)
    placed = list(zip(pods, agents, strict=True))
    instances = [a_status(pod, agent) for pod, agent in placed]
    old = {one["name"]: [{**task, "state": "TASK_RUNNING"} for task in one["tasks"]] for one in instances}
    new = {"service": f"/{service}", "pods": [{"name": "kafka", "instances": instances}]}
    canned.on(f"GET {base}/{api}/status", new if api == "pod" else old)
    for pod, agent in placed:
        canned.on(f"GET {base}/{api}/{pod}/info", [an_info(pod, agent, labels={"goal_state": "RUNNING"})])
    for plan in ("deploy", "recovery"):
        canned.on(f"GET {base}/plans/{plan}", {"phases": [], "errors": [], "status": "COMPLETE"})
    topics(canned, service, {"events": [list(range(len(agents)))]})
    canned.on(f"GET {base}/brokers", [str(number) for number in range(len(agents))])


def topics(canned: Canned, service: str, isrs: dict[str, list[list[int]]]) -> None:
    base = f"service/{service}/v1/topics"
    canned.on(f"GET {base}", list(isrs))
    for topic, parts in isrs.items():
        states = [{"isr": isr, "leader": isr[0] if isr else -1, "leader_epoch": 0, "version": 1} for isr in parts]
        canned.on(f"GET {base}/{topic}", {"partitions": [{str(n): state} for n, state in enumerate(states)]})


def nothing(canned: Canned, service: str) -> None:
    """A program that is there and knows no path."""
    for api in ("pod", "pods"):
        canned.on(f"GET service/{service}/v1/{api}", text("HTTP 404", 404))
