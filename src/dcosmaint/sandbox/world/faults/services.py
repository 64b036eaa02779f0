"""Faults of the SDK schedulers and of their brokers."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from random import Random
from typing import TYPE_CHECKING

from dcosmaint.sandbox.world.faults.fault import Fault

if TYPE_CHECKING:
    from dcosmaint.sandbox.world.kafka import Broker, SdkService
    from dcosmaint.sandbox.world.world import World


def _services(world: World) -> list[SdkService]:
    return [world.ground.services[name] for name in sorted(world.ground.services)]


def _brokers(world: World) -> Iterator[tuple[SdkService, Broker]]:
    for service in _services(world):
        yield from ((service, broker) for broker in service.brokers)


def _restart(world: World, random: Random) -> str:
    """Marathon starts it again, wherever there is room. Its recovery plan is empty then, and says COMPLETE."""
    tasks = [task for service in _services(world) for task in world.ground.apps[service.app_id].tasks if task.live]
    if not tasks:
        return ""
    task = random.choice(tasks)
    world.master.end(task, "TASK_FAILED", "the scheduler exited")
    return task.name


def _remind(world: World) -> None:
    """Where a scheduler's word is all there is, an operator's `pod restart` has it tell of a member anew."""
    for service, broker in _brokers(world):
        forgotten = broker.placed and broker.pod not in service.recovery and broker.task.live
        if not service.shape.proof and not service.partitions and forgotten:
            world.master.end(broker.task, "TASK_KILLED", "restarted")


def _crash(world: World, random: Random, *, cordoned: bool) -> str:
    alive = [
        (service.name, broker.pod)
        for service, broker in _brokers(world)
        if broker.task.live and world.ground.agents[broker.task.agent_id].deactivated == cordoned
    ]
    if not alive:
        return ""
    service, pod = random.choice(alive)
    world.crash(service, pod)
    return f"{service}/{pod}"


def _divert(world: World, random: Random) -> str:
    """Brokers of the service may land on a node that is on its way out, and that was surveyed without them."""
    cordoned = [
        a for a in world.ground.listed if a.deactivated and a.id not in world.faults.cordons and a.machine.docker
    ]
    if not cordoned or not (whom := _replace(world, random)):
        return ""
    for agent in cordoned:
        world.master.reactivate(agent.id, by="operator")
    return whom


def _help_legacy(world: World) -> None:
    """Where no scheduler tells whether a replace arrived, people look, and replace the broker that can't start."""
    for service, broker in _brokers(world):
        stuck = not broker.task.live and not broker.marked and not world.ground.agents[broker.task.agent_id].offers
        if service.shape.api == "brokers" and stuck and service.up:
            world.schedulers[service.name].replace(broker.pod, by="operator")


def _hinder(world: World, random: Random) -> str:
    """A recovery that goes on now, if there is one: any broker's next one otherwise."""
    found = [f"{service.name}/{broker.pod}" for service, broker in _brokers(world) if service.shape.api != "brokers"]
    busy = [f"{service.name}/{pod}" for service in _services(world) for pod in service.recovery]
    if not found:
        return ""
    whom = random.choice(busy or found)
    world.faults.unfinished.add(whom)
    return whom


def _finish(world: World) -> None:
    """An operator's `plan force-complete recovery`."""
    world.faults.unfinished.clear()
    for service, broker in _brokers(world):
        phase = service.recovery.get(broker.pod)
        if phase and broker.running and broker.registered:
            phase.status = "COMPLETE"
            service.changes += 1


def _hide(world: World, random: Random) -> str:
    services = [service for service in _services(world) if service.partitions]
    if not services:
        return ""
    service = random.choice(services)
    _show(world, service, readable=False)
    world.at(random.uniform(60.0, 3600.0), partial(_show, world, service, readable=True))
    return service.name


def _show(world: World, service: SdkService, *, readable: bool) -> None:
    if service.readable and not readable:
        service.unread_since = world.now
    service.readable = readable
    service.changes += 1


def _show_all(world: World) -> None:
    for service in _services(world):
        _show(world, service, readable=True)


def _replace(world: World, random: Random) -> str:
    """Somebody who sees no harm in it, as long as the service is whole."""
    whole = [
        (scheduler, broker.pod)
        for name, scheduler in sorted(world.schedulers.items())
        if scheduler.service.up and not scheduler.service.lost
        for broker in scheduler.service.brokers
    ]
    if not whole:
        return ""
    scheduler, pod = random.choice(whole)
    scheduler.replace(pod, by="operator")
    return f"{scheduler.service.name}/{pod}"


SERVICES = (
    Fault(
        "scheduler-restart",
        "a scheduler exits: 502, then an empty recovery plan that says COMPLETE",
        0.25,
        _restart,
        _remind,
    ),
    Fault("foreign-replace", "somebody else replaces a broker of a service that is whole", 0.1, _replace),
    Fault("diverted", "somebody lifts every cordon and replaces a broker of a service that is whole", 0.12, _divert),
    Fault("recovery-stuck", "a broker's recovery never becomes COMPLETE", 0.05, _hinder, _finish),
    Fault("topics-unread", "a service's partitions can't be read for up to an hour", 0.12, _hide, _show_all),
    Fault(
        "broker-crash-cordoned",
        "a broker crashes on a cordoned node",
        0.2,
        partial(_crash, cordoned=True),
        _help_legacy,
    ),
    Fault("broker-crash", "a broker crashes on any other node", 0.2, partial(_crash, cordoned=False)),
)
