"""What every part of a pretend cluster stands on: time, chance, the log, and the records of what is true."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from dcosmaint.sandbox.world.chance import Chance
from dcosmaint.sandbox.world.clock import Clock
from dcosmaint.sandbox.world.faults import Faults
from dcosmaint.sandbox.world.kafka import SdkService
from dcosmaint.sandbox.world.log import EventLog
from dcosmaint.sandbox.world.shape import Shape
from dcosmaint.sandbox.world.state import Agent, App, Balancer, Machine


@dataclass
class Ground:
    shape: Shape
    clock: Clock
    chance: Chance
    log: EventLog
    faults: Faults = field(default_factory=Faults)
    machines: dict[str, Machine] = field(default_factory=dict)  # every instance ever launched, by id
    agents: dict[str, Agent] = field(default_factory=dict)  # every agent that ever registered, by id
    services: dict[str, SdkService] = field(default_factory=dict)
    apps: dict[str, App] = field(default_factory=dict)  # schedulers among them, by id
    balancers: dict[str, Balancer] = field(default_factory=dict)  # by ARN, or by the name of a classic one
    led_since: float = 0.0  # when the master that leads took over; 0: it always has

    @property
    def listed(self) -> list[Agent]:
        return [agent for agent in self.agents.values() if agent.listed]

    @property
    def lost(self) -> dict[str, list[str]]:
        """Members that are not whole now, by service; services without any are left out."""
        return {name: lost for name, service in self.services.items() if (lost := service.lost)}

    @property
    def recovering(self) -> float:
        """Seconds since a failover after which agents have not re-registered yet; 0 when all have."""
        waiting = any(agent.recovering for agent in self.agents.values())
        return round(self.clock.now - self.led_since, 3) if waiting else 0.0

    def pods_on(self, agent_id: str) -> list[str]:
        """Members whose scheduler has them on this agent, alive or not."""
        if not agent_id:
            return []
        return [
            f"{service.name}/{broker.pod}"
            for service in self.services.values()
            for broker in service.brokers
            if broker.task.agent_id == agent_id
        ]

    def traffic(self, machine: Machine) -> dict[str, list[str]]:
        """Who sends it traffic, or has not drained its connections; nothing where nobody does."""
        names = [each.shape.name for each in self.balancers.values() if each.called(machine) in each.targets]
        return {"traffic": names} if names else {}

    def apart(self, agent: Agent | None) -> dict[str, list[str]]:
        """The rolls that have set something apart on it; nothing where nobody has."""
        labels = [label for layers in (agent.set_apart if agent else ()) for label in layers[-1].labels]
        rolls = sorted({value for key, value in labels if key == "roll"})
        return {"apart": rolls} if rolls else {}

    def copies_without(self, agent_id: str) -> dict[str, dict[str, tuple[int, int]]]:
        """Of services with members on this agent, for each partition there: in-sync copies that serve elsewhere, and
        how many copies there are when all is well."""
        found = {name: service.without(agent_id) for name, service in self.services.items()} if agent_id else {}
        return {name: partitions for name, partitions in found.items() if partitions}

    def apps_on(self, agent_id: str) -> list[str]:
        return [app.id for app in self.apps.values() if any(task.agent_id == agent_id for task in app.tasks)]

    def tell(self, by: str, what: str, machine: Machine, **facts: Any) -> None:
        """Write what happens to a machine, and what is true of it just before."""
        agent = self.agents.get(machine.agent_id)
        here = {"instance": machine.id, "address": machine.address, "agent": machine.agent_id, "public": machine.public}
        true = {
            "listed": agent is not None and agent.listed,
            "offers": agent is not None and agent.offers,
            "pods": self.pods_on(machine.agent_id),
            "stays": self.copies_without(machine.agent_id),
            "apps": self.apps_on(machine.agent_id),
            "lost": self.lost,
            "process": machine.process,
            "recovering": self.recovering,
            **self.traffic(machine),
            **self.apart(agent),
        }
        self.log.write(by, what, **here, **true, **facts)
