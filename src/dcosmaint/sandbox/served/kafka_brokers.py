"""The brokers of every Kafka of a World: each listens at its agent's address for as long as it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from ssl import SSLContext

from dcosmaint.sandbox.served.kafka import secured
from dcosmaint.sandbox.served.kafka_listeners import Broker, Listeners
from dcosmaint.sandbox.served.kafka_trust import USER, Trust
from dcosmaint.sandbox.served.kafka_wire import Known, Replicas
from dcosmaint.sandbox.served.pace import Pace
from dcosmaint.sandbox.served.sdk import address
from dcosmaint.sandbox.world import World
from dcosmaint.sandbox.world.kafka import SdkService
from dcosmaint.sandbox.world.shape import KafkaShape


def listeners(pace: Pace, trust: Trust) -> Listeners:
    """With TLS and logins where the shape says secured, in plain text elsewhere."""

    def wanted() -> tuple[Broker, ...]:
        with pace as world:
            return tuple(
                Broker(f"{service.name}/{index}", *at, partial(_know, pace, service.name), *_guards(service, trust))
                for service in world.ground.services.values()
                if isinstance(service.shape, KafkaShape)
                for index, at in alive(world, service).items()
            )

    return Listeners(wanted)


def _guards(service: SdkService, trust: Trust) -> tuple[Mapping[str, str], Callable[[str], SSLContext] | None]:
    return ({USER: trust.password}, trust.context) if secured(service) else ({}, None)


def alive(world: World, service: SdkService) -> dict[int, tuple[str, int]]:
    """Brokers that ZooKeeper has, and where they listen."""
    there = (broker for broker in service.brokers if broker.running and broker.registered)
    return {broker.index: address(world, service, broker) for broker in there}


def _know(pace: Pace, name: str) -> Known:
    """What each broker knows: the controller of a pretend Kafka tells everybody at once."""
    with pace as world:
        service = world.ground.services[name]
        brokers = alive(world, service)
        partitions = (Replicas(p.topic, p.number, p.leader, p.replicas, tuple(p.isr)) for p in service.partitions)
        return Known(brokers, tuple(partitions), min(brokers, default=-1))
