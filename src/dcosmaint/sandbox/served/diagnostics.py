"""dcos-diagnostics: the health of every unit of every node, as of its last round."""

from __future__ import annotations

from dcosmaint.sandbox.served.cache import Cache
from dcosmaint.sandbox.served.mesos_resources import Json
from dcosmaint.sandbox.served.router import Route, Table
from dcosmaint.sandbox.served.wire import Answer, Ask, as_json, as_text, page
from dcosmaint.sandbox.world import World
from dcosmaint.sandbox.world.state import Machine

BOOTING = "dcos-net.service"
"""The unit that is red until the node has found its peers."""

UNITS = {
    "dcos-adminrouter-agent.service": "Admin Router Agent",
    "dcos-diagnostics.service": "DC/OS Diagnostics Agent",
    "dcos-log-agent.service": "DC/OS Log Agent",
    BOOTING: "DC/OS Net",
    "dcos-telegraf.service": "Telegraf",
}


class Diagnostics:
    """A node that came after the last round is not known."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self.table = Table(
            (
                Route("GET", "/nodes", self._nodes),
                Route("GET", "/nodes/(?P<ip>[^/]+)", self._node),
                Route("GET", "/nodes/(?P<ip>[^/]+)/units", self._units),
            ),
            missing=page(404),
        )

    def _known(self, world: World) -> dict[str, Machine]:
        agents = world.ground.agents.values()
        newest = {agent.machine.private_ip: agent.machine for agent in agents}
        return {ip: machine for ip, machine in newest.items() if ip in self._cache.nodes}

    def _nodes(self, world: World, _ask: Ask) -> Answer:
        masters = [{"host_ip": ip, "health": 0, "role": "master"} for ip in world.shape.masters]
        return as_json({"nodes": [*masters, *(_seen(world, m) for m in self._known(world).values())]})

    def _node(self, world: World, ask: Ask) -> Answer:
        machine = self._known(world).get(ask.named["ip"])
        return as_json(_seen(world, machine)) if machine else _unknown(world, ask)

    def _units(self, world: World, ask: Ask) -> Answer:
        machine = self._known(world).get(ask.named["ip"])
        if machine is None:
            return _unknown(world, ask)
        red = _red(world, machine)
        names = {f"{machine.unit}.service": "Mesos Agent", **UNITS, **dict.fromkeys(machine.red, "Unit")}
        units = [
            {"id": unit, "name": name, "health": int(unit in red), "description": f"{name} of this node"}
            for unit, name in names.items()
        ]
        return as_json({"units": units})


def _red(world: World, machine: Machine) -> set[str]:
    booting = {BOOTING} if machine.healthy_at > world.now else set()
    stopped = set() if machine.process else {f"{machine.unit}.service"}
    return {*booting, *stopped, *machine.red}


def _seen(world: World, machine: Machine) -> Json:
    role = "agent_public" if machine.public else "agent"
    return {"host_ip": machine.private_ip, "health": int(bool(_red(world, machine))), "role": role}


def _unknown(world: World, ask: Ask) -> Answer:
    """Older releases call it a bad request."""
    return as_text(f"Node {ask.named['ip']} not found", 400 if not world.shape.release.variant else 404)
