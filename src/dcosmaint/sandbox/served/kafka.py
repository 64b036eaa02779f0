"""What a Kafka scheduler adds to the SDK's calls: brokers as ZooKeeper has them, and topics."""

from __future__ import annotations

from collections.abc import Callable

from dcosmaint.sandbox.served.mesos_resources import Json
from dcosmaint.sandbox.served.router import Route
from dcosmaint.sandbox.served.sdk import address, service_of
from dcosmaint.sandbox.served.wire import Answer, Ask, as_json
from dcosmaint.sandbox.world import World
from dcosmaint.sandbox.world.kafka import SdkService, TopicPartition
from dcosmaint.sandbox.world.shape import KafkaShape

FAILED = Answer(500)  # whatever went wrong: no word of it


def _readable(service: SdkService) -> bool:
    """Whether ZooKeeper lets its scheduler read topics."""
    return service.readable and not secured(service)


def secured(service: SdkService) -> bool:
    return isinstance(service.shape, KafkaShape) and service.shape.secured


def _brokers(world: World, ask: Ask) -> Answer:
    service = service_of(world, ask)
    if secured(service):
        return FAILED
    found = [str(broker.index) for broker in service.brokers if broker.registered]
    return as_json(sorted(found, reverse=True), pretty=True)  # in no order that anybody promised


def _broker(world: World, ask: Ask) -> Answer:
    """The record as Kafka stored it; nothing where the broker is not registered."""
    service = service_of(world, ask)
    if secured(service):
        return FAILED
    for broker in service.brokers:
        if broker.registered and str(broker.index) == ask.named["id"]:
            ip, port = address(world, service, broker)
            record = {
                "listener_security_protocol_map": {"PLAINTEXT": "PLAINTEXT"},
                "endpoints": [f"PLAINTEXT://{ip}:{port}"],
                "jmx_port": -1,
                "host": ip,
                "timestamp": str(round(broker.task.running_at * 1000)),
                "port": port,
                "version": 4,
            }
            return as_json(record, pretty=True)
    return Answer(404)


def _topics(world: World, ask: Ask) -> Answer:
    service = service_of(world, ask)
    names = list(dict.fromkeys(partition.topic for partition in service.partitions))
    return as_json(names, pretty=True) if _readable(service) else FAILED


def _topic(world: World, ask: Ask) -> Answer:
    """By partition, in-sync replicas and leader. An unknown topic is an error like any other."""
    service = service_of(world, ask)
    found = [partition for partition in service.partitions if partition.topic == ask.named["topic"]]
    if not found or not _readable(service):
        return FAILED
    return as_json({"partitions": [{str(partition.number): _in_sync(partition)} for partition in found]}, pretty=True)


def _in_sync(partition: TopicPartition) -> Json:
    isr = {"isr": list(partition.isr), "leader": partition.leader}
    return {"controller_epoch": 1, **isr, "leader_epoch": 0, "version": 1}


def _described(wanted: Callable[[TopicPartition], bool]) -> Callable[[World, Ask], Answer]:
    """What kafka-topics.sh prints. Where that fails, the message is empty, as if all were well."""

    def work(world: World, ask: Ask) -> Answer:
        service = service_of(world, ask)
        lines = [_line(partition) for partition in service.partitions if wanted(partition)]
        says = "Output: " + "\n".join(lines) if lines and _readable(service) else ""
        return as_json({"message": says}, pretty=True)

    return work


def _line(partition: TopicPartition) -> str:
    leader = "none" if partition.leader < 0 else str(partition.leader)
    replicas, isr = (",".join(map(str, indexes)) for indexes in (partition.replicas, partition.isr))
    place = f"\tTopic: {partition.topic}\tPartition: {partition.number}\tLeader: {leader}"
    return f"{place}\tReplicas: {replicas}\tIsr: {isr}"


ROUTES = (
    Route("GET", "/v1/brokers", _brokers),
    Route("GET", "/v1/brokers/(?P<id>[^/]+)", _broker),
    Route("GET", "/v1/topics", _topics),
    Route("GET", "/v1/topics/under_replicated_partitions", _described(lambda p: len(p.isr) < len(p.replicas))),
    Route("GET", "/v1/topics/unavailable_partitions", _described(lambda p: p.leader < 0)),
    Route("GET", "/v1/topics/(?P<topic>[^/]+)", _topic),
)
