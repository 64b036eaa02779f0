"""Faults of nodes: agents that come back, that never come, or that are not what they should be."""

from __future__ import annotations

from functools import partial
from random import Random
from typing import TYPE_CHECKING

from dcosmaint.sandbox.world.faults.fault import Fault
from dcosmaint.sandbox.world.shape import Size

if TYPE_CHECKING:
    from dcosmaint.sandbox.world.state import Machine
    from dcosmaint.sandbox.world.world import World


def running(world: World) -> list[Machine]:
    return [m for m in world.ground.machines.values() if m.state == "running" and not m.rebooting]


def in_flight(world: World) -> list[Machine]:
    """Machines that somebody takes out now: cordoned, held, or without docker."""
    agents = world.ground.agents
    return [m for m in running(world) if m.agent_id and (agents[m.agent_id].deactivated or m.hold or not m.docker)]


def _victim(found: list[Machine], random: Random) -> Machine | None:
    return random.choice(found) if found else None


def _restart(world: World, random: Random) -> str:
    machine = _victim([m for m in running(world) if m.agent_id], random)
    if machine is None:
        return ""
    world.systemd.restart_agent(machine)
    return machine.address


def _free(world: World, random: Random) -> str:
    machine = _victim([m for m in running(world) if m.hold and not m.process], random)
    if machine is None:
        return ""
    world.systemd.release_agent(machine, by="operator")
    return machine.address


def _start_docker(world: World) -> None:
    """Who freed an agent learns that tasks fail there: its docker is still stopped."""
    for agent in world.ground.listed:
        if agent.offers and not agent.machine.docker:
            world.systemd.start_docker(agent.machine, by="operator")


def _reboot(world: World, random: Random) -> str:
    machine = _victim(in_flight(world) or running(world), random)
    if machine is None:
        return ""
    world.systemd.reboot(machine)
    return machine.address


def _lose(world: World, random: Random) -> str:
    """Longer than the master waits: its tasks are lost, and brokers wait for its volumes."""
    busy = in_flight(world)
    machine = _victim([m for m in running(world) if m not in busy and m.process], random)
    if machine is None:
        return ""
    machine.rebooting = True
    world.systemd.power_off(machine)
    world.at(random.uniform(400.0, 4000.0), partial(world.systemd.power_on, machine))
    return machine.address


def _bring_back(world: World) -> None:
    for machine in world.ground.machines.values():
        if machine.rebooting:
            world.systemd.power_on(machine)


def coming(world: World, random: Random) -> str:
    """The address of a node that is to be made anew: one on its way out."""
    machine = _victim(in_flight(world), random)
    return machine.address if machine else ""


def _silence(world: World, random: Random) -> str:
    if address := coming(world, random):
        world.faults.never_register.add(address)
    return address


def _start(world: World) -> None:
    addresses, world.faults.never_register = world.faults.never_register, set()
    for address in sorted(addresses):
        if world.node(address).process:
            world.systemd.restart_agent(world.node(address))


def _relabel(world: World, random: Random) -> str:
    if address := coming(world, random):
        world.faults.attributes[address] = {"tier": "gpu"}
    return address


def _shrink(world: World, random: Random) -> str:
    if address := coming(world, random):
        size = world.node(address).size
        world.faults.sizes[address] = Size(size.cpus / 2, size.mem, size.disk)
    return address


def _configure(world: World) -> None:
    """An operator sets the agents up as they should have been."""
    world.faults.attributes.clear()
    world.faults.sizes.clear()
    for agent in world.ground.listed:
        agent.attributes, agent.size = agent.machine.attributes, agent.machine.size
    world.master.room()


def _change_key(world: World, random: Random) -> str:
    machine = _victim(in_flight(world), random)
    if machine is None:
        return ""
    world.faults.host_keys.add(machine.id)
    return machine.address


def _learn_keys(world: World) -> None:
    world.faults.host_keys.clear()


def _hang(world: World, random: Random) -> str:
    machine = _victim(in_flight(world), random)
    if machine is None:
        return ""
    world.faults.hangs.add(machine.id)
    world.at(random.uniform(60.0, 2400.0), partial(world.faults.hangs.discard, machine.id))
    return machine.address


def _answer(world: World) -> None:
    world.faults.hangs.clear()


NODES = (
    Fault("unit-restart", "somebody restarts an agent's unit: it comes back under its old id", 0.15, _restart),
    Fault("agent-freed", "somebody lifts our hold and starts the agent that we stopped", 0.12, _free, _start_docker),
    Fault("reboot", "a node reboots, one on its way out if there is one", 0.2, _reboot),
    Fault("agent-lost", "a node elsewhere is dead for 7 minutes to more than an hour", 0.12, _lose, _bring_back),
    Fault("never-registers", "a new instance's agent never registers", 0.06, _silence, _start),
    Fault("other-attributes", "a new agent registers with other attributes", 0.05, _relabel, _configure),
    Fault("fewer-resources", "a new agent registers with half of its cores", 0.05, _shrink, _configure),
    Fault("host-key", "the SSH host key of a node on its way out changes", 0.05, _change_key, _learn_keys),
    Fault("ssh-hangs", "SSH into a node takes commands and never answers, for up to 40 minutes", 0.1, _hang, _answer),
)
