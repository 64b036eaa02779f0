"""join-balancers: every load balancer that the node left sends it traffic again, and calls it healthy.

Terraform may have attached the new instance already, so who is registered is asked before every act. A load balancer
that did not find the node healthy when it started is not waited for: that is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from dcosmaint.model import DRAINING, HEALTHY, INITIAL, UNUSED, Flight, Instance, Registration, Waiting, Waits
from dcosmaint.ports import BalancerActs, BalancerReads
from dcosmaint.steps.slots import Slots


@dataclass(frozen=True)
class JoinBalancers:
    name: ClassVar[str] = "join-balancers"
    instance: Callable[[], Instance]  # the one that serves at the node's address now
    balancers: BalancerReads
    acts: BalancerActs
    slots: Slots
    waits: Waits

    def run(self) -> Iterator[Waiting]:
        while left := self._round():
            yield Waiting("load balancers to find it healthy", ", ".join(left), self.waits.start)

    @property
    def _flight(self) -> Flight:
        return self.slots.flight

    def _round(self) -> list[str]:
        wanted = [each for each in self._flight.balancers if each.state != DRAINING]  # somebody else took it out there
        instance = self.instance() if wanted else self._flight.node.instance
        return [said for each in wanted if (said := self._join(each, instance))]

    def _join(self, each: Registration, instance: Instance) -> str:
        """What is still to come at this one, or ""."""
        name, target = each.balancer.name, instance.as_target(each)
        targets = self.balancers.targets(each.balancer, target)
        if targets is None:
            self.slots.note(f"{name} is gone: nobody sends the node traffic from there any more")
            return ""
        state = next((t.state for t in targets if (t.id, t.port) == (target, each.port)), "")
        if state in ("", DRAINING):
            self.acts.register(each.balancer, target, each.port)
            return f"{name} is told"
        if state == HEALTHY:
            return ""
        return "" if self._excused(each, state) else f"{state} at {name}"

    def _excused(self, each: Registration, state: str) -> bool:
        """Whether the node was not healthy there before either."""
        if each.state == HEALTHY or state == INITIAL:
            return False
        if state != UNUSED:
            self.slots.note(f"{each.balancer.name} does not find the node healthy, as before: it is {state}")
        return True
