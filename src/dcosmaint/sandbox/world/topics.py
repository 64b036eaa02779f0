"""The topics of one Kafka service: who is in sync, who leads, and what is lost for good."""

from __future__ import annotations

from functools import partial

from dcosmaint.sandbox.world.ground import Ground
from dcosmaint.sandbox.world.kafka import Broker, SdkService, TopicPartition
from dcosmaint.sandbox.world.shape import Range

CATCH_UP: Range = (5.0, 60.0)
"""Seconds that a broker which kept its volume needs to be back in every ISR."""


class Topics:
    def __init__(self, ground: Ground, service: SdkService) -> None:
        self._ground = ground
        self._service = service

    def leave(self, broker: Broker) -> None:
        """The broker is gone. The last in-sync replica of a partition stays its only one, and nobody leads."""
        broker.registered = False
        for partition in self._of(broker):
            if len(partition.isr) > 1 and broker.index in partition.isr:
                partition.isr.remove(broker.index)
                broker.behind += 1
            self._elect(partition)
        self._service.changes += 1

    def wipe(self, broker: Broker) -> None:
        """Its volume is thrown away. Where it was the only in-sync copy, the data is gone."""
        broker.empty = True
        for partition in self._of(broker):
            if partition.isr == [broker.index] and not partition.wiped:
                partition.wiped = True
                self._ground.log.write("sdk", "partition-wiped", **self._whose(broker), partition=partition.name)

    def _whose(self, broker: Broker) -> dict[str, str]:
        return {"service": self._service.name, "pod": broker.pod}

    def rejoin(self, broker: Broker) -> None:
        """The broker runs and is registered: it leads what only it has, and fetches the rest, one by one."""
        broker.registered = True
        self._service.changes += 1
        missing = []
        for partition in self._of(broker):
            self._elect(partition)
            if broker.index not in partition.isr:
                missing.append(partition)
        if not missing:
            self._whole(broker)
            return
        lasts = self._ground.chance.within(self._ground.shape.resync if broker.empty else CATCH_UP)
        for number, partition in enumerate(missing, start=1):
            join = partial(self._join, broker, broker.placed, partition)
            self._ground.clock.after(lasts * number / len(missing), join)

    def _join(self, broker: Broker, placed: int, partition: TopicPartition) -> None:
        if broker.placed != placed or not broker.registered or broker.index in partition.isr:
            return
        if partition.leader < 0:
            self._ground.clock.after(15.0, partial(self._join, broker, placed, partition))
            return
        partition.isr.append(broker.index)
        partition.isr.sort()
        broker.behind -= 1
        self._service.changes += 1
        if not broker.behind:
            self._whole(broker)

    def _whole(self, broker: Broker) -> None:
        broker.empty = False
        facts = {"pod": broker.pod, "agent": broker.task.agent_id, "lost": self._ground.lost}
        self._ground.log.write("sdk", "in-sync", service=self._service.name, **facts)

    def _of(self, broker: Broker) -> list[TopicPartition]:
        return [partition for partition in self._service.partitions if broker.index in partition.replicas]

    def _elect(self, partition: TopicPartition) -> None:
        serving = {broker.index for broker in self._service.brokers if broker.registered}
        if partition.leader not in serving or partition.leader not in partition.isr:
            partition.leader = next((index for index in partition.isr if index in serving), -1)

    def replicas(self, broker: Broker) -> dict[str, int]:
        """For each partition that it holds: how many copies there are when all is well."""
        return {p.name: len(p.replicas) for p in self._of(broker)}

    def copies(self, broker: Broker) -> dict[str, int]:
        """For each partition that it holds: the in-sync copies on other brokers that serve, and are not to be wiped."""
        others = (other for other in self._service.brokers if other is not broker)
        staying = {other.index for other in others if other.registered and not other.marked}
        return {p.name: len(staying.intersection(p.isr)) for p in self._of(broker)}
