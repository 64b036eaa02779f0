"""leave-balancers: no load balancer sends the instance new traffic, and what it had is drained.

It leaves as late as can be: it is stopped next. The last healthy target of a load balancer is never taken away,
whatever the survey found: that is asked again right before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from dcosmaint.errors import StartOver
from dcosmaint.model import DRAINING, HEALTHY, UNUSED, Flight, Registration, Target, Waiting, Waits
from dcosmaint.ports import BalancerActs, BalancerReads
from dcosmaint.steps.leaving import Leaving
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
        mine = here(targets, each)
        if mine is None:
            return ""
        if mine.state == DRAINING:
            return f"{each.balancer.name} drains its connections"
        self.slots.stay()
        if not self._spared(mine, targets):
            return f"{each.balancer.name} has no other healthy target"
        self.acts.deregister(each.balancer, each.target, each.port)
        return f"{each.balancer.name} is told"

    def _spared(self, mine: Target, targets: tuple[Target, ...]) -> bool:
        """Whether somebody else takes the traffic: no node in flight, which may be on its own way out."""
        if mine.state == UNUSED or self._flight.gone:
            return True
        return any(other.state == HEALTHY and other.id not in self.slots.instances_in_flight for other in targets)


@dataclass(frozen=True)
class StillOut:
    """Another answer to whether a node may go down, once it is sure that nobody sends it traffic again meanwhile."""

    leaving: Leaving
    balancers: BalancerReads
    slots: Slots

    def listed(self) -> None:
        self.leaving.listed()

    def refusal(self) -> str:
        for each in self.slots.flight.balancers:
            if here(self.balancers.targets(each.balancer, each.target), each):
                raise StartOver(f"{each.target} is registered with load balancer {each.balancer.name} again")
        return self.leaving.refusal()


def here(targets: Sequence[Target] | None, each: Registration) -> Target | None:
    """The registration as it is now; None where there is none."""
    return next((t for t in targets or () if (t.id, t.port) == (each.target, each.port)), None)
