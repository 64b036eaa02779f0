"""Pods as their scheduler sees them: where each is, whether it runs, and whether a replace of it is unplaced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.bodies import Body
from dcosmaint.adapters.gather import gather
from dcosmaint.adapters.mesos_agents import total
from dcosmaint.adapters.sdk_discovery import Scheduler
from dcosmaint.errors import Retryable
from dcosmaint.model import Member, Pod, Resources, kinds

FAILED = "permanently-failed"
"""The label that a replace leaves on every task of the pod until it is launched anew."""

SUSPENDED = ("PAUSING", "PAUSED", "DECOMMISSIONING", "DECOMMISSIONED")
"""States in which somebody else is at work on a pod."""


@dataclass(frozen=True)
class Pods:
    """Every pod of a service, and why they can't be moved by us."""

    pods: tuple[Pod, ...]
    trouble: str


@dataclass(frozen=True)
class Seen:
    """A task in `pod/status`."""

    id: str
    status: str  # without TASK_; "" for what never ran


NEVER = Seen("", "")


@dataclass(frozen=True)
class Launched:
    """A task in `pod/<name>/info`."""

    name: str
    id: str
    agent_id: str
    goal: str  # "" where the scheduler does not write it
    failed: bool
    needs: Resources

    def lasts(self, seen: Seen, lasting: Sequence[str]) -> bool:
        """Whether it should run now. One-shot tasks, which may never have run at all, are no part of that.

        `lasting` are the names of those that go on running, where its kind tells them: then any other one that does
        not run has had its time, also where it failed.
        """
        if self.goal:
            return self.goal == "RUNNING"
        if lasting and self.name not in lasting:
            return seen.status == "RUNNING"
        return bool(self.id) and seen.status != "FINISHED"


def generation(router: AdminRouter, scheduler: Scheduler) -> tuple[str, tuple[str, ...]]:
    """Which path it answers, `pod` or `pods`, with the names that it lists; ("", ()) where it answers neither."""
    for api in ("pod", "pods"):
        answer = router.get(scheduler.path(f"v1/{api}"), 200, 404)
        if answer.status == 200:
            return api, tuple(sorted(name.text() for name in answer.json().list()))
    return "", ()


def read(router: AdminRouter, scheduler: Scheduler, api: str, names: Sequence[str]) -> Pods:
    statuses = _statuses(router.get(scheduler.path(f"v1/{api}/status")).json(), scheduler.name)
    known = [name for name in names if not name.startswith("UNKNOWN_POD")]

    def pod(name: str) -> Pod:
        info = router.get(scheduler.path(f"v1/{api}/{quote(name, safe='')}/info")).json()
        if name not in statuses:
            raise Retryable(f"the scheduler of {scheduler.name} lists {name}, and no status of it")
        lasting = [f"{name}-{task}" for task in kinds.known(scheduler.kind).tasks]
        found = _lasting([_launched(task) for task in info.list()], statuses[name], lasting)
        return _pod(Member(scheduler.name, name), found, statuses[name])

    return Pods(gather(pod, known), _trouble(names, statuses))


def _trouble(names: Sequence[str], statuses: Mapping[str, Mapping[str, Seen]]) -> str:
    for name in names:
        if name.startswith("UNKNOWN_POD"):
            return f"its scheduler lists a task that belongs to no pod: {name}"
    for pod, tasks in sorted(statuses.items()):
        for seen in tasks.values():
            if seen.status in SUSPENDED:
                return f"{pod} is {seen.status}: somebody else is at work on it"
    return ""


def _lasting(launched: Sequence[Launched], statuses: Mapping[str, Seen], names: Sequence[str]) -> list[Launched]:
    return [task for task in launched if task.lasts(statuses.get(task.name, NEVER), names)]


def _pod(member: Member, lasting: Sequence[Launched], statuses: Mapping[str, Seen]) -> Pod:
    agents = sorted({task.agent_id for task in lasting if task.agent_id})
    if len(agents) > 1:
        raise Retryable(f"the tasks of {member} are on {len(agents)} agents ({', '.join(agents)})")
    return Pod(
        member=member,
        task_id=next((task.id for task in lasting if task.id), ""),
        agent_id=next(iter(agents), ""),
        running=bool(lasting) and all(_runs(task, statuses.get(task.name, NEVER)) for task in lasting),
        marked=any(task.failed for task in lasting),
        registered=True,
        needs=_sum([task.needs for task in lasting]),
    )


def _runs(task: Launched, seen: Seen) -> bool:
    """The two are read a moment apart: an id that differs is a launch in between."""
    return seen.status == "RUNNING" and seen.id == task.id


def _statuses(body: Body, service: str) -> Mapping[str, Mapping[str, Seen]]:
    """By pod and task. Schedulers before SDK 0.31 wrote a plain map, and other words in it."""
    if body.find("service") is None and body.find("pods") is None:
        return {pod: _tasks(tasks.list(), "state") for pod, tasks in body.map().items()}
    answers_for = body.text_or(service, "service").strip("/")
    if answers_for != service:
        raise Retryable(f"{body.where} is answered for {answers_for}: Admin Router took the wrong route")
    instances = (instance for pod in body.list_or_none("pods") for instance in pod.list("instances"))
    return {instance.text("name"): _tasks(instance.list("tasks"), "status") for instance in instances}


def _tasks(tasks: Sequence[Body], key: str) -> Mapping[str, Seen]:
    """A task that never ran has an empty id, and no status or a sentence for one."""
    return {
        task.text("name"): Seen(id=task.text_or("", "id"), status=task.text_or("", key).removeprefix("TASK_").upper())
        for task in tasks
    }


def _launched(body: Body) -> Launched:
    info, status = body.at("info"), body.find("status")
    labels = {label.text("key"): label.text_or("", "value") for label in info.list_or_none("labels", "labels")}
    task = Launched(
        name=info.text("name"),
        id=info.text_or("", "taskId", "value"),
        agent_id=info.text_or("", "slaveId", "value"),
        goal=labels.get("goal_state", ""),
        failed=labels.get(FAILED, "").lower() == "true",
        needs=total((*info.list_or_none("resources"), *info.list_or_none("executor", "resources"))),
    )
    if status is not None and status.text_or("", "taskId", "value") == task.id:
        _agree(task, status.text_or(task.agent_id, "slaveId", "value"))
    return task


def _agree(task: Launched, agent_id: str) -> None:
    if agent_id != task.agent_id:
        raise Retryable(f"task {task.id} was launched on {task.agent_id}, and reports from {agent_id}")


def _sum(needs: Sequence[Resources]) -> Resources:
    """Tasks that share a resource set count twice here: rather too much room than too little."""
    return Resources(
        cpus=round(sum(need.cpus for need in needs), 3),
        mem=sum(need.mem for need in needs),
        disk=sum(need.disk for need in needs),
    )
