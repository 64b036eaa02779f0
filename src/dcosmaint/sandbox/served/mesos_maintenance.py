"""The maintenance schedule as a Mesos master reads and writes it: v0, and the calls of v1. No machine is taken down."""

from __future__ import annotations

import json
from ipaddress import AddressValueError, IPv4Address
from typing import Any

from dcosmaint.sandbox.served.mesos_resources import Json, NotProtobuf
from dcosmaint.sandbox.served.router import Route
from dcosmaint.sandbox.served.wire import Answer, Ask, as_json, as_text
from dcosmaint.sandbox.world import Rejected, World
from dcosmaint.sandbox.world.maintenance import MachineId, Planned


def schedule(world: World) -> Json:
    """An empty one is an empty object."""
    found = [_shown(window) for window in world.maintenance.windows]
    return {"windows": found} if found else {}


def status(world: World) -> Json:
    """No framework here answers an inverse offer, so there are no statuses."""
    ids = [{"id": _id(machine)} for window in world.maintenance.windows for machine in window.machines]
    return {"draining_machines": ids} if ids else {}


def _shown(window: Planned) -> Json:
    duration = {} if window.duration is None else {"duration": {"nanoseconds": window.duration}}
    away = {"start": {"nanoseconds": window.start}, **duration}
    return {"machine_ids": [_id(machine) for machine in window.machines], "unavailability": away}


def _id(machine: MachineId) -> Json:
    named = (("hostname", machine.hostname), ("ip", machine.ip))
    return {name: value for name, value in named if value}


def update(world: World, member: Json) -> Answer:
    """Raises `Rejected`, or `NotProtobuf`."""
    world.maintenance.write([_planned(n, each) for n, each in enumerate(member.get("windows", []))], by="tool")
    return Answer()


def _planned(number: int, given: Json) -> Planned:
    if "unavailability" not in given:
        raise NotProtobuf(f"Missing required fields: windows[{number}].unavailability")
    away = given["unavailability"]
    duration = away.get("duration")
    machines = tuple(_machine(each) for each in given.get("machine_ids", []))
    return Planned(machines, _nanoseconds(away["start"]), None if duration is None else _nanoseconds(duration))


def _machine(given: Json) -> MachineId:
    ip = str(given.get("ip", ""))
    try:
        return MachineId(str(given.get("hostname", "")), str(IPv4Address(ip)) if ip else "")
    except AddressValueError:
        raise Rejected(400, f"Failed to parse IPv4: {ip}") from None


def _nanoseconds(given: Json) -> int:
    """A string and a float are taken as well."""
    value: Any = given.get("nanoseconds", 0)
    return int(value) if isinstance(value, int | str) else int(float(value))


def _schedule(world: World, ask: Ask) -> Answer:
    if ask.method == "GET":
        return as_json(schedule(world))
    if ask.method != "POST":
        says = f"405 Method Not Allowed. Expecting one of {{ 'GET', 'POST' }}, but received '{ask.method}'."
        return as_text(says, 405)
    try:
        given = json.loads(ask.body)
    except ValueError:
        return as_text("syntax error at line 1 near: ", 400)
    if not isinstance(given, dict):
        return as_text("Unexpected JSON type parsed", 400)
    try:
        return update(world, given)
    except (NotProtobuf, Rejected) as error:
        return as_text(str(error), 400)


ROUTES = (
    Route("GET POST PUT DELETE", "(/master)?/maintenance/schedule", _schedule),
    Route("GET", "(/master)?/maintenance/status", lambda world, _ask: as_json(status(world))),
)
