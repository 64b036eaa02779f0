"""What the operator API of a Mesos master does to agents."""

from __future__ import annotations

from collections.abc import Callable

from dcosmaint.sandbox.served.mesos_reserve import reserve, unreserve
from dcosmaint.sandbox.served.mesos_resources import Json, NotProtobuf
from dcosmaint.sandbox.served.wire import Answer
from dcosmaint.sandbox.world import Rejected, World
from dcosmaint.sandbox.world.state import Drain

Act = Callable[[World, str, Json], Answer]
"""Of an agent's id and the call's own member. It may raise `Rejected` in the master's words, or `NotProtobuf`."""


def _deactivate(world: World, agent_id: str, _member: Json) -> Answer:
    world.master.deactivate(agent_id)
    return Answer()


def _reactivate(world: World, agent_id: str, _member: Json) -> Answer:
    agent = world.ground.agents.get(agent_id)
    if agent and agent.drain and (agent.tasks or agent.gone):
        raise Rejected(400, "Agent is still in the DRAINING state")
    if agent and agent.recovering and agent.deactivated:
        raise Rejected(409, "Agent removed while processing the call")
    world.master.reactivate(agent_id)
    return Answer()


def _drain(world: World, agent_id: str, member: Json) -> Answer:
    grace, gone = member.get("max_grace_period"), member.get("mark_gone", False)
    if isinstance(grace, str):
        raise NotProtobuf("Not expecting a JSON string for field 'max_grace_period'")
    if not isinstance(gone, bool):
        why = f"syntax error at line 1 near: {gone}"
        raise NotProtobuf(f"Failed to parse '{gone}' as a JSON boolean for field 'mark_gone': {why}")
    world.operator.drain(agent_id, Drain(gone, None if grace is None else _nanoseconds(grace)))
    return Answer()


def _nanoseconds(duration: Json) -> int:
    """Of a protobuf Duration. What is no member of it, such as `nanoseconds`, is ignored without a word."""
    return int(duration.get("seconds", 0)) * 1_000_000_000 + int(duration.get("nanos", 0))


def _mark_gone(world: World, agent_id: str, _member: Json) -> Answer:
    world.operator.mark_gone(agent_id, by="tool")
    return Answer()


ACTS: dict[str, Act] = {
    "DEACTIVATE_AGENT": _deactivate,
    "REACTIVATE_AGENT": _reactivate,
    "DRAIN_AGENT": _drain,
    "MARK_AGENT_GONE": _mark_gone,
    "RESERVE_RESOURCES": reserve,
    "UNRESERVE_RESOURCES": unreserve,
}
OLD_ACTS = ("MARK_AGENT_GONE", "RESERVE_RESOURCES", "UNRESERVE_RESOURCES")
"""Known to Mesos 1.5 as well."""
