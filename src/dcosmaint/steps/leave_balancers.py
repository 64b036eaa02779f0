"""leave-balancers: no load balancer sends the instance new traffic, and what it had is drained.

It leaves as late as can be: its members have moved by then, and it is stopped next. The last healthy target of a load
balancer is never taken away, whatever the survey found: that is asked again right before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from dcosmaint.model import DRAINING, HEALTHY, UNUSED, Flight, Registration, Target, Waiting, Waits
from dcosmaint.ports import BalancerActs, BalancerReads
from dcosmaint.steps.looks import LOOKS
from dcosmaint.steps.slots import Slots


@dataclass(frozen=True)
class LeaveBalancers:
    name: ClassVar[str] = "leave-balancers"
    balancers: BalancerReads
    acts: BalancerActs
    slots: Slots
    waits: Waits

    def run(self) -> Iterator[Waiting]:
        away = 0 if self._flight.balancers else LOOKS
        while away < LOOKS:
            left = [said for each in self._flight.balancers if (said := self._leave(each))]
            away = 0 if left else away + 1
            if away < LOOKS:
                goal = f"load balancers to let go of {self._flight.node.instance.id}"
                yield Waiting(goal, ", ".join(left), self.waits.connections)

    @property
    def _flight(self) -> Flight:
        return self.slots.flight

    def _leave(self, each: Registration) -> str:
        """What is still to come at this one, or ""."""
        targets = self.balancers.targets(each.balancer, each.target) or ()
        here = next((t for t in targets if (t.id, t.port) == (each.target, each.port)), None)
        if here is None:
            return ""
        if here.state == DRAINING:
            return f"{each.balancer.name} drains its connections"
        if not self._spared(here, targets):
            self.slots.stay()
            return f"{each.balancer.name} has no other healthy target"
        self.slots.stay()
        self.acts.deregister(each.balancer, each.target, each.port)
        return f"{each.balancer.name} is told"

    def _spared(self, here: Target, targets: tuple[Target, ...]) -> bool:
        """Whether somebody else takes the traffic: no node in flight, which may be on its own way out."""
        if here.state == UNUSED or self._flight.gone:
            return True
        return any(other.state == HEALTHY and other.id not in self.slots.leaving for other in targets)
