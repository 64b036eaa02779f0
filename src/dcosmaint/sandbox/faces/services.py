"""SDK services as their schedulers show them."""

from __future__ import annotations

from collections import Counter

from dcosmaint.errors import NodeFailed
from dcosmaint.model import Member, Partition, Pod, Service, kinds
from dcosmaint.sandbox.faces.kept import Kept
from dcosmaint.sandbox.faces.mesos import resources
from dcosmaint.sandbox.faces.passage import Passage
from dcosmaint.sandbox.world import Rejected
from dcosmaint.sandbox.world.kafka import Broker, SdkService, TopicPartition
from dcosmaint.sandbox.world.scheduler import ServiceScheduler
from dcosmaint.sandbox.world.shape import KafkaShape

BEHIND = "its data is still on its way"
"""What the operator's command says of a member of a store that has one."""


UNREADABLE = "its scheduler can't list them: its log says why"


class Services:
    """`ServiceReads` and `ServiceActs`. One truth is built once, however often it is asked for."""

    def __init__(self, passage: Passage) -> None:
        self._passage = passage
        self._world = passage.world
        self._kept: Kept[Service] = Kept()

    def all(self) -> tuple[Service, ...]:
        """Read one after the other: the cluster moves on in between."""
        return tuple(self.one(name) for name in sorted(self._world.schedulers))

    def one(self, name: str) -> Service:
        return self._passage.read("services", lambda: self._one(name))

    def rejected(self, member: Member) -> tuple[str, ...]:
        return self._passage.read("services", lambda: self._rejected(member))

    def _rejected(self, member: Member) -> tuple[str, ...]:
        scheduler = self._world.schedulers[member.service]
        scheduler.answer()
        if scheduler.service.shape.api == "brokers":
            return ()
        reasons = Counter(reason for _, _, reason in scheduler.rejections(member.pod))
        return tuple(reason for reason, _ in reasons.most_common(2))

    def replace(self, member: Member) -> None:
        self._passage.act("services", lambda: self._replace(member))

    def _replace(self, member: Member) -> None:
        try:
            self._world.schedulers[member.service].replace(member.pod)
        except Rejected as error:
            if error.status == 404:
                raise NodeFailed(f"the scheduler of {member.service} knows no {member.pod}") from error
            raise

    def _one(self, name: str) -> Service:
        scheduler = self._world.schedulers.get(name)
        if scheduler is None:
            raise Rejected(404, f"service {name} not found")
        scheduler.answer()
        service = scheduler.service
        self._prove_absent(service)
        home = self._home(service)
        truth = (service.changes, service.readable, service.deploy, home, self._ages(service))
        return self._kept.get(name, truth, lambda: _service(scheduler, home, self._world.now))

    def _prove_absent(self, service: SdkService) -> None:
        """Of the brokers generation only Mesos says where a broker is, and not while its agent may still come back."""
        if service.shape.api != "brokers":
            return
        away = {agent.id for agent in self._world.ground.listed if agent.recovering}
        tasks = [broker.task for broker in service.brokers]
        if away and not all(task.live and task.agent_id not in away for task in tasks):
            raise Rejected(503, f"{len(away)} agents have not re-registered: a broker of {service.name} may run there")

    def _ages(self, service: SdkService) -> float:
        """What tells since when one is down is another answer with every moment."""
        old = service.shape.replaces_after is not None
        return self._world.now if old and not all(broker.task.live for broker in service.brokers) else 0.0

    def _home(self, service: SdkService) -> str:
        """The agent that the scheduler's own task is on."""
        return next((task.agent_id for task in self._world.ground.apps[service.app_id].tasks), "")


def _service(scheduler: ServiceScheduler, home: str, now: float) -> Service:
    service = scheduler.service
    old = service.shape.api == "brokers"
    pods = [_by_task(service, broker, now) if old else _by_scheduler(service, broker) for broker in service.brokers]
    names = {broker.index: broker.pod for broker in service.brokers}
    return Service(
        name=service.name,
        kind=kinds.named(service.shape.package),
        api=service.shape.api,
        pods=tuple(sorted(pods, key=lambda pod: pod.member)),
        deploy=service.deploy,
        recovery="COMPLETE" if old else scheduler.recovery,
        partitions=tuple(_partition(p, names) for p in service.partitions) if service.readable else None,
        unread="" if service.readable else UNREADABLE,
        scheduler_agent=home,
        asked=service.shape.proof,
        recovered=tuple(sorted(pod for pod, phase in service.recovery.items() if phase.status == "COMPLETE")),
        seeds=service.shape.seeds,
        replaces_after=service.shape.replaces_after,
    )


def _by_scheduler(service: SdkService, broker: Broker) -> Pod:
    """What pod/<name>/info and its status say: after a loss it still names the agent that the pod was on."""
    return Pod(
        member=Member(service.name, broker.pod),
        task_id=broker.task.id,
        agent_id=broker.task.agent_id,
        running=broker.running,
        marked=broker.marked,
        registered=broker.registered or not isinstance(service.shape, KafkaShape),
        needs=resources(broker.size),
        out_of_sync=BEHIND if service.shape.proof and broker.running and broker.behind else "",
    )


def _by_task(service: SdkService, broker: Broker, now: float) -> Pod:
    """The brokers generation shows neither agents nor marks: only a live Mesos task says where a broker is."""
    member = Member(service.name, broker.pod)
    if not broker.task.live:
        age = None if service.shape.replaces_after is None else now - broker.task.ended_at
        return Pod(member, "", "", running=False, marked=False, registered=broker.registered, down_for=age)
    task = broker.task
    needs = resources(broker.size)
    return Pod(member, task.id, task.agent_id, broker.running, marked=False, registered=broker.registered, needs=needs)


def _partition(partition: TopicPartition, names: dict[int, str]) -> Partition:
    isr = tuple(sorted(names[index] for index in partition.isr))
    return Partition(partition.topic, partition.number, isr, names.get(partition.leader, ""))
