"""Brokers of a World tell on Kafka's wire what is true there, at the addresses that their scheduler shows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest

from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.auth import NoLogin
from dcosmaint.adapters.brokers import ByBrokers, endpoints
from dcosmaint.adapters.kafka_client import Access
from dcosmaint.adapters.sdk import Sdk
from dcosmaint.adapters.tls import Tls
from dcosmaint.model import Service
from dcosmaint.sandbox.faces import in_process
from dcosmaint.sandbox.served import kafka_brokers, network
from dcosmaint.sandbox.served.admin_router import AdminRouter as ServedRouter
from dcosmaint.sandbox.served.daemon import SSH_PORT
from dcosmaint.sandbox.served.founding import found
from dcosmaint.sandbox.served.kafka_trust import USER, Trust
from dcosmaint.sandbox.served.pace import Pace
from dcosmaint.sandbox.world import NodeShape, Shape
from dcosmaint.sandbox.world.shape import EVENTS, ORDERS


@dataclass(frozen=True)
class Kafkas:
    """Two of them, of which one is secured. Time stands still but for `pace.skip`."""

    pace: Pace
    trust: Trust
    reads: ByBrokers

    def one(self, name: str) -> Service:
        return self.reads.one(name)

    def truth(self, name: str) -> Service:
        with self.pace as world:
            service = in_process(world).services.one(name)
        return replace(service, partitions=tuple(sorted(service.partitions or ())))


@contextmanager
def kafkas(folder: Path) -> Iterator[Kafkas]:
    number, claimed = network.claim(SSH_PORT)  # as a daemon does: its brokers have such addresses, too
    shape = Shape(nodes=7, public=0, services=(replace(EVENTS, secured=True), ORDERS), apps=(), balancers=())
    nodes = [NodeShape("a", private_ip=f"127.{number}.20.{4 + n}") for n in range(7)]
    pace, trust = Pace(found(shape, nodes, (), 1_700_000_000.0), factor=0.0), Trust.found(folder)
    who = ("PLAIN", USER, trust.password)
    secured = Access(EVENTS.name, (), True, str(folder / "ca.crt"), "", "", *who)
    access = {EVENTS.name: secured, ORDERS.name: Access(ORDERS.name)}
    with (
        claimed,
        kafka_brokers.listeners(pace, trust),
        ServedRouter(pace) as served,
        AdminRouter(served.url, NoLogin(), Tls()) as router,
    ):
        yield Kafkas(pace, trust, ByBrokers(Sdk(router), access, partial(endpoints, router)))


@pytest.fixture
def both(tmp_path: Path) -> Iterator[Kafkas]:
    with kafkas(tmp_path) as served:
        yield served


def test_what_the_scheduler_may_not_read_its_brokers_tell(both: Kafkas) -> None:
    blind = both.reads.services.one(EVENTS.name)
    assert (blind.partitions, {pod.registered for pod in blind.pods}) == (None, {False})
    assert both.one(EVENTS.name) == both.truth(EVENTS.name)
    assert both.one(ORDERS.name) == both.truth(ORDERS.name)


def test_a_broker_that_moves_is_told_of_as_long_as_it_is_away_and_at_its_new_address(both: Kafkas) -> None:
    with both.pace as world:
        world.schedulers[EVENTS.name].replace("kafka-1")
    seen = set()
    for _ in range(60):
        both.pace.skip(30.0)
        told = both.one(EVENTS.name)
        assert told.partitions == both.truth(EVENTS.name).partitions
        (pod,) = (pod for pod in told.pods if pod.member.pod == "kafka-1")
        seen.add((pod.registered, sum("kafka-1" in part.isr for part in told.partitions or ())))
    counts = [count for _, count in sorted(seen)]
    assert (False, 0) in seen
    assert (True, max(counts)) in seen
    assert told == both.truth(EVENTS.name)
