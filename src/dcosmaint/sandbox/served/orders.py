"""What `POST /sandbox/fault` may order: one function a name. What it returns is in the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from dcosmaint.sandbox.served.trouble import Trouble
from dcosmaint.sandbox.world import World
from dcosmaint.sandbox.world.faults.fault import Fault
from dcosmaint.sandbox.world.faults.injector import Injector
from dcosmaint.sandbox.world.faults.table import FAULTS
from dcosmaint.sandbox.world.faults.wire import WIRE

ELSEWHERE = ("agent-freed", "asleep", "disk-full", "old-ami")
"""Faults of the operator's own machine, and those that real wires can't show."""

NAMED: Mapping[str, Fault] = {name: fault for name, fault in FAULTS.items() if name not in ELSEWHERE}
"""What can be let loose on a served cluster."""

WITHIN = 3600.0
"""Seconds of the cluster within which a fault that it was started with strikes."""

Order = Callable[[World, Any], object]


class Orders:
    def __init__(self, trouble: Trouble, seed: int) -> None:
        self._random = Random(f"faults {seed}")
        self._table: dict[str, Order] = {
            "rate": lambda _world, share: trouble.set_rate(share),
            "master": lambda _world, state: trouble.set_master(state),
            "api": _api,
            "wire": _wire,
            "strike": self._strike,
            "mend": _mend,
            "fail_over": lambda world, _yes: world.master.fail_over(),
            "crash": lambda world, member: world.crash(*member.rsplit("/", 1)),
            "vanish": lambda world, instance_id: world.vanish(instance_id),
            "never_register": lambda world, addresses: world.faults.never_register.update(addresses),
            "unreadable": _unreadable,
            "deploy": _deploy,
            "leave_volume": _leave_volumes,
            "job": _jobs,
        }

    def let_loose(self, world: World, names: tuple[str, ...]) -> None:
        """Each strikes once within an hour of the cluster, as soon as there is somebody that it can strike."""
        injector = Injector(world, self._random.randrange(2**32))
        for name in names:
            injector.let_loose(NAMED[name], self._random.uniform(0.0, WITHIN))

    def carry_out(self, world: World, wanted: Mapping[str, Any]) -> dict[str, object]:
        """Raises `ValueError` for what there is not, before anything is done."""
        if unknown := [name for name in wanted if name not in self._table]:
            raise ValueError(f"no such order: {', '.join(unknown)}; there are {', '.join(self._table)}")
        answers = {name: self._table[name](world, value) for name, value in wanted.items()}
        return {name: answer for name, answer in answers.items() if answer is not None}

    def _strike(self, world: World, names: list[str]) -> dict[str, str]:
        """Returns whom each struck, "" where there was nobody."""
        return {fault.name: fault.happen(world, self._random) for fault in _known(names)}


def _known(names: list[str]) -> list[Fault]:
    if unknown := [name for name in names if name not in NAMED]:
        raise ValueError(f"no such fault: {', '.join(unknown)}; there are {', '.join(NAMED)}")
    return [NAMED[name] for name in names]


def _mend(world: World, names: list[str]) -> None:
    """As people would."""
    for fault in _known(names):
        fault.mend(world)


def _api(world: World, counts: Mapping[str, int]) -> None:
    world.faults.api.update({port: int(n) for port, n in counts.items()})


def _wire(world: World, calls: Mapping[str, list[str]]) -> None:
    """By port, or by the beginning of a path: what befalls the next calls there, one after the other."""
    if unknown := [name for names in calls.values() for name in names if name not in WIRE]:
        raise ValueError(f"nothing on a wire is called {', '.join(unknown)}; there are {', '.join(WIRE)}")
    world.faults.wire.update({where: list(names) for where, names in calls.items()})


def _unreadable(world: World, names: list[str]) -> None:
    """The topics of all services, but for those named, can be read."""
    for name, service in world.ground.services.items():
        service.readable = name not in names


def _leave_volumes(world: World, frameworks: Mapping[str, str]) -> None:
    """By the Terraform address of the node: data of a framework that has no task there."""
    for address, framework in frameworks.items():
        world.leave_volume(world.node(address).agent_id, framework)


def _jobs(world: World, frameworks: Mapping[str, str]) -> None:
    """By the Terraform address of the node: a job of a framework that the cluster has begins there."""
    for address, framework in frameworks.items():
        world.jobs[framework].run(world.node(address).agent_id)


def _deploy(world: World, plans: Mapping[str, str]) -> None:
    for name, status in plans.items():
        world.ground.services[name].deploy = status
