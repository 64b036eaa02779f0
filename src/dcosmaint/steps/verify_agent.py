"""verify-agent: the new node is what the old one was, and everything that ran there is back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from dcosmaint.errors import NodeFailed, Retryable
from dcosmaint.model import Agent, Flight, Member, Resources, Roll, Waiting
from dcosmaint.safety import lost
from dcosmaint.site import Site
from dcosmaint.steps.await_agent import new_agent, new_instance
from dcosmaint.steps.looks import apps_short

CFS = "cgroups_enable_cfs"

SLACK = 0.05
"""DC/OS offers as disk what is free at the first boot, Mesos as memory what the kernel leaves: another AMI makes both
differ by a little. A volume or a module that is missing makes more of a difference."""


@dataclass(frozen=True)
class VerifyAgent:
    name: ClassVar[str] = "verify-agent"
    flight: Flight
    roll: Roll
    site: Site

    def run(self) -> Iterator[Waiting]:
        self._same(self._agent())
        waits, node = self.roll.policy.waits, self.flight.node
        while red := self.site.health.red(new_instance(node, self.site.terraform, self.site.ec2).private_ip):
            yield Waiting(f"DC/OS units of {node.address} to be healthy", ", ".join(red), waits.register)
        while short := apps_short(self.site.marathon, self.site.mesos, self.flight.counts):
            yield Waiting("apps to be back", ", ".join(short), waits.start)
        while missing := self._missing():
            yield Waiting("members to be in sync", ", ".join(map(str, missing)), waits.stalled)

    def _agent(self) -> Agent:
        instance = new_instance(self.flight.node, self.site.terraform, self.site.ec2)
        agent = new_agent(instance, self.site.mesos)
        if agent is None:
            raise Retryable(f"no agent serves on {instance.id}")
        return agent

    def _same(self, new: Agent) -> None:
        """Clearly fewer resources, another role, attribute, zone or CFS flag is another node. More is fine."""
        old = self.flight.node.agent
        if old is None:
            return
        wrong = [f"role {new.role} instead of {old.role}"] if new.role != old.role else []
        wrong += [
            f"attribute {name}: {new.attributes.get(name, 'missing')} instead of {value}"
            for name, value in sorted(old.attributes.items())
            if new.attributes.get(name) != value
        ]
        if new.zone != old.zone:
            wrong.append(f"zone {new.zone} instead of {old.zone}")
        if not new.resources.covers(_nearly(old.resources)):
            wrong.append(f"fewer resources: {new.resources} instead of {old.resources}")
        flag = self.site.mesos.flags(new.id).get(CFS, "")
        if flag != self.flight.flags.get(CFS, flag):
            wrong.append(f"{CFS}={flag} instead of {self.flight.flags[CFS]}")
        if wrong:
            raise NodeFailed(f"the new agent {new.id} differs: {'; '.join(wrong)}")

    def _missing(self) -> tuple[Member, ...]:
        names = {member.service for member in self.flight.node.members}
        services = (self.site.services.one(name) for name in sorted(names))
        gone = {m for s in services for m in lost(s, self.roll.baseline.get(s.name, ()))}
        return tuple(member for member in self.flight.node.members if member in gone)


def _nearly(whole: Resources) -> Resources:
    return replace(whole, mem=whole.mem * (1 - SLACK), disk=whole.disk * (1 - SLACK))
