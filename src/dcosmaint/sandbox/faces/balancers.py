"""Load balancers as a World has them."""

from __future__ import annotations

from dcosmaint.model import HEALTHY, Balancer, Registration, Target
from dcosmaint.sandbox.faces.passage import Passage
from dcosmaint.sandbox.world import World
from dcosmaint.sandbox.world import state as true


class Balancers:
    """`BalancerReads` and `BalancerActs`."""

    def __init__(self, passage: Passage) -> None:
        self._passage = passage
        self._world = passage.world

    def targets(self, balancer: Balancer, of: str) -> tuple[Target, ...] | None:
        return self._passage.read("balancers", lambda: self._targets(balancer))

    def deregister(self, balancer: Balancer, target: str, port: int) -> None:
        self._passage.act("balancers", lambda: self._world.balancers.deregister(balancer.id, target))

    def register(self, balancer: Balancer, target: str, port: int) -> None:
        self._passage.act("balancers", lambda: self._world.balancers.register(balancer.id, target))

    def _targets(self, balancer: Balancer) -> tuple[Target, ...] | None:
        there = self._world.balancers.all.get(balancer.id)
        if there is None:
            return None
        nodes = (Target(target, there.port, state) for target, state in self._world.balancers.known(there).items())
        strangers = (Target(f"stranger-{n}", there.port, HEALTHY) for n in range(there.shape.strangers))
        return tuple(sorted((*nodes, *strangers)))


def registrations(world: World, machine: true.Machine) -> tuple[Registration, ...]:
    """What a survey tells of an instance."""
    found = (_registration(world, balancer, machine) for balancer in world.balancers.all.values())
    return tuple(sorted(each for each in found if each))


def _registration(world: World, there: true.Balancer, machine: true.Machine) -> Registration | None:
    mine = there.called(machine)
    if mine not in there.targets or machine.state == "terminated":
        return None
    states = world.balancers.known(there)
    others = sum(state == HEALTHY for target, state in states.items() if target != mine) + there.shape.strangers
    balancer = Balancer(there.shape.name, there.arn)
    return Registration(balancer, mine, there.port, there.shape.kind == "ip", states[mine], others)
