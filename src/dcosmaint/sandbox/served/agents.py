"""`/slave/<id>/…` and `/system/v1/agent/<id>/…`: one agent, through Admin Router."""

from __future__ import annotations

from dataclasses import replace

from dcosmaint.sandbox.served import facts
from dcosmaint.sandbox.served.cache import Cache
from dcosmaint.sandbox.served.mesos_agents import pid, slave_in_full
from dcosmaint.sandbox.served.mesos_v0 import build
from dcosmaint.sandbox.served.router import Route, Table
from dcosmaint.sandbox.served.wire import Answer, Ask, as_json, as_text, page
from dcosmaint.sandbox.world import World
from dcosmaint.sandbox.world.state import Agent

SHARED = ("resources", "reserved_resources", "unreserved_resources", "attributes", "capabilities")
IN_FULL = ("reserved_resources_full", "unreserved_resources_full")


class Agents:
    """Each by its id, as far as Admin Router's cache knows it and it answers."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._mesos = Table(
            (
                Route("GET", r"/slave\(1\)/flags", lambda world, ask: as_json({"flags": _flags(_agent(world, ask))})),
                Route("GET", r"(/slave\(1\))?/state", _state),
                Route("GET HEAD", r"/slave\(1\)/health", lambda _world, _ask: Answer()),
                Route("GET", "/version", lambda world, _ask: as_json(build(world))),
            ),
            missing=as_text("404 Not Found.", 404),
        )
        self._system = Table((Route("GET", "/dcos-metadata/dcos-version.json", facts.version),), missing=page(404))

    def mesos(self, world: World, ask: Ask) -> Answer:
        """`ask.path` begins behind `/slave`."""
        agent_id, _, rest = ask.path.strip("/").partition("/")
        refusal = self._refusal(world, agent_id, process=True)
        return refusal or self._mesos(world, ask.at(f"/{rest}", agent=agent_id))

    def system(self, world: World, ask: Ask) -> Answer:
        """`ask.path` begins behind `/system/v1/agent`."""
        agent_id, _, rest = ask.path.strip("/").partition("/")
        refusal = self._refusal(world, agent_id, process=False)
        return refusal or self._system(world, ask.at(f"/{rest}", agent=agent_id))

    def _refusal(self, world: World, agent_id: str, *, process: bool) -> Answer | None:
        """`process`: whether the Mesos agent itself has to answer, and not only its machine."""
        if agent_id not in self._cache.agents:
            return as_text(f"404 Not Found: agent `{agent_id}` unknown.", 404)
        machine = world.ground.agents[agent_id].machine
        if machine.state != "running" or machine.agent_id != agent_id:
            return page(504)
        return page(502) if process and not machine.process else None


def _agent(world: World, ask: Ask) -> Agent:
    return world.ground.agents[ask.named["agent"]]


def _flags(agent: Agent) -> dict[str, str]:
    return {
        "attributes": ";".join(f"{name}:{value}" for name, value in agent.attributes.items()),
        "containerizers": "docker,mesos",
        "default_role": "slave_public" if agent.machine.public else "*",
        "executor_shutdown_grace_period": "5secs",
        "hostname_lookup": "false",
        "ip": agent.machine.private_ip,
        "port": "5051",
        "recover": "reconnect",
        "recovery_timeout": "24hrs",
        "work_dir": "/var/lib/mesos/slave",
        **agent.flags,
    }


def _state(world: World, ask: Ask) -> Answer:
    agent = _agent(world, ask)
    seen = slave_in_full(world, replace(agent, set_apart=agent.on_disk))
    return as_json(
        {
            **build(world),
            "start_time": max(agent.registered_at, agent.reregistered_at),
            "id": agent.id,
            "pid": pid(agent),
            "hostname": agent.machine.private_ip,
            **{name: seen[name] for name in (*SHARED, *IN_FULL)},
            "master_hostname": world.shape.masters[0],
            "flags": _flags(agent),
            "frameworks": [],
            "completed_frameworks": [],
        }
    )
