"""The read endpoints of a Mesos master, with and without `/master` before them."""

from __future__ import annotations

from dcosmaint.sandbox.served.mesos_agents import known, recovered, registered, slave, slave_in_full
from dcosmaint.sandbox.served.mesos_frameworks import brief, counts, whole
from dcosmaint.sandbox.served.mesos_resources import Json
from dcosmaint.sandbox.served.mesos_tasks import ledger, v0_task
from dcosmaint.sandbox.served.router import Route
from dcosmaint.sandbox.served.wire import Answer, Ask, as_json
from dcosmaint.sandbox.world import World
from dcosmaint.sandbox.world.clock import EPOCH
from dcosmaint.sandbox.world.state import Agent

PORT = 5050
FLAGS = {
    "agent_ping_timeout": "15secs",
    "agent_reregister_timeout": "10mins",
    "allocation_interval": "1secs",
    "cluster": "sandbox",
    "max_agent_ping_timeouts": "20",
    "port": str(PORT),
    "roles": "slave_public",
    "work_dir": "/var/lib/dcos/mesos/master",
}
BUILT = 1_570_000_000.0


def build(world: World) -> Json:
    return {
        "build_date": "2019-10-02 07:06:40 UTC",
        "build_time": BUILT,
        "build_user": "",
        "git_sha": "0" * 40,
        "version": world.master.version,
    }


def _slaves(world: World, ask: Ask) -> Answer:
    wanted = ask.one("slave_id")

    def of(agents: list[Agent]) -> list[Agent]:
        return [agent for agent in agents if wanted in ("", agent.id)]

    found = [slave_in_full(world, agent) for agent in of(registered(world))]
    return as_json({"slaves": found, "recovered_slaves": [known(agent) for agent in of(recovered(world))]})


def _tasks(world: World, ask: Ask) -> Answer:
    """Live, unreachable and completed ones in one list, newest first, and no more than 100 unless asked for."""
    framework_id, task_id = ask.one("framework_id"), ask.one("task_id")
    frameworks = [f for f in world.master.frameworks.values() if framework_id in ("", f.id)]
    shown = [pair for pair in ledger(world, frameworks).shown() if task_id in ("", pair[0].id)]
    shown.sort(key=lambda pair: pair[0].launched_at, reverse=ask.one("order") != "asc")
    first, most = int(ask.one("offset", "0")), int(ask.one("limit", "100"))
    return as_json({"tasks": [v0_task(world, task, state) for task, state in shown[first : first + most]]})


def _frameworks(world: World, ask: Ask) -> Answer:
    wanted = ask.one("framework_id")
    found = [whole(world, f) for f in world.master.frameworks.values() if wanted in ("", f.id)]
    return as_json({"frameworks": found, "completed_frameworks": [], "unregistered_frameworks": []})


def _summary(world: World, _ask: Ask) -> Answer:
    every = ledger(world, world.master.frameworks.values())
    shown = [(task, world.master.frameworks[task.framework].id) for task, _ in every.shown()]
    slaves = [
        {
            **slave(world, agent),
            **counts(every, agent_id=agent.id),
            "framework_ids": sorted({framework_id for task, framework_id in shown if task.agent_id == agent.id}),
        }
        for agent in registered(world)
    ]
    frameworks = [
        {
            **brief(world, framework),
            **counts(ledger(world, [framework])),
            "slave_ids": sorted({task.agent_id for task, framework_id in shown if framework_id == framework.id}),
        }
        for framework in world.master.frameworks.values()
    ]
    hostname = world.shape.masters[0]
    return as_json({"hostname": hostname, "cluster": "sandbox", "slaves": slaves, "frameworks": frameworks})


def _state(world: World, _ask: Ask) -> Answer:
    leader = world.shape.masters[0]
    agents = registered(world)
    return as_json(
        {
            **build(world),
            "start_time": EPOCH,
            "elected_time": EPOCH,
            "id": world.master.id,
            "pid": f"master@{leader}:{PORT}",
            "hostname": leader,
            "capabilities": ["AGENT_UPDATE"],
            "activated_slaves": float(sum(agent.active for agent in agents)),
            "deactivated_slaves": float(sum(not agent.active for agent in agents)),
            "unreachable_slaves": float(_unreachable(world)),
            "leader": f"master@{leader}:{PORT}",
            "leader_info": {
                "id": world.master.id,
                "pid": f"master@{leader}:{PORT}",
                "port": PORT,
                "hostname": leader,
            },
            "cluster": "sandbox",
            "flags": FLAGS,
            "slaves": [slave(world, agent) for agent in agents],
            "recovered_slaves": [known(agent) for agent in recovered(world)],
            "frameworks": [whole(world, framework) for framework in world.master.frameworks.values()],
            "completed_frameworks": [],
            "orphan_tasks": [],
            "unregistered_frameworks": [],
        }
    )


def _unreachable(world: World) -> int:
    """Agents that left without a goodbye; one that never had a task leaves no trace in this World."""
    every = ledger(world, world.master.frameworks.values())
    return len({task.agent_id for task in every.unreachable})


def _metrics(world: World, _ask: Ask) -> Answer:
    agents = registered(world)
    live = ledger(world, world.master.frameworks.values()).live
    found = {
        "master/elected": 1,
        "master/slaves_active": sum(agent.active for agent in agents),
        "master/slaves_connected": sum(agent.connected for agent in agents),
        "master/slaves_disconnected": sum(not agent.connected for agent in agents),
        "master/slaves_inactive": sum(not agent.active for agent in agents),
        "master/slaves_unreachable": _unreachable(world),
        "master/tasks_running": sum(task.state == "TASK_RUNNING" for task in live),
    }
    return as_json({name: float(value) for name, value in found.items()})


def _redirect(world: World, _ask: Ask) -> Answer:
    return Answer(307, headers=(("Location", f"//{world.shape.masters[0]}:{PORT}"),))


ROUTES = (
    Route("GET POST", "(/master)?/slaves", _slaves),
    Route("GET", "(/master)?/tasks", _tasks),
    Route("GET", "(/master)?/frameworks", _frameworks),
    Route("GET", "(/master)?/state-summary", _summary),
    Route("GET", "(/master)?/state", _state),
    Route("GET", "(/master)?/flags", lambda _world, _ask: as_json({"flags": FLAGS})),
    Route("GET HEAD", "(/master)?/health", lambda _world, _ask: Answer()),
    Route("GET", "(/master)?/redirect", _redirect),
    Route("GET", "/version", lambda world, _ask: as_json(build(world))),
    Route("GET", "/metrics/snapshot", _metrics),
)
