"""Questions for the planner, thrown from a seed: clusters, policies and progresses of every kind."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import Any

from hypothesis import strategies as st

from dcosmaint.model import Ended, Flight, Inventory, Node, Partition, Policy, Progress, Roll, Service
from dcosmaint.planner import admit
from tests.builders import (
    GROUP,
    NOON,
    a_node,
    a_partition,
    a_pod,
    a_policy,
    a_roll,
    a_service,
    an_agent,
    an_app,
    an_inventory,
)


@dataclass(frozen=True)
class Question:
    roll: Roll
    inventory: Inventory
    progress: Progress

    @property
    def start(self) -> tuple[Node, ...]:
        return admit(self.roll, self.inventory, self.progress).start


FLAWS: list[dict[str, Any]] = [{"running": False}, {"registered": False}, {"marked": True}]
FATES = ["", "", "", "", "", "ended", "ended", "flies", "stopped"]


class Dice(Random):
    """A whole cluster is thrown from one seed: drawn piece by piece it would be mostly empty, and slow."""

    def often(self, probability: float) -> bool:
        return self.random() < probability

    def service(self, name: str, nodes: int) -> Service:
        size = self.randint(1, 6)
        on = (
            self.sample(range(nodes), size) if self.often(0.8) and size <= nodes else self.choices(range(nodes), k=size)
        )
        replicas = [
            self.sample(range(size), min(size, self.choice([1, 2, 2, 3, 3, 3]))) for _ in range(self.randint(0, 4))
        ]
        pods = [a_pod(i, name, agent_id=f"agent-{n}", **self.flaw()) for i, n in enumerate(on)]
        in_sync = tuple(a_partition(n, self.isr(brokers)) for n, brokers in enumerate(replicas))
        return a_service(name, on, pods=tuple(pods), partitions=in_sync)

    def flaw(self) -> dict[str, Any]:
        return self.choice(FLAWS) if self.often(0.06) else {}

    def isr(self, brokers: list[int]) -> list[int]:
        return brokers[1:] if len(brokers) > 1 and self.often(0.06) else brokers

    def inventory(self) -> Inventory:
        count = self.randint(2, 14)
        public = self.sample(range(count), self.choice([0, 0, 1, 2]))
        nodes = [a_node(n, agent=an_agent(n, public=n in public)) for n in range(count)]
        names = ("kafka-events", "prod/kafka-orders")[: self.choice([0, 1, 1, 2])]
        apps = [
            an_app(f"/app-{n}", self.choices(range(count), k=self.randint(1, 3))) for n in range(self.randint(0, 3))
        ]
        return an_inventory(nodes, [self.service(name, count) for name in names], apps)

    def policy(self) -> Policy:
        return a_policy(
            strategy=self.choice(["batch", "window"]),
            batch_size=self.randint(1, 8),
            max_in_flight=self.randint(1, 8),
            default_cap=self.randint(1, 3),
            canary=self.choice([0, 0, 0, 1, 2]),
            max_failures=self.randint(0, 3),
            accepted=(
                "broker-idle",
                "under-replicated",
                *self.choice([(), ("service-degraded",), ("service-degraded",)]),
                *self.choice([(), ("data-loss=kafka-events",), ("data-loss=kafka-events", "app-down")]),
            ),
        )

    def baseline(self, service: Service) -> tuple[Partition, ...]:
        """Some partition had one replica more in sync when the roll began."""
        more = ("kafka-0",) if self.often(0.2) else ()
        return tuple(replace(p, isr=tuple(sorted({*p.isr, *more}))) for p in service.partitions or ())

    def progress(self, targets: list[Node]) -> Progress:
        flights, ended = {}, [Ended(f"{GROUP}[99]", "i-99", NOON - 90_000, 1)] if self.often(0.7) else []
        fates = FATES if self.often(0.7) else [""]
        for node in targets:
            fate = self.choice(fates)
            if fate == "ended":
                ended.append(Ended(node.address, node.instance.id, NOON - 86_400, len(node.members)))
            elif fate:
                holds = node.members[: self.randint(0, 2)]
                flights[node.address] = Flight(node, holds, stopped="held" if fate == "stopped" else "")
        return Progress(flights, tuple(ended), at=NOON)


def thrown(seed: int) -> Question:
    dice = Dice(seed)
    inventory = dice.inventory()
    spare = dice.often(0.6)  # nodes without members are no targets, so that there is room
    targets = [node for node in inventory.nodes if dice.often(0.8) and (node.members or not spare)]
    baseline = {service.name: dice.baseline(service) for service in inventory.services}
    roll = a_roll(inventory, dice.policy(), targets=tuple(n.instance.id for n in targets), baseline=baseline)
    return Question(roll, inventory, dice.progress(targets))


def questions() -> st.SearchStrategy[Question]:
    return st.integers(0, 2**32 - 1).map(thrown)
