"""RESERVE_RESOURCES and UNRESERVE_RESOURCES of a Mesos master, and the same as forms of v0."""

from __future__ import annotations

import json
from urllib.parse import parse_qs

from dcosmaint.sandbox.served.mesos_agents import pid
from dcosmaint.sandbox.served.mesos_resources import Json, NotProtobuf
from dcosmaint.sandbox.served.router import Route
from dcosmaint.sandbox.served.wire import Answer, Ask, as_text
from dcosmaint.sandbox.world import Rejected, World
from dcosmaint.sandbox.world.layers import Layer, Layers
from dcosmaint.sandbox.world.reservations import Piece
from dcosmaint.sandbox.world.state import Agent

PROVIDERS = "Invalid resources: The resources have multiple resource providers: "


def reserve(world: World, agent_id: str, member: Json) -> Answer:
    return _operate(world, "RESERVE", agent_id, member.get("resources", []))


def unreserve(world: World, agent_id: str, member: Json) -> Answer:
    return _operate(world, "UNRESERVE", agent_id, member.get("resources", []))


def _operate(world: World, kind: str, agent_id: str, resources: list[Json]) -> Answer:
    pieces = [_piece(resource) for resource in resources]
    agent = world.reservations.agent(agent_id)
    where = f"Invalid {kind} operation{_on(agent) if kind == 'RESERVE' else ''}: "
    if not pieces:
        raise Rejected(400, f"{where}{PROVIDERS}")
    for piece in pieces:
        if not piece.layers or piece.layers[-1].kind != "DYNAMIC":
            raise Rejected(400, f"{where}Resource {piece} is not dynamically reserved")
    there = [piece for piece in pieces if piece.value]
    if there:
        (world.reservations.reserve if kind == "RESERVE" else world.reservations.unreserve)(agent, there, by="tool")
    elif world.shape.release.dies_of_nothing:  # after its answer
        world.master.fail_over()
    return Answer(202)


def _on(agent: Agent) -> str:
    return f" on agent {agent.id} at {pid(agent)} ({agent.machine.private_ip})"


def _piece(resource: Json) -> Piece:
    value = float(resource.get("scalar", {}).get("value", 0))
    piece = Piece(str(resource.get("name")), value, _layers(resource))
    if value and round(value, 3) <= 0:
        raise _invalid(piece, "Invalid scalar resource: value <= 0")
    for layer in piece.layers:
        if layer.kind == "UNKNOWN":
            raise _invalid(piece, "Invalid reservation: 'Resource.ReservationInfo.type' field must be set.")
        if layer.kind == "DYNAMIC" and layer.role == "*":
            bare = Piece(piece.name, value)
            raise _invalid(bare, 'Invalid reservation: role "*" cannot be dynamically reserved')
    for outer, inner in zip(piece.layers, piece.layers[1:], strict=False):
        if not inner.role.startswith(f"{outer.role}/"):
            says = f"role '{inner.role}' is not a refinement of '{outer.role}'"
            raise _invalid(piece, f"Invalid refined reservation: {says}")
    return piece


def _invalid(piece: Piece, why: str) -> Rejected:
    return Rejected(400, f"Failed to validate master::Call: Resource '{piece}' is invalid: {why}")


def _layers(resource: Json) -> Layers:
    """Of either form. Both may be there: an entry of `reserved_resources_full` is taken as it stands."""
    if "reservations" in resource:
        return tuple(_layer(layer, layer.get("type", "UNKNOWN"), layer["role"]) for layer in resource["reservations"])
    role = resource.get("role", "*")
    if "reservation" in resource:
        return (_layer(resource["reservation"], "DYNAMIC", role),)
    return () if role == "*" else (Layer("STATIC", role),)


def _layer(marks: Json, kind: str, role: str) -> Layer:
    labels = marks.get("labels", {})
    if not isinstance(labels, dict):
        raise NotProtobuf("Not expecting a JSON array for field 'labels'")
    named = tuple((label["key"], label.get("value", "")) for label in labels.get("labels", []))
    return Layer(kind, role, marks.get("principal", ""), named)


def _form(kind: str, world: World, ask: Ask) -> Answer:
    """v0: a form, whatever its Content-Type says."""
    fields = {name: values[0] for name, values in parse_qs(ask.body.decode()).items()}
    for name in ("slaveId", "resources"):
        if name not in fields:
            return as_text(f"Missing '{name}' query parameter in the request body", 400)
    resources = json.loads(fields["resources"])
    if not isinstance(resources, list):
        says = "Error parsing 'resources' query parameter in the request body: Unexpected JSON type parsed"
        return as_text(says, 400)
    try:
        return _operate(world, kind, fields["slaveId"], resources)
    except Rejected as error:
        return as_text(str(error), error.status)


def _get(_world: World, ask: Ask) -> Answer:
    return as_text(f"405 Method Not Allowed. Expecting one of {{ 'POST' }}, but received '{ask.method}'.", 405)


ROUTES = (
    Route("POST", "(/master)?/reserve", lambda world, ask: _form("RESERVE", world, ask)),
    Route("POST", "(/master)?/unreserve", lambda world, ask: _form("UNRESERVE", world, ask)),
    Route("GET PUT DELETE", "(/master)?/(un)?reserve", _get),
)
