"""Faults of the Mesos master, and of the login."""

from __future__ import annotations

from functools import partial
from random import Random
from typing import TYPE_CHECKING

from dcosmaint.sandbox.world.faults.fault import Fault

if TYPE_CHECKING:
    from dcosmaint.sandbox.world.state import Agent
    from dcosmaint.sandbox.world.world import World


def _fail_over(world: World, _random: Random) -> str:
    world.master.fail_over()
    return world.master.id


def _lose_agents(world: World, random: Random) -> str:
    world.faults.masterless = True
    world.at(random.uniform(5.0, 90.0), lambda: _find_agents(world))
    return world.master.id


def _find_agents(world: World) -> None:
    world.faults.masterless = False


def _expire(world: World, _random: Random) -> str:
    world.faults.login_expired = True
    return "our token"


def _log_in(world: World) -> None:
    world.faults.login_expired = False


def _cordon(world: World, random: Random) -> str:
    if not world.shape.release.deactivates:
        return ""
    idle = [agent for agent in world.ground.listed if agent.active and not agent.recovering]
    if not idle:
        return ""
    agent = random.choice(idle)
    world.master.deactivate(agent.id, by="operator")
    world.faults.cordons.add(agent.id)
    return agent.machine.address


PATIENCE = 120
"""Looks, a minute each, that people give an agent of theirs to come back."""


def _uncordon(world: World, looks: int = PATIENCE) -> None:
    """One whose machine reboots, or that comes back with its work dir, has to be waited for."""
    found = [agent for agent in world.ground.agents.values() if agent.id in world.faults.cordons]
    for agent in found:
        if agent.listed and agent.deactivated and not touched(agent):
            world.master.reactivate(agent.id, by="operator")
    away = {agent.id for agent in found if agent.machine.rebooting or not agent.listed}
    world.faults.cordons = away if looks else set()
    if world.faults.cordons:
        world.at(60.0, partial(_uncordon, world, looks - 1))


def touched(agent: Agent) -> bool:
    """Whether somebody has begun to take the node out: docker is stopped there, or its agent is held."""
    return bool(agent.machine.hold) or not agent.machine.docker


def _lift(world: World, random: Random) -> str:
    """One of the tool's cordons, of a node that is on its way out or a steering one."""
    ours = [agent for agent in world.ground.listed if agent.deactivated and agent.id not in world.faults.cordons]
    if not ours:
        return ""
    agent = random.choice(ours)
    world.master.reactivate(agent.id, by="operator")
    return agent.machine.address


def _lift_unplaced(world: World, random: Random) -> str:
    """A broker that was replaced a moment ago may be placed where it came from, or on another node on its way out."""
    brokers = [broker for service in world.ground.services.values() for broker in service.brokers if broker.marked]
    homes = [world.ground.agents[broker.task.agent_id] for broker in brokers]
    others = [agent for agent in world.ground.listed if brokers and agent not in homes]
    found = [a for a in random.choice((homes, others)) if a.deactivated and a.id not in world.faults.cordons]
    if not found:
        return ""
    agent = random.choice(found)
    world.master.reactivate(agent.id, by="operator")
    return agent.machine.address


CLUSTER = (
    Fault(
        "failover", "another master leads, and each agent is recovered from the registry for a while", 0.2, _fail_over
    ),
    Fault("masterless", "the leading master lists no agent at all for up to 90 s", 0.1, _lose_agents, _find_agents),
    Fault("login-expired", "DC/OS refuses our token, and nobody can renew it", 0.04, _expire, _log_in),
    Fault("foreign-cordon", "somebody else deactivates an agent", 0.05, _cordon, _uncordon),
    Fault("cordon-lifted", "somebody else lifts a cordon of ours", 0.08, _lift),
    Fault(
        "lifted-unplaced",
        "somebody lifts a cordon while a broker that was just replaced has no place yet",
        0.3,
        _lift_unplaced,
        again=1.0,
    ),
)
