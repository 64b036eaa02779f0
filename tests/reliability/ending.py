"""What is wrong at the end of a roll, by the World alone and by the monitor over its log."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

from dcosmaint.journal import Journal
from dcosmaint.model import RENEWING, Roll, Work
from dcosmaint.sandbox.monitor import Tally, Yardstick, judge
from dcosmaint.sandbox.world import StoreShape, World
from dcosmaint.sandbox.world.state import Machine
from tests.rolls.stage import cordoned, not_replaced, unwell


def tallied(world: World, roll: Roll) -> Tally:
    """What the monitor makes of it. It hears what was ordered, and nothing of how that was kept."""
    caps = {name: roll.policy.caps.get(name, roll.policy.default_cap) for name in world.schedulers}
    return judge(world.log, caps, roll.targets, _yardstick(world, roll))


def breaches(tally: Tally, *, whole: bool) -> Iterator[str]:
    """`whole`: no node was left in flight, whose cordon would stand."""
    for breach in tally.breaches:
        if whole or not breach.startswith("at the end"):
            yield f"breach: {breach}"


def problems(world: World, roll: Roll, tally: Tally) -> Iterator[str]:
    """Whatever is wrong after a roll that says that it is done."""
    back = _drained_anew(world, roll)
    yield from breaches(tally, whole=not back)
    yield from (f"not as ordered: {address}" for address in ENDS[roll.work](world, roll))
    yield from (f"still cordoned: {address}" for address in cordoned(world) if address not in back)
    yield from (f"not well: {whom}" for whom in unwell(world))


def _drained_anew(world: World, roll: Roll) -> set[str]:
    """Addresses of a drain whose instance somebody else has replaced: its cordon came back with its work dir."""
    machines = map(world.machine, roll.targets if roll.work is Work.DRAIN else ())
    return {machine.address for machine in machines if machine.apart and machine.state == "terminated"}


def aborted(world: World, journal: Journal, tally: Tally) -> Iterator[str]:
    """Whatever is wrong after an abort: nodes that it left, and said so, stand as they are, and all others serve."""
    roll, progress = journal.roll, journal.progress
    yield from breaches(tally, whole=not progress.flights)
    done = tuple(ended.instance_id for ended in progress.ended)
    yield from (f"not as ordered: {address}" for address in ENDS[roll.work](world, replace(roll, targets=done)))
    serving = {agent.machine.address for agent in world.ground.agents.values() if agent.offers}
    away = {*progress.flights, *(world.machine(i).address for i in (roll.targets if roll.work in STAYING else ()))}
    there = serving | away
    missing = (a for a, i in world.terraform.state.items() if a not in there and not _taken(world, world.machine(i)))
    yield from (f"away after the abort: {address}" for address in missing)
    yield from (f"still cordoned: {address}" for address in cordoned(world) if address not in progress.flights)
    if not progress.flights:
        yield from (f"not well: {whom}" for whom in unwell(world))
    if progress.reverting and world.terraform.images != roll.named:
        yield f"Terraform names {world.terraform.images}, and named {roll.named} before"


def _yardstick(world: World, roll: Roll) -> Yardstick:
    policy = roll.policy
    replaces = roll.work in RENEWING
    wanted = {ami or _baked(world, roll) for ami in roll.images.values()}
    ami = wanted.pop() if len(wanted) == 1 else ""
    canary, manner = policy.canary if replaces else 0, roll.manner
    return Yardstick(
        ami,
        policy.min_isr,
        canary,
        policy.soak,
        _unproved(world),
        last=manner.last,
        airtight=manner.airtight,
        leaky=manner.leaks,
    )


def _unproved(world: World) -> frozenset[str]:
    """Of these nobody can tell who is whole, when somebody else has moved a member."""
    shapes = (service.shape for service in world.ground.services.values())
    return frozenset(shape.name for shape in shapes if isinstance(shape, StoreShape) and not shape.proof)


def _baked(world: World, roll: Roll) -> str:
    return next((ami.id for ami in world.cloud.amis.values() if ami.roll == roll.id), "")


def _not_drained(world: World, roll: Roll) -> list[str]:
    """Targets whose agent is listed, whose agent may start, or whose instance does not run."""
    machines = [world.machine(target) for target in roll.targets]
    listed = {agent.machine.id for agent in world.ground.listed}
    wrong = (m for m in machines if m.id in listed or m.process or m.hold != "lasting" or m.state != "running")
    return [m.address for m in wrong if not _taken(world, m)]


def _taken(world: World, machine: Machine) -> bool:
    """Somebody else terminated it, or freed its agent: what became of it afterwards is not our doing."""
    lines = (json.loads(line) for line in world.log if '"operator"' in line)
    return any(line["what"] in ("terminate", "release") and line["instance"] == machine.id for line in lines)


def _not_back(world: World, roll: Roll) -> list[str]:
    serving = {agent.machine.id for agent in world.ground.agents.values() if agent.offers}
    machines = [world.machine(target) for target in roll.targets if target not in serving]
    return [machine.address for machine in machines if not _taken(world, machine)]


def _replaced(world: World, roll: Roll) -> list[str]:
    """Targets that live, or whose address has no serving node of the wanted AMI. A baked one is known by its tag.

    A new one that somebody else terminated in the last moment is nobody's in flight any more.
    """
    images = {group: ami or _baked(world, roll) for group, ami in roll.images.items()}
    found = not_replaced(world, replace(roll, images=images))
    return [a for a in found if world.node(a).id in roll.targets or not _taken(world, world.node(a))]


ENDS: dict[Work, Callable[[World, Roll], list[str]]] = {
    Work.ROLL: _replaced,
    Work.REPLACE: _replaced,
    Work.ROLLBACK: _replaced,
    Work.DRAIN: _not_drained,
    Work.UNDRAIN: _not_back,
}

STAYING = (Work.DRAIN, Work.UNDRAIN)
"""Works before or after which a target is away, and means to be."""
