"""Load balancers: whom they send traffic to, connections that take time to drain, health that takes time to show."""

from __future__ import annotations

from collections.abc import Callable

from dcosmaint.sandbox.world.faults.state import Rejected
from dcosmaint.sandbox.world.ground import Ground
from dcosmaint.sandbox.world.shape import BalancerShape
from dcosmaint.sandbox.world.state import Balancer, Machine, Target

HEALTHY_AFTER = (10.0, 30.0)
"""Seconds from a registration to the first answer of the health checks."""


class Balancers:
    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self.all = ground.balancers

    def add(self, shape: BalancerShape, on: list[Machine], arn: str = "") -> Balancer:
        """One that has always been there, and whose targets are known to be healthy."""
        made = f"arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/{shape.name}/0"
        balancer = Balancer(shape, "" if shape.kind == "classic" else arn or made)
        for machine in on:
            target = Target(balancer.called(machine), checked_at=0.0)
            balancer.targets[target.id] = target
        self.all[balancer.id] = balancer
        return balancer

    def machine(self, target: str) -> Machine | None:
        """What answers at a target: an IP may have been given to another instance."""
        machines = self._ground.machines
        named = [machines[target]] if target in machines else machines.values()
        return next((m for m in named if target in (m.id, m.private_ip) and m.state != "terminated"), None)

    def known(self, balancer: Balancer) -> dict[str, str]:
        """Target → its state. An instance that is terminated is forgotten, an IP is not."""
        there = (t for t in balancer.targets.values() if balancer.shape.kind == "ip" or self.machine(t.id))
        return {target.id: self._state(target) for target in there}

    def register(self, balancer_id: str, target: str, by: str = "tool") -> None:
        balancer, machine = self._both(balancer_id, target)
        if target in balancer.targets and not balancer.targets[target].draining:
            return
        self._ground.tell(by, "register", machine, balancer=balancer.shape.name)
        clock, chance = self._ground.clock, self._ground.chance
        balancer.targets[target] = Target(target, clock.now + chance.within(HEALTHY_AFTER))

    def deregister(self, balancer_id: str, target: str, by: str = "tool") -> None:
        balancer = self._balancer(balancer_id)
        left, machine = balancer.targets.get(target), self.machine(target)
        if left is None or left.draining:
            return
        if machine is None:
            del balancer.targets[target]
            return
        states = self.known(balancer)
        healthy = [t for t, state in states.items() if state == "healthy" and t != target]
        facts = {"balancer": balancer.shape.name, "was": states[target], "healthy": len(healthy)}
        self._ground.tell(by, "deregister", machine, **facts, strangers=balancer.shape.strangers)
        left.draining = True
        self._ground.clock.after(balancer.shape.draining, self._drained(balancer, left, machine))

    def _drained(self, balancer: Balancer, left: Target, machine: Machine) -> Callable[[], None]:
        def end() -> None:
            if balancer.targets.get(left.id) is left:
                del balancer.targets[left.id]
                self._ground.tell("aws", "connections-drained", machine, balancer=balancer.shape.name)

        return end

    def _balancer(self, balancer_id: str) -> Balancer:
        if balancer_id not in self.all:
            raise Rejected(400, f"There is no load balancer {balancer_id}")
        return self.all[balancer_id]

    def _both(self, balancer_id: str, target: str) -> tuple[Balancer, Machine]:
        machine = self.machine(target)
        if machine is None:
            raise Rejected(400, f"The target {target} does not exist")
        return self._balancer(balancer_id), machine

    def _state(self, target: Target) -> str:
        if target.draining:
            return "draining"
        now, machine = self._ground.clock.now, self.machine(target.id)
        if now < target.checked_at:
            return "initial"
        return "healthy" if machine and _serves(machine) and machine.healthy_at <= now else "unhealthy"


def _serves(machine: Machine) -> bool:
    up = machine.state == "running" and not machine.rebooting
    return up and machine.docker and machine.process and bool(machine.agent_id)
