"""Frameworks as a Mesos master writes them."""

from __future__ import annotations

from dcosmaint.sandbox.served.mesos_agents import nanoseconds
from dcosmaint.sandbox.served.mesos_resources import NOTHING, Holdings, Json, sums, total
from dcosmaint.sandbox.served.mesos_tasks import Ledger, ledger, v0_task
from dcosmaint.sandbox.world import World
from dcosmaint.sandbox.world.clock import EPOCH
from dcosmaint.sandbox.world.state import Framework

STATES = ("STAGING", "STARTING", "RUNNING", "KILLING", "FINISHED", "KILLED", "FAILED", "LOST", "ERROR", "UNREACHABLE")
CAPABILITIES = ("MULTI_ROLE", "TASK_KILLING_STATE", "RESERVATION_REFINEMENT")
AWARE = (*CAPABILITIES, "PARTITION_AWARE")
"""To all others a task that can't be reached, or is gone for good, is TASK_LOST."""

FAILOVER = 604800.0
"""Seconds for which the master keeps a framework that is away: one week, as the SDK and Marathon on DC/OS ask for."""


def name(framework: Framework) -> str:
    """A service in a folder registers under its name as configured: with the leading slash."""
    return f"/{framework.name}" if "/" in framework.name else framework.name


def connected(world: World, framework: Framework) -> bool:
    service = world.ground.services.get(framework.name)
    return service.up if service else framework.active


def brief(world: World, framework: Framework) -> Json:
    """As in the summary."""
    used = sums(total(task.size for task in ledger(world, [framework]).live))
    there = connected(world, framework)
    return {
        "id": framework.id,
        "name": name(framework),
        "used_resources": used,
        "offered_resources": sums(NOTHING),
        "capabilities": list(AWARE if framework.aware else CAPABILITIES),
        "hostname": "",
        "webui_url": "",
        "active": there,
        "connected": there,
        "recovered": False,
    }


def whole(world: World, framework: Framework) -> Json:
    """As in `/frameworks` and `/state`, with its tasks."""
    tasks = ledger(world, [framework])
    short = brief(world, framework)
    completed = [*((t, t.state) for t in tasks.completed), *((t, "TASK_RUNNING") for t in tasks.phantoms)]
    return {
        **short,
        "user": "root",
        "failover_timeout": FAILOVER,
        "checkpoint": True,
        "registered_time": EPOCH,
        "unregistered_time": 0.0,
        "resources": short["used_resources"],
        "roles": [framework.role],
        "principal": framework.principal,
        "tasks": [v0_task(world, task, task.state) for task in tasks.live],
        "unreachable_tasks": [v0_task(world, task, task.state) for task in tasks.unreachable],
        "completed_tasks": [v0_task(world, task, state) for task, state in completed],
        "offers": [],
        "executors": [],
    }


def v1_framework(world: World, framework: Framework) -> Json:
    there = connected(world, framework)
    info = {
        "user": "root",
        "name": name(framework),
        "id": {"value": framework.id},
        "failover_timeout": FAILOVER,
        "checkpoint": True,
        "roles": [framework.role],
        "principal": framework.principal,
        "capabilities": [{"type": kind} for kind in (AWARE if framework.aware else CAPABILITIES)],
    }
    allocated = [
        entry
        for agent in world.ground.listed
        for entry in Holdings(world, agent).used_full()
        if entry["allocation_info"]["role"] == framework.role
    ]
    return {
        "framework_info": info,
        "active": there,
        "connected": there,
        "recovered": False,
        "registered_time": nanoseconds(EPOCH),
        "reregistered_time": nanoseconds(EPOCH),
        "allocated_resources": allocated,
    }


def counts(tasks: Ledger, *, agent_id: str = "") -> Json:
    """Tasks by state, as the summary counts them: phantoms are running ones there."""
    found = dict.fromkeys((f"TASK_{state}" for state in STATES), 0)
    for task, state in tasks.shown():
        if state in found and (not agent_id or task.agent_id == agent_id):  # it counts none that is gone for good
            found[state] += 1
    return found
