"""What is wrong at the end of a roll, by the World alone and by the monitor over its log."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

from dcosmaint.model import Roll, Work
from dcosmaint.sandbox.monitor import Tally, Yardstick, judge
from dcosmaint.sandbox.world import World
from dcosmaint.sandbox.world.state import Machine
from tests.rolls.stage import cordoned, not_replaced, unwell


def tallied(world: World, roll: Roll) -> Tally:
    """What the monitor makes of it. It hears what was ordered, and nothing of how that was kept."""
    caps = {name: roll.policy.caps.get(name, roll.policy.default_cap) for name in world.schedulers}
    return judge(world.log, caps, roll.targets, _yardstick(world, roll))


def problems(world: World, roll: Roll, tally: Tally, *, done: bool) -> Iterator[str]:
    for breach in tally.breaches:
        if done or not breach.startswith("at the end"):
            yield f"breach: {breach}"
    if done:
        yield from (f"not as ordered: {address}" for address in ENDS[roll.work](world, roll))
        yield from (f"still cordoned: {address}" for address in cordoned(world))
        yield from (f"not well: {whom}" for whom in unwell(world))


def _yardstick(world: World, roll: Roll) -> Yardstick:
    policy = roll.policy
    replaces = roll.work in (Work.ROLL, Work.REPLACE)
    wanted = {ami or _baked(world, roll) for ami in roll.images.values()}
    ami = wanted.pop() if len(wanted) == 1 else ""
    return Yardstick(ami, policy.min_isr, policy.canary if replaces else 0, policy.soak)


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
    """Targets that live, or whose address has no serving node of the wanted AMI. A baked one is known by its tag."""
    images = {group: ami or _baked(world, roll) for group, ami in roll.images.items()}
    return not_replaced(world, replace(roll, images=images))


ENDS: dict[Work, Callable[[World, Roll], list[str]]] = {
    Work.ROLL: _replaced,
    Work.REPLACE: _replaced,
    Work.DRAIN: _not_drained,
    Work.UNDRAIN: _not_back,
}
