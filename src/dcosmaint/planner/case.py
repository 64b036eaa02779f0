"""What a limit is asked about: one roll, one survey, one progress, and the nodes chosen so far."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from dcosmaint.model import Flight, Inventory, Member, Node, Policy, Progress, Refusal, Roll
from dcosmaint.safety import back, baseline, lost


@dataclass(frozen=True)
class Case:
    roll: Roll
    inventory: Inventory
    progress: Progress
    chosen: tuple[Node, ...] = ()

    def choose(self, node: Node) -> Case:
        return replace(self, chosen=(*self.chosen, node))

    @cached_property
    def lost(self) -> frozenset[Member]:
        """Members not in sync, for whatever reason."""
        return frozenset(
            member
            for service in self.inventory.services
            for member in lost(service, baseline(self.roll, self.progress, service.name))
        )

    @cached_property
    def mended(self) -> Inventory:
        """The inventory as it will be once what we hold is whole: what only has to wait for us is no risk to take."""
        held, services = self.progress.held, self.inventory.services
        whole = (back(s, held, baseline(self.roll, self.progress, s.name)) for s in services)
        return replace(self.inventory, services=tuple(whole))

    @cached_property
    def held(self) -> frozenset[Member]:
        """Members held, with those that every chosen node takes away."""
        return self.progress.held | {m for node in self.chosen for m in self.takes(node)}

    @cached_property
    def gone(self) -> frozenset[Member]:
        """Members lost or held."""
        return self.lost | self.held

    def takes(self, node: Node) -> frozenset[Member]:
        """Those that it takes a slot for, and those that go down with it and are not ours to move."""
        return frozenset({*slots(self.roll, node), *leaves(node, self.roll.policy)})

    @cached_property
    def flying(self) -> tuple[Flight, ...]:
        """Flights that go on."""
        return tuple(flight for flight in self.progress.flights.values() if not flight.stopped)

    @cached_property
    def serving(self) -> frozenset[str]:
        return frozenset(serving(self.inventory))

    @cached_property
    def away(self) -> frozenset[str]:
        """Agents of nodes in flight or chosen: nothing new is placed there, and what is there leaves."""
        nodes = (*(flight.node for flight in self.progress.flights.values()), *self.chosen)
        return frozenset(node.agent_id for node in nodes)


def serving(inventory: Inventory) -> tuple[str, ...]:
    """Where agents serve, also those that take nothing new: addresses, and agent ids outside the configured groups."""
    joined = {node.agent_id: node.address for node in inventory.nodes if node.agent}
    there = (agent.id for agent in inventory.agents if agent.serves)
    return tuple(joined.get(agent, agent) for agent in there)


Limit = Callable[[Case, Node], Refusal | None]


def no(rule: str, node: Node | str, says: str, *, until: float | None = None, final: bool = False) -> Refusal:
    return Refusal(rule, node if isinstance(node, str) else node.address, says, until, final)


def moving(node: Node, policy: Policy) -> tuple[Member, ...]:
    """Those of its members that we move."""
    return tuple(member for member in node.members if not policy.ignores(member.service))


def leaves(node: Node, policy: Policy) -> tuple[Member, ...]:
    """Those that its operator looks after."""
    return tuple(member for member in node.members if policy.ignores(member.service))


def slots(roll: Roll, node: Node) -> Iterator[Member]:
    """What admission takes for a node: one slot a service, since a node moves one member of a service at a time.

    A node that goes down with its members on it takes them all away at once.
    """
    seen = set()
    for member in node.members:
        if roll.manner.last or member.service not in seen:
            seen.add(member.service)
            yield member
