"""The operator API of a Mesos master: calls as JSON, errors as plain text, each as a real master words it."""

from __future__ import annotations

import json
from collections.abc import Callable

from dcosmaint.sandbox.served.mesos_acts import ACTS, OLD_ACTS
from dcosmaint.sandbox.served.mesos_agents import recovered, registered, v1_agent, v1_info
from dcosmaint.sandbox.served.mesos_frameworks import v1_framework
from dcosmaint.sandbox.served.mesos_maintenance import schedule, status, update
from dcosmaint.sandbox.served.mesos_resources import Json, NotProtobuf
from dcosmaint.sandbox.served.mesos_stream import Stream
from dcosmaint.sandbox.served.mesos_tasks import ledger, v1_task
from dcosmaint.sandbox.served.mesos_v0 import build
from dcosmaint.sandbox.served.router import Route
from dcosmaint.sandbox.served.wire import Answer, Ask, as_json, as_text
from dcosmaint.sandbox.world import Rejected, World

JSON = "application/json"
NO_TYPE = "Failed to validate master::Call: Expecting 'type' to be present"
NO_PROTOBUF = "Failed to convert JSON into Call protobuf: "


def api(world: World, ask: Ask) -> Answer:
    refusal = _malformed(ask)
    if refusal:
        return refusal
    try:
        call = json.loads(ask.body)
    except ValueError:
        return as_text("Failed to parse body into JSON: syntax error at line 1 near: ", 400)
    if not isinstance(call, dict):
        return as_text(f"{NO_PROTOBUF}Expecting a JSON object", 400)
    return _called(world, ask, call)


def _malformed(ask: Ask) -> Answer | None:
    if ask.method != "POST":
        says = f"405 Method Not Allowed. Expecting one of {{ 'POST' }}, but received '{ask.method}'."
        answer = as_text(says, 405)
        return Answer(405, answer.body, answer.type, (("Allow", "POST"),))
    if "content-type" not in ask.headers:
        return as_text("Expecting 'Content-Type' to be present", 400)
    if ask.headers["content-type"] != JSON:  # a charset behind it is too much already
        return as_text("Expecting 'Content-Type' of application/json or application/x-protobuf", 415)
    return None


def _known(world: World, kind: str) -> bool:
    release = world.shape.release
    return release.deactivates or (kind in OLD_ACTS and (release.marks_gone or kind != "MARK_AGENT_GONE"))


def _called(world: World, ask: Ask, call: Json) -> Answer:
    kind = str(call.get("type"))
    if kind in ACTS and _known(world, kind):
        return _act(world, kind, call)
    if kind == "UPDATE_MAINTENANCE_SCHEDULE":
        return _schedule(world, call)
    if kind not in READS and kind != "SUBSCRIBE":
        return as_text(NO_TYPE, 400)
    accepted = ask.headers.get("accept", "*/*")
    if not any(kind_.partition(";")[0].strip() in (JSON, "*/*", "application/*") for kind_ in accepted.split(",")):
        return as_text("Expecting 'Accept' to allow 'application/x-protobuf' or 'application/json'", 406)
    if kind == "SUBSCRIBE":
        return Answer(type=JSON, stream=Stream(world, _state(world)).read())
    return as_json({"type": kind, kind.lower(): READS[kind](world)})


def _schedule(world: World, call: Json) -> Answer:
    try:
        return update(world, call.get("update_maintenance_schedule", {}).get("schedule", {}))
    except NotProtobuf as error:
        return as_text(f"{NO_PROTOBUF}{error}", 400)
    except Rejected as error:
        return as_text(str(error), error.status)


def _act(world: World, kind: str, call: Json) -> Answer:
    member = call.get(kind.lower())
    if member is None:
        return as_text(f"Failed to validate master::Call: Expecting '{kind.lower()}' to be present", 400)
    agent_id = member.get("agent_id") if isinstance(member, dict) else None
    if agent_id is None:
        return as_text(f"{NO_PROTOBUF}Missing required fields: {kind.lower()}.agent_id", 400)
    if not isinstance(agent_id, dict):
        return as_text(f"{NO_PROTOBUF}Not expecting a JSON string for field 'agent_id'", 400)
    try:
        return ACTS[kind](world, str(agent_id.get("value", "")), member)
    except NotProtobuf as error:
        return as_text(f"{NO_PROTOBUF}{error}", 400)
    except Rejected as error:
        return as_text(str(error), error.status)


def _agents(world: World) -> Json:
    found = [v1_agent(world, agent) for agent in registered(world)]
    return {"agents": found, "recovered_agents": [v1_info(world, agent) for agent in recovered(world)]}


def _tasks(world: World) -> Json:
    tasks = ledger(world, world.master.frameworks.values())
    completed = [*((t, t.state) for t in tasks.completed), *((t, "TASK_RUNNING") for t in tasks.phantoms)]
    return {
        "tasks": [v1_task(world, task, task.state) for task in tasks.live],
        "unreachable_tasks": [v1_task(world, task, task.state) for task in tasks.unreachable],
        "completed_tasks": [v1_task(world, task, state) for task, state in completed],
    }


def _frameworks(world: World) -> Json:
    found = [v1_framework(world, framework) for framework in world.master.frameworks.values()]
    return {"frameworks": found, "completed_frameworks": []}


def _state(world: World) -> Json:
    return {
        "get_tasks": _tasks(world),
        "get_executors": {"executors": []},
        "get_frameworks": _frameworks(world),
        "get_agents": _agents(world),
    }


READS: dict[str, Callable[[World], Json]] = {
    "GET_AGENTS": _agents,
    "GET_TASKS": _tasks,
    "GET_FRAMEWORKS": _frameworks,
    "GET_STATE": _state,
    "GET_HEALTH": lambda _world: {"healthy": True},
    "GET_VERSION": lambda world: {"version_info": build(world)},
    "GET_MAINTENANCE_SCHEDULE": lambda world: {"schedule": schedule(world)},
    "GET_MAINTENANCE_STATUS": lambda world: {"status": status(world)},
}
ROUTES = (Route("GET HEAD POST PUT DELETE", "(/master)?/api/v1", api),)
