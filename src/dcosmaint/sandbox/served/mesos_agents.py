"""Agents as a Mesos master writes them: in v0, where they are called slaves, and in v1."""

from __future__ import annotations

from collections.abc import Iterable

from dcosmaint.sandbox.served.mesos_resources import NOTHING, Holdings, Json, entries, sums
from dcosmaint.sandbox.world import World
from dcosmaint.sandbox.world.state import Agent

PORT = 5051
CAPABILITIES = ("MULTI_ROLE", "HIERARCHICAL_ROLE", "RESERVATION_REFINEMENT")
NEWER = ("RESOURCE_PROVIDER", "RESIZE_VOLUME", "AGENT_OPERATION_FEEDBACK", "AGENT_DRAINING")  # by Mesos 1.9


def registered(world: World) -> list[Agent]:
    return [agent for agent in _listed(world) if not agent.recovering]


def recovered(world: World) -> list[Agent]:
    """Known from the registry; not heard of since the failover."""
    return [agent for agent in _listed(world) if agent.recovering]


def _listed(world: World) -> list[Agent]:
    """A master that has just begun to lead may know none of them yet."""
    return [] if world.faults.masterless else world.ground.listed


def slave(world: World, agent: Agent) -> Json:
    """As in `/state` and the summary."""
    holdings = Holdings(world, agent)
    return {
        **known(agent),
        "pid": pid(agent),
        "registered_time": agent.registered_at,
        **({"reregistered_time": agent.reregistered_at} if agent.reregistered_at else {}),
        "resources": sums(agent.size, holdings.ports),
        "used_resources": sums(holdings.used),
        "offered_resources": sums(NOTHING),
        "reserved_resources": holdings.reserved,
        "unreserved_resources": holdings.unreserved,
        "active": agent.active,
        **({"deactivated": agent.deactivated} if world.shape.release.deactivates else {}),
        "version": agent.version,
        "capabilities": list(_capabilities(world)),
    }


def slave_in_full(world: World, agent: Agent) -> Json:
    """As in `/slaves`: with each reservation."""
    holdings = Holdings(world, agent)
    return {
        **slave(world, agent),
        **_drain_info(agent),
        "reserved_resources_full": holdings.reserved_full,
        "unreserved_resources_full": holdings.unreserved_full,
        "used_resources_full": holdings.used_full(),
        "offered_resources_full": [],
    }


def known(agent: Agent) -> Json:
    """All that the registry has of it."""
    return {
        "id": agent.id,
        "hostname": agent.machine.private_ip,
        "port": PORT,
        "attributes": {name: _scalar_or_text(value) for name, value in agent.attributes.items()},
        "domain": _domain(agent),
    }


def pid(agent: Agent) -> str:
    return f"slave(1)@{agent.machine.private_ip}:{PORT}"


def v1_agent(world: World, agent: Agent) -> Json:
    holdings = Holdings(world, agent)
    reserved = [entry for found in holdings.reserved_full.values() for entry in found]
    again = {"reregistered_time": nanoseconds(agent.reregistered_at)} if agent.reregistered_at else {}
    return {
        "agent_info": v1_info(world, agent),
        "active": agent.active,
        **({"deactivated": agent.deactivated} if world.shape.release.deactivates else {}),
        **_drain_info(agent),
        "version": agent.version,
        "pid": pid(agent),
        "registered_time": nanoseconds(agent.registered_at),
        **again,
        "total_resources": [*reserved, *holdings.unreserved_full],
        "allocated_resources": holdings.used_full(),
        "capabilities": [{"type": name} for name in _capabilities(world)],
    }


def v1_info(world: World, agent: Agent) -> Json:
    """What the agent said of itself when it registered; of a recovered one this is all."""
    return {
        "hostname": agent.machine.private_ip,
        "port": PORT,
        "resources": entries(agent.size, {}, Holdings(world, agent).ports),
        "attributes": [_attribute(name, value) for name, value in agent.attributes.items()],
        "id": {"value": agent.id},
        "domain": _domain(agent),
        "checkpoint": True,
    }


def nanoseconds(seconds: float) -> Json:
    return {"nanoseconds": round(seconds * 1e9)}


def _capabilities(world: World) -> Iterable[str]:
    release = world.shape.release
    return (*CAPABILITIES, *NEWER) if release.deactivates else CAPABILITIES if release.refines else ()


def _drain_info(agent: Agent) -> Json:
    if agent.drain is None:
        return {}
    grace = {} if agent.drain.grace is None else {"max_grace_period": {"nanoseconds": agent.drain.grace}}
    config = {**grace, "mark_gone": agent.drain.mark_gone}
    return {"drain_info": {"state": "DRAINING" if agent.tasks else "DRAINED", "config": config}}


def _domain(agent: Agent) -> Json:
    zone = agent.machine.zone
    return {"fault_domain": {"region": {"name": f"aws/{zone[:-1]}"}, "zone": {"name": f"aws/{zone}"}}}


def _scalar_or_text(value: str) -> float | str:
    """Mesos guesses an attribute's type from its text, and a scalar comes out as a number."""
    try:
        return float(value)
    except ValueError:
        return value


def _attribute(name: str, value: str) -> Json:
    typed = _scalar_or_text(value)
    if isinstance(typed, float):
        return {"name": name, "type": "SCALAR", "scalar": {"value": typed}}
    return {"name": name, "type": "TEXT", "text": {"value": value}}
