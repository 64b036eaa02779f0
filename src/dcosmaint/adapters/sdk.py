"""Every SDK service of a cluster, through Admin Router: read whole, and its members replaced."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import quote

from dcosmaint.adapters import kafka, legacy_kafka, sdk_offers, sdk_plans, sdk_pods
from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.answers import Call
from dcosmaint.adapters.sdk_discovery import Scheduler, schedulers
from dcosmaint.adapters.sdk_plans import Plan
from dcosmaint.errors import Fatal, NodeFailed, Retryable
from dcosmaint.model import Member, Pod, Service, kinds

UNREADABLE = "its scheduler answers neither v1/pod nor v1/pods: is it being uninstalled?"


class Sdk:
    """`ServiceReads` and `ServiceActs` of one cluster."""

    def __init__(self, router: AdminRouter, kafka_packages: Iterable[str] = ()) -> None:
        """`kafka_packages`: names of packages beside the known ones whose members are Kafka brokers."""
        self._router = router
        self._packages = frozenset(kafka_packages)

    def all(self) -> tuple[Service, ...]:
        return tuple(self._read(scheduler) for scheduler in schedulers(self._router, self._packages))

    def one(self, name: str) -> Service:
        return self._read(self._scheduler(name))

    def rejected(self, member: Member) -> tuple[str, ...]:
        scheduler = self._scheduler(member.service)
        return () if scheduler.hidden_by else sdk_offers.rejected(self._router, scheduler, member.pod)

    def replace(self, member: Member) -> None:
        """Sent once. An answer that is lost or says nothing is `Retryable`: whether it arrived, the scheduler knows."""
        scheduler = self._scheduler(member.service)
        if scheduler.hidden_by:
            raise Fatal(f"{member} can't be replaced: {_hidden(scheduler)}")
        api, _ = sdk_pods.generation(self._router, scheduler)
        if api:
            self._replace_pod(scheduler, api, member)
        elif scheduler.legacy:
            legacy_kafka.send_replace(self._router, scheduler, member)
        else:
            raise Retryable(f"{member} is not replaced: {UNREADABLE}")

    def _replace_pod(self, scheduler: Scheduler, api: str, member: Member) -> None:
        path = scheduler.path(f"v1/{api}/{quote(member.pod, safe='')}/replace")
        answer = self._router.ask(Call(path, method="POST", accepts=(200, 404, 409), once=True))
        if answer.status == 404:
            raise NodeFailed(f"the scheduler of {member.service} knows no {member.pod}")
        if answer.status == 409:  # only schedulers before SDK 0.20, whose service may veto
            raise Retryable(f"the scheduler of {member.service} does not replace {member.pod} now: {answer.said}")
        if answer.json().text("pod") != member.pod:
            raise Retryable(f"the scheduler of {member.service} confirms another pod than {member.pod}")

    def _scheduler(self, name: str) -> Scheduler:
        for scheduler in schedulers(self._router, self._packages):
            if scheduler.name == name:
                return scheduler
        raise Retryable(f"Marathon lists no scheduler of a service {name}")

    def _read(self, scheduler: Scheduler) -> Service:
        if scheduler.hidden_by:
            return self._by_tasks(scheduler, _hidden(scheduler))
        api, names = sdk_pods.generation(self._router, scheduler)
        if api:
            return self._by_pods(scheduler, api, names)
        return self._by_brokers(scheduler) if scheduler.legacy else self._by_tasks(scheduler, UNREADABLE)

    def _by_pods(self, scheduler: Scheduler, api: str, names: tuple[str, ...]) -> Service:
        if kafka.is_one(self._router, scheduler, names):
            scheduler = replace(scheduler, kind=kinds.KAFKA.name)
        deploy = self._plan(scheduler, "deploy").status
        if not names and deploy == "COMPLETE":
            raise Retryable(f"the scheduler of {scheduler.name} lists no pod, and says that all are deployed")
        found = sdk_pods.read(self._router, scheduler, api, names)
        recovery = self._plan(scheduler, "recovery")  # after the pods: a plan that says more is one of later
        is_kafka = scheduler.kind == kinds.KAFKA.name
        topics = kafka.partitions(self._router, scheduler, _type(found.pods)) if is_kafka else kafka.Read(())
        return Service(
            name=scheduler.name,
            kind=scheduler.kind,
            api=api,
            pods=kafka.registered(self._router, scheduler, found.pods) if is_kafka else found.pods,
            deploy=deploy,
            recovery=recovery.status,
            partitions=topics.partitions,
            unread=topics.unread,
            scheduler_agent=scheduler.agent_id,
            trouble=found.trouble,
            recovered=recovery.done,
            seeds=scheduler.seeds,
        )

    def _by_brokers(self, scheduler: Scheduler) -> Service:
        """Their only plan is `deploy`: with no recovery to wait for, tasks and in-sync replicas decide alone."""
        topics = kafka.partitions(self._router, scheduler, legacy_kafka.BROKER)
        return Service(
            name=scheduler.name,
            kind=scheduler.kind,
            api="brokers",
            pods=legacy_kafka.pods(self._router, scheduler),
            deploy=sdk_plans.read(self._router, scheduler.path("v1/plan")).status,
            recovery="COMPLETE",
            partitions=topics.partitions,
            unread=topics.unread,
            scheduler_agent=scheduler.agent_id,
            replaces_after=scheduler.replaces_after,
        )

    def _by_tasks(self, scheduler: Scheduler, trouble: str) -> Service:
        """It can't be asked: its live tasks still show on which nodes it is, so that those are refused."""
        return Service(
            name=scheduler.name,
            kind=scheduler.kind,
            api="",
            pods=tuple(legacy_kafka.by_task(self._router, scheduler)),
            deploy="UNKNOWN",
            recovery="UNKNOWN",
            partitions=None,
            scheduler_agent=scheduler.agent_id,
            trouble=trouble,
        )

    def _plan(self, scheduler: Scheduler, plan: str) -> Plan:
        return sdk_plans.read(self._router, scheduler.path(f"v1/plans/{plan}"))


def _hidden(scheduler: Scheduler) -> str:
    return f"Admin Router sends calls for {scheduler.name} to the service {scheduler.hidden_by}, whose name hides it"


def _type(pods: tuple[Pod, ...]) -> str:
    """What stands before the number in the names of its pods."""
    return next((pod.member.pod.rpartition("-")[0] for pod in pods), "kafka")
