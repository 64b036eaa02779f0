"""The maintenance schedule of the served Mesos: a real master's exchanges, played again, and who heeds it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from dcosmaint.sandbox.world import AppShape, Shape, Size
from dcosmaint.sandbox.world.maintenance import MachineId, Planned
from tests.sandbox.cluster import Cluster, recorded, served

APPS = Shape(nodes=3, public=0, services=(), apps=(AppShape("/web", 3, unique=True, size=Size(1.0, 64.0)),))


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with served() as cluster:
        yield cluster


def plain(said: str) -> Any:
    """JSON as what it says, without what frameworks answered: nobody does here."""
    try:
        found = json.loads(said)
    except ValueError:
        return said
    within = found.get("get_maintenance_status", {}).get("status", found) if isinstance(found, dict) else {}
    for machine in within.get("draining_machines", ()):
        machine.pop("statuses", None)
    within.get("draining_machines", []).sort(key=json.dumps)
    return found


def test_each_recorded_exchange_is_answered_as_it_was(cluster: Cluster) -> None:
    """What is odd and taken, what is refused, and that whoever writes it replaces all of it."""
    found = []
    for exchange in recorded("maintenance"):
        headers = {"Content-Type": exchange["type"]} if exchange["type"] else {}
        path, body = f"mesos{exchange['path']}", exchange["body"].encode()
        answer = cluster.ask(path, exchange["method"], data=body, headers=headers)
        if (answer.status_code, plain(answer.text)) != (exchange["status"], plain(exchange["says"])):
            found.append(f"{exchange['name']}: {answer.status_code} {answer.text} and not {exchange['says']}")
    assert found == []


@pytest.mark.parametrize(("profile", "heeds"), [("1.9", False), ("1.11", False), ("1.13", True), ("2.1", True)])
def test_marathon_starts_nothing_there_from_1_7_on(profile: str, *, heeds: bool) -> None:
    with served(Shape(profile=profile, nodes=3, public=0, services=(), apps=APPS.apps)) as cluster:
        agent, world = cluster.agent(), cluster.world
        ip = agent.machine.private_ip
        world.maintenance.write([Planned((MachineId(ip, ip),), int(world.now) * 10**9)])
        world.master.end(next(iter(agent.tasks.values())), "TASK_KILLED", "killed by an operator")
        cluster.pace.skip(60.0)
        assert (agent.tasks == {}) == heeds
        world.maintenance.write([])
        world.master.room()
        cluster.pace.skip(60.0)
        assert agent.tasks != {}


def test_an_sdk_scheduler_does_not_look_at_it() -> None:
    with served(Shape(nodes=3, public=0)) as cluster:
        world = cluster.world
        name = next(iter(world.schedulers))
        broker = world.schedulers[name].service.brokers[0]
        ip = world.ground.agents[broker.task.agent_id].machine.private_ip
        world.maintenance.write([Planned((MachineId(ip, ip),), int(world.now) * 10**9)])
        home = broker.task.agent_id
        world.crash(name, broker.pod)
        cluster.pace.skip(120.0)
        assert (broker.task.agent_id, broker.task.state) == (home, "TASK_RUNNING")


@pytest.mark.parametrize("start", [-3600, 3600])
def test_a_window_that_is_over_or_has_not_begun_keeps_nobody_away(start: int) -> None:
    with served(APPS) as cluster:
        agent, world = cluster.agent(), cluster.world
        ip = agent.machine.private_ip
        window = Planned((MachineId(ip, ip),), (int(world.now) + start) * 10**9, 60 * 10**9)
        world.maintenance.write([window])
        assert not world.maintenance.away(agent.machine)
        world.maintenance.write([Planned(window.machines, int(world.now) * 10**9, 60 * 10**9)])
        assert world.maintenance.away(agent.machine)
