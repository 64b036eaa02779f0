"""The API of an SDK scheduler, version 0.57: pods, plans, health, endpoints."""

from __future__ import annotations

from collections import Counter

from dcosmaint.sandbox.served import sdk_plans, sdk_pods
from dcosmaint.sandbox.served.router import Route
from dcosmaint.sandbox.served.wire import Answer, Ask, as_json
from dcosmaint.sandbox.world import World
from dcosmaint.sandbox.world.kafka import Broker, SdkService
from dcosmaint.sandbox.world.shape import KafkaShape

PORT, APART = 1025, 100
"""The first port of the first service, and how far the next service's is from it."""


def service_of(world: World, ask: Ask) -> SdkService:
    return world.ground.services[ask.named["service"]]


def address(world: World, service: SdkService, broker: Broker) -> tuple[str, int]:
    """Where a broker listens: its agent's IP, and a port that stays with its index."""
    port = PORT + APART * list(world.ground.services).index(service.name) + broker.index
    return world.ground.agents[broker.task.agent_id].machine.private_ip, port


def _endpoints(service: SdkService) -> dict[str, list[Broker]]:
    """By name, who listens there: a Kafka has one for all of its brokers, any other service one a type of pod."""
    shape = service.shape
    kafka = isinstance(shape, KafkaShape) and ("broker-tls" if shape.secured else "broker")
    found: dict[str, list[Broker]] = {}
    for broker in service.brokers:
        found.setdefault(kafka or broker.type, []).append(broker)
    return found


def _endpoint(world: World, ask: Ask) -> Answer:
    service, which = service_of(world, ask), ask.named["name"]
    there = _endpoints(service)
    if which not in there:
        return Answer(404)
    name = service.name.replace("/", "")
    running = {broker.task.name: address(world, service, broker) for broker in there[which] if broker.running}
    addresses = [f"{ip}:{port}" for ip, port in running.values()]
    dns = [f"{task}.{name}.autoip.dcos.thisdcos.directory:{port}" for task, (_, port) in running.items()]
    if which == "broker-tls":
        dns = addresses  # the loopback has no names that a certificate could bear
    return as_json(
        {"address": addresses, "dns": dns, "vip": f"{which}.{name}.l4lb.thisdcos.directory:9092"}, pretty=True
    )


def _debug_offers(world: World, ask: Ask) -> Answer:
    """Why pods are pending: each offer that was not taken last, with the stages of its evaluation."""
    service = service_of(world, ask)
    offers, reasons, agents = [], Counter[str](), Counter[str]()
    for broker in (b for b in service.brokers if b.marked and not b.task.live):
        for agent_id, stage, reason in world.schedulers[service.name].rejections(broker.pod):
            reasons[stage] += 1
            agents[agent_id] += 1
            offers.append(
                {
                    "timestamp": round(world.now * 1000),
                    "pod-instance-name": f"{broker.pod}:[{service.shape.task}]",
                    "outcome": "fail",
                    "explanation": ["PASS(ExecutorEvaluationStage):no executor yet", f"FAIL({stage}):{reason}"],
                    "offer": f'slave_id {{ value: "{agent_id}" }}',
                }
            )
    found = {"acceptedCount": 0, "rejectedCount": len(offers), "failureReasons": reasons, "rejectedAgents": agents}
    return as_json({**found, "offers": offers}, pretty=True)


def _health(world: World, ask: Ask) -> Answer:
    """The status code says it all; 204 and 205 have no body."""
    value = sdk_plans.health(world, service_of(world, ask))
    return Answer(value) if value in (204, 205) else as_json({"value": value}, value, pretty=True)


ROUTES = (
    *sdk_pods.ROUTES,
    *sdk_plans.ROUTES,
    Route("GET", "/v1/health", _health),
    Route("GET", "/v1/endpoints", lambda world, ask: as_json([*_endpoints(service_of(world, ask))], pretty=True)),
    Route("GET", "/v1/endpoints/(?P<name>[^/]+)", _endpoint),
    Route("GET", "/v2/debug/offers", _debug_offers),
    Route("GET", "/v1/state/frameworkId", lambda w, ask: as_json([service_of(w, ask).framework.id], pretty=True)),
)
