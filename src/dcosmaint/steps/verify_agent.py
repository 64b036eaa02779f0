"""verify-agent: the new node is what the old one was, and everything that ran there is back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from dcosmaint.errors import NodeFailed, Retryable
from dcosmaint.model import Agent, Finding, Flight, Member, Roll, Service, Waiting
from dcosmaint.safety import lost
from dcosmaint.site import Site
from dcosmaint.steps.await_agent import new_agent, new_instance
from dcosmaint.steps.differences import differences, gains, other_flags, way_out
from dcosmaint.steps.looks import apps_short
from dcosmaint.steps.slots import Slots


@dataclass(frozen=True)
class VerifyAgent:
    name: ClassVar[str] = "verify-agent"
    roll: Roll
    site: Site
    slots: Slots

    def run(self) -> Iterator[Waiting]:
        self._same(self._agent())
        waits, node = self.roll.policy.waits, self.flight.node
        while red := self._red():
            yield Waiting(f"DC/OS units of {node.address} to be healthy", ", ".join(red), waits.register)
        while short := apps_short(self.site.marathon, self.site.mesos, self.flight.counts):
            yield Waiting("apps to be back", ", ".join(short), waits.start)
        while (services := self._services()) and (missing := self._missing(services)):
            yield Waiting("members to be in sync", ", ".join(map(str, missing)), waits.stalled, _unread(services))

    @property
    def flight(self) -> Flight:
        return self.slots.flight

    def _agent(self) -> Agent:
        instance = new_instance(self.flight.node, self.site.terraform, self.site.ec2)
        agent = new_agent(instance, self.site.mesos)
        if agent is None:
            raise Retryable(f"no agent serves on {instance.id}")
        return agent

    def _same(self, new: Agent) -> None:
        """Another node has failed, unless the operator means it so. One with more is told, and goes on."""
        old = self.flight.node.agent
        if old is None:
            return
        flags = self.site.mesos.flags(new.id)
        found = [*differences(old, new), *other_flags(self.flight.flags, flags)]
        if wrong := [one for one in found if not self._meant(one)]:
            raise NodeFailed(f"the new agent {new.id} differs: {'; '.join(f.message for f in wrong)}{way_out(wrong)}")
        for news in [*(f"{one.message}, as accepted" for one in found), *gains(old, new)]:
            self.slots.note(f"the new agent {new.id} has {news}")

    def _meant(self, difference: Finding) -> bool:
        return difference.acceptable and self.roll.policy.accepts(difference.rule, difference.subject)

    def _red(self) -> list[str]:
        """Units that were healthy before. One that was red already, and still is, is told and not waited for."""
        instance = new_instance(self.flight.node, self.site.terraform, self.site.ec2)
        red = self.site.health.red(instance.private_ip)
        worse = [unit for unit in red if unit not in self.flight.red]
        if red and not worse:
            self.slots.note(f"DC/OS units are red as they were before: {', '.join(red)}")
        return worse

    def _ours(self) -> tuple[Member, ...]:
        ignores, passed_on = self.roll.policy.ignores, self.slots.passed_on
        return tuple(m for m in self.flight.node.members if not (ignores(m.service) or passed_on(m)))

    def _services(self) -> tuple[Service, ...]:
        return tuple(self.site.services.one(name) for name in sorted({member.service for member in self._ours()}))

    def _missing(self, services: Sequence[Service]) -> tuple[Member, ...]:
        gone = {m for service in services for m in lost(service, self.slots.baseline(service))}
        return tuple(member for member in self._ours() if member in gone)


def _unread(services: Sequence[Service]) -> str:
    """What keeps members from being known to be in sync, whatever they are."""
    return "; ".join(
        ": ".join(filter(None, (f"topics of {service.name} can't be read", service.unread)))
        for service in services
        if service.partitions is None
    )
