"""May a node go down with what is on it now? Asked afresh before each act that takes it down or ends it (R3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from dcosmaint.errors import Fatal, NodeFailed, StartOver
from dcosmaint.model import Flight, Member, Node, Pod, Roll, Service
from dcosmaint.ports import MesosReads, ServiceReads
from dcosmaint.steps.looks import agents_at, nobody_left, none_astray, still_cordoned
from dcosmaint.steps.slots import Slots


class Leaving(Protocol):
    """One of them for each order. Both raise `StartOver` where the node is not what its pipeline began with."""

    def listed(self) -> None:
        """Its agent is listed still: is it the one, and under the cordon that the roll keeps?"""
        ...

    def refusal(self) -> str:
        """Why it may not go down now, or, once it is down, why its instance may not be terminated; or ""."""
        ...


@dataclass(frozen=True)
class Emptied:
    """replace-first: every member was replaced, and nothing new can have come."""

    node: Node
    mesos: MesosReads
    services: ServiceReads

    def listed(self) -> None:
        still_cordoned(self.mesos, self.node)

    def refusal(self) -> str:
        nobody_left(self.services, self.node)
        return ""


def fallen(flight: Flight, pod: Pod) -> bool:
    """Whether the member was placed on this very node again, by a replace of ours whose outcome that is."""
    placed = bool(pod.task_id) and pod.task_id not in flight.sent and not pod.marked
    return placed and pod.agent_id in flight.agent_ids and pod.member in flight.asked


@dataclass(frozen=True)
class CountedLost:
    """replace-last: its members go down with it. Caps and data are judged with them lost (R1, R14)."""

    node: Node
    mesos: MesosReads
    services: ServiceReads
    slots: Slots

    def listed(self) -> None:
        for agent in agents_at(self.mesos, self.node.private_ip):
            if agent.id != self.node.agent_id:
                raise StartOver(f"agent {agent.id} is at {self.node.private_ip} instead of {self.node.agent_id}")

    def refusal(self) -> str:
        """Also for members that were placed here after the survey: each takes a slot of its own first."""
        self.slots.stay()
        services, held = self.services.all(), self.slots.flight.holds
        none_astray((pod for service in services for pod in service.pods if pod.member not in held), self.node)
        refusals = (self.slots.count_lost(self._down(service), service) for service in services)
        return next(filter(None, refusals), "")

    def _down(self, service: Service) -> list[Member]:
        """Those here, and those that have a slot already: once the node is down, some schedulers place them nowhere."""
        flight = self.slots.flight
        pods = (pod for pod in service.pods if pod.agent_id in flight.agent_ids or pod.member in flight.holds)
        return [pod.member for pod in pods]


@dataclass(frozen=True)
class ForGood:
    """Another answer, where what follows can't be taken back: only what this roll named, and what left by our hand."""

    leaving: Leaving
    roll: Roll
    slots: Slots

    def refusal(self) -> str:
        flight = self.slots.flight
        instance = flight.node.instance.id
        if instance not in self.roll.targets:
            raise Fatal(f"{instance} is not a target of this roll: it is not terminated")
        if "stop-agent" not in flight.done:
            raise Fatal(f"the agent of {flight.node.address} did not leave by our hand: {instance} is not terminated")
        if flight.holds and not self.roll.manner.last:
            named = ", ".join(map(str, flight.holds))
            raise NodeFailed(f"{named} not proved to be in sync elsewhere: {instance} is not terminated")
        return self.leaving.refusal()


@dataclass(frozen=True)
class AllButFallen(CountedLost):
    """replace-first under a cordon that leaks: nobody is left but members that were replaced and fell back.

    They are lost already, and are replaced once more when nothing can be placed here.
    """

    def refusal(self) -> str:
        for service in self.services.all():
            for pod in service.pods:
                if pod.agent_id == self.node.agent_id and not fallen(self.slots.flight, pod):
                    raise StartOver(f"{pod.member} is on {self.node.address} again")
        return super().refusal()
