"""Kafka schedulers from before pod commands (packages up to 1.1.19): `PUT v1/brokers/<id>?replace=true`.

They show neither agents nor a recovery plan, so where a broker is comes from its Mesos task.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.answers import Call
from dcosmaint.adapters.kafka import brokers
from dcosmaint.adapters.mesos_agents import SLAVES, recovered, total
from dcosmaint.adapters.mesos_tasks import ended, live
from dcosmaint.adapters.sdk_discovery import Scheduler
from dcosmaint.errors import NodeFailed, Retryable
from dcosmaint.model import Member, Pod, counted

BROKER = "broker"
"""What stands before the number in the name of a task: `broker-0`."""


def pods(router: AdminRouter, scheduler: Scheduler) -> tuple[Pod, ...]:
    """One for every broker that is wanted, registered or running. There is no mark: a replaced task is another task."""
    known = brokers(router, scheduler)
    running = {pod.member.pod: pod for pod in by_task(router, scheduler)}
    wanted = {f"{BROKER}-{number}" for number in (*range(scheduler.members), *known)}
    absent = sorted(wanted - running.keys())
    if absent:
        _prove_absent(router, scheduler, absent[0])
    down = _down(router, scheduler) if absent and scheduler.replaces_after is not None else {}
    return tuple(
        _registered(running.get(name) or _absent(Member(scheduler.name, name), down.get(name)), known)
        for name in sorted({*wanted, *running})
    )


def by_task(router: AdminRouter, scheduler: Scheduler) -> Iterator[Pod]:
    """A pod for each live Mesos task of the service: all that can be told where its scheduler tells nothing."""
    for task, body in live(router):
        if task.framework == scheduler.name:
            member = Member(scheduler.name, task.name)
            needs = total(body.list_or_none("resources"))
            yield Pod(member, task.id, task.agent_id, task.running, marked=False, registered=True, needs=needs)


def send_replace(router: AdminRouter, scheduler: Scheduler, member: Member) -> None:
    number = member.pod.rpartition("-")[2]
    call = Call(scheduler.path(f"v1/brokers/{number}?replace=true"), method="PUT", once=True)
    tasks = router.ask(call).json().list()
    if not tasks or any(task.value is None for task in tasks):
        raise NodeFailed(f"the scheduler of {scheduler.name} knows no broker {number}")


def _prove_absent(router: AdminRouter, scheduler: Scheduler, name: str) -> None:
    """After a failover the master lists no task of an agent that has not re-registered: it may well be there."""
    if away := recovered(router.get(SLAVES).json()):
        agents = counted(len(away), "agent has", "agents have")
        raise Retryable(
            f"{scheduler.name}/{name} has no task that Mesos lists, and {agents} not re-registered since the"
            " master's failover: it may run on one of them"
        )


def _down(router: AdminRouter, scheduler: Scheduler) -> dict[str, float]:
    """Seconds since the last task of each of its brokers ended. A master forgets that with its leadership."""
    ages: dict[str, float] = {}
    for task, age in ended(router):
        if task.framework == scheduler.name:
            ages[task.name] = min(age, ages.get(task.name, age))
    return ages


def _absent(member: Member, down_for: float | None) -> Pod:
    return Pod(member, task_id="", agent_id="", running=False, marked=False, registered=False, down_for=down_for)


def _registered(pod: Pod, known: frozenset[str]) -> Pod:
    there = pod.member.pod.rpartition("-")[2] in known
    return replace(pod, registered=there)
