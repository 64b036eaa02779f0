"""May a node go down with what is on it that nobody here moves? Asked beside `leaving.py`, afresh as there (R3)."""

from __future__ import annotations

from dataclasses import dataclass

from dcosmaint.model import Member, Policy, Service, Waiting
from dcosmaint.ports import MesosReads, ServiceReads
from dcosmaint.steps.leaving import Leaving
from dcosmaint.steps.slots import Slots
from dcosmaint.survey import others

CURE = "end them, or let them end; where policy.waits.tasks has passed, `dcosmaint resume` waits anew"


@dataclass(frozen=True)
class Idle:
    """Beside that answer: a framework that nobody moves may have begun a task here since the survey.

    Where nothing keeps work off the node it waits for a moment without any. Only what is ignored goes down.
    """

    leaving: Leaving
    mesos: MesosReads
    services: ServiceReads
    slots: Slots
    policy: Policy

    def listed(self) -> None:
        self.leaving.listed()

    def first(self) -> Waiting | None:
        """What the node has to wait for before it may go down, or None."""
        address, waits = self.slots.flight.node.address, self.policy.waits
        goal = f"room to take {address} away"
        if busy := self._busy():  # that some end and others begin is no progress, whosever and however many they are
            self.slots.stay()
            whose = f"of {', '.join(busy)}, which nobody here moves: {CURE}"
            return Waiting(goal, f"tasks run on {address}", waits.tasks, why=whose)
        why = self.leaving.refusal()
        return Waiting(goal, why, waits.stalled) if why else None

    def _busy(self) -> list[str]:
        here = [task for task in self.mesos.tasks() if task.agent_id == self.slots.flight.node.agent_id]
        strange = others(here, self.services.all()) if others(here, ()) else ()
        return sorted({t.framework for t in strange if self.policy.frameworks.get(t.framework) != "ignore"})


@dataclass(frozen=True)
class LeftAlone:
    """Another answer, where services are left to their operators: their members go down as well (R1, R14)."""

    leaving: Leaving
    services: ServiceReads
    slots: Slots
    policy: Policy

    def listed(self) -> None:
        self.leaving.listed()

    def refusal(self) -> str:
        """Also for members that were placed here after the survey: each takes a slot of its own first."""
        ignored = (service for service in self.services.all() if self.policy.ignores(service.name))
        refusals = (self.slots.count_lost(self._here(service), service) for service in ignored)
        if why := next(filter(None, refusals), ""):
            self.slots.stay()
            return why
        return self.leaving.refusal()

    def _here(self, service: Service) -> list[Member]:
        flight = self.slots.flight
        down = (pod for pod in service.pods if not pod.agent_id and pod.member in flight.leaves)
        here = (pod for pod in service.pods if pod.agent_id in flight.agent_ids)
        return [pod.member for pod in (*here, *down)]
