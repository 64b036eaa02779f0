"""Faults of AWS and of Terraform."""

from __future__ import annotations

from functools import partial
from random import Random
from typing import TYPE_CHECKING

from dcosmaint.sandbox.world.faults.fault import Fault
from dcosmaint.sandbox.world.faults.nodes import coming, in_flight, running
from dcosmaint.sandbox.world.faults.state import Rejected
from dcosmaint.sandbox.world.program import Drift

if TYPE_CHECKING:
    from dcosmaint.sandbox.world.state import Machine
    from dcosmaint.sandbox.world.world import World

LEDGER = Drift("aws_db_instance.ledger", ("delete",), type="aws_db_instance")


def _terminate(world: World, random: Random, *, flying: bool) -> str:
    busy = in_flight(world)
    found = busy if flying else [m for m in running(world) if m not in busy and m.process]
    if not found:
        return ""
    machine = random.choice(found)
    world.vanish(machine.id)
    return machine.address


def _restore(world: World) -> None:
    """People replace the brokers that lost their node, and apply Terraform for what is missing and nobody works on."""
    replace_lost(world)
    _empty(world)
    gone = [a for a, i in sorted(world.terraform.state.items()) if _abandoned(world.machine(i))]
    if gone:
        _plan(world, gone)


def _empty(world: World) -> None:
    """Where addresses are not pinned, they empty work dirs that outlived their instance: no agent would start there."""
    if world.shape.same_ip < 1.0:
        for machine in map(world.machine, world.terraform.state.values()):
            machine.emptied = machine.emptied or _abandoned(machine) or (machine.apart and not machine.installed)


def _abandoned(machine: Machine) -> bool:
    """Gone, though the tool had not begun to take it out."""
    return machine.state == "terminated" and not machine.hold


def replace_lost(world: World) -> None:
    for name in sorted(world.schedulers):
        scheduler = world.schedulers[name]
        for broker in scheduler.service.brokers:
            machine = world.ground.agents[broker.task.agent_id].machine
            if machine.state != "running" and not broker.marked and scheduler.service.up:
                scheduler.replace(broker.pod, by="operator")


def _plan(world: World, addresses: list[str]) -> None:
    try:
        world.terraform.plan(addresses, {}, world.terraform.attachments.of(addresses), by="operator")
    except Rejected:
        world.at(60.0, partial(_plan, world, addresses))
        return
    world.at(30.0, partial(_apply, world))


def _apply(world: World) -> None:
    world.terraform.apply(by="operator")


def _age(world: World, random: Random) -> str:
    address = coming(world, random)
    if not address or world.node(address).launched_at > world.clock.began:
        return ""  # that one is new already
    world.faults.amis[address] = world.node(address).ami
    return address


def _renew(world: World) -> None:
    """People terminate what came up with the wrong AMI."""
    amis, world.faults.amis = world.faults.amis, {}
    for address, ami in sorted(amis.items()):
        machine = world.node(address)
        if machine.ami == ami and machine.launched_at > world.clock.began and machine.state in ("pending", "running"):
            world.vanish(machine.id)
            machine.emptied = machine.apart and world.shape.same_ip < 1.0
    world.at(60.0, partial(replace_lost, world))


def _lock(world: World, random: Random) -> str:
    world.faults.locked = "colleague@laptop"
    world.at(random.uniform(20.0, 3600.0), partial(_unlock, world))
    return world.faults.locked


def _unlock(world: World) -> None:
    world.faults.locked = ""


def _drift(world: World, _random: Random) -> str:
    world.faults.unrelated = (LEDGER,)
    return LEDGER.address


def _undrift(world: World) -> None:
    world.faults.unrelated = ()


def _starve(world: World, _random: Random) -> str:
    world.faults.apply_fails = "Error: InsufficientInstanceCapacity"
    return "terraform apply"


def _feed(world: World) -> None:
    world.faults.apply_fails = ""


CLOUDS = (
    Fault(
        "terminated",
        "somebody else terminates an instance that is not in flight",
        0.04,
        partial(_terminate, flying=False),
        _restore,
    ),
    Fault(
        "terminated-in-flight",
        "somebody else terminates an instance in flight",
        0.05,
        partial(_terminate, flying=True),
        _restore,
    ),
    Fault("old-ami", "a new instance is launched with the AMI of its predecessor", 0.04, _age, _renew),
    Fault("state-locked", "a colleague holds the lock of Terraform's state for up to an hour", 0.06, _lock, _unlock),
    Fault("foreign-destroy", "every plan would also destroy a database", 0.05, _drift, _undrift),
    Fault("apply-dies", "an apply fails when all but the last of its instances are created", 0.06, _starve, _feed),
)
