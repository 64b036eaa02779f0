"""Tasks as a Mesos master writes them, the dead ones that it takes for running among them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from dcosmaint.sandbox.served.mesos_resources import Holdings, Json, sums
from dcosmaint.sandbox.world import World
from dcosmaint.sandbox.world.operator import DRAINING, GONE
from dcosmaint.sandbox.world.state import Framework, Task

Moment = tuple[str, float, bool]
"""A state, its time, and whether the task's container was alive then."""

UNREGISTERED, UNREACHABLE = "the agent unregistered", "health check timed out"
BY_OPERATOR = {
    DRAINING: {"message": "Command terminated with signal Terminated", "reason": "REASON_AGENT_DRAINING"},
    GONE: {"message": GONE, "reason": "REASON_AGENT_REMOVED_BY_OPERATOR"},
}


@dataclass
class Ledger:
    """The tasks of some frameworks, as the master keeps them."""

    live: list[Task] = field(default_factory=list)
    unreachable: list[Task] = field(default_factory=list)
    completed: list[Task] = field(default_factory=list)
    phantoms: list[Task] = field(default_factory=list)  # completed, and listed once more as running

    def shown(self) -> Iterator[tuple[Task, str]]:
        """Every task with the state that flat lists and counters give it."""
        for task in (*self.live, *self.unreachable, *self.completed):
            yield task, task.state
        for task in self.phantoms:
            yield task, "TASK_RUNNING"


def ledger(world: World, frameworks: Iterable[Framework]) -> Ledger:
    found = Ledger()
    names = {framework.name for framework in frameworks}
    for agent in world.ground.listed:
        if not agent.recovering:
            found.live.extend(task for task in agent.tasks.values() if task.framework in names)
    for framework in world.master.frameworks.values():
        if framework.name in names:
            _sort_in(world, framework, found)
    return found


def _sort_in(world: World, framework: Framework, found: Ledger) -> None:
    for task in framework.completed:
        agent = world.ground.agents[task.agent_id]
        if task.reason == UNREACHABLE and not agent.listed:
            found.unreachable.append(task)
            continue
        found.completed.append(task)
        came_back = agent.listed and agent.reregistered_at > task.ended_at
        if came_back and task.running_at and task.reason == UNREGISTERED:
            found.phantoms.append(task)


def v0_task(world: World, task: Task, state: str) -> Json:
    framework = world.master.frameworks[task.framework]
    return {
        "id": task.id,
        "name": task.name,
        "framework_id": framework.id,
        "executor_id": "",
        "slave_id": task.agent_id,
        "state": state,
        "resources": sums(task.size),
        "role": framework.role,
        "statuses": [
            {"state": s, "timestamp": at, **({"container_status": _container(world, task)} if alive else {})}
            for s, at, alive in _history(task, state)
        ],
    }


def v1_task(world: World, task: Task, state: str) -> Json:
    framework = world.master.frameworks[task.framework]
    agent, history = world.ground.agents[task.agent_id], _history(task, state)
    return {
        "name": task.name,
        "task_id": {"value": task.id},
        "framework_id": {"value": framework.id},
        "agent_id": {"value": task.agent_id},
        "state": state,
        "resources": Holdings(world, agent).of(task),
        "statuses": [_v1_status(world, task, step) for step in history],
        **({"status_update_state": state} if history and state == task.state else {}),  # a phantom has none
    }


def _v1_status(world: World, task: Task, step: Moment) -> Json:
    state, at, alive = step
    by_master = not alive and task.reason in (UNREGISTERED, UNREACHABLE, GONE)
    status = {
        "task_id": {"value": task.id},
        "state": state,
        "source": "SOURCE_MASTER" if by_master else "SOURCE_EXECUTOR",
        "agent_id": {"value": task.agent_id},
        "timestamp": at,
    }
    if alive:
        return {**status, "executor_id": {"value": task.id}, "container_status": _container(world, task)}
    if task.reason in BY_OPERATOR:
        return {**status, **BY_OPERATOR[task.reason]}
    if by_master:
        ip = world.ground.agents[task.agent_id].machine.private_ip
        return {**status, "message": f"Agent {ip} removed: {task.reason}", "reason": "REASON_AGENT_REMOVED"}
    return {**status, "message": task.reason}


def _history(task: Task, state: str) -> list[Moment]:
    steps: list[Moment] = []
    if task.running_at:
        steps.append(("TASK_RUNNING", task.running_at, True))
    if task.ended_at and state != "TASK_RUNNING":
        steps.append((task.state, task.ended_at, False))
    return steps


def _container(world: World, task: Task) -> Json:
    ip = world.ground.agents[task.agent_id].machine.private_ip
    address = {"protocol": "IPv4", "ip_address": ip}
    return {"container_id": {"value": task.id[-36:]}, "network_infos": [{"ip_addresses": [address]}]}
