"""RESERVE_RESOURCES and UNRESERVE_RESOURCES of the served Mesos: a real master's exchanges, played again.

What the World does not have of it: ports (nobody's tasks take any, so none can be set apart), and resources that are
moved from one reservation to another (`source`). The order in which a real master names a pool is its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests

from dcosmaint.adapters.bodies import Body
from dcosmaint.adapters.mesos_agents import agent as read_agent
from dcosmaint.sandbox.world import AppShape, NodeShape, Shape, Size
from tests.sandbox.cluster import Cluster, recorded, served, unlike

SIZE = Size(4.0, 2048.0, 10240.0)
MASTER, PUBLIC_MASTER = "ff25eb8d-30b9-4688-ad6c-f11f664e95ed", "a1657df1-8b72-4c9e-978a-21b31a42a86c"
PORTS = {"ports:[31000-32000]", "ports(reservations: [(STATIC,slave_public)]):[31000-32000]"}
TAKEN_BACK = ("v1-err-mixed-list", "v1-err-string-value", "v1-err-role-slash")
"""What succeeded though it should not have: it was unreserved at once, by a call that was not kept."""
EMPTY = Shape(nodes=0, public=0, services=(), apps=())


@contextmanager
def as_recorded(*agents: tuple[str, str], public: bool = False, shape: Shape = EMPTY) -> Iterator[Cluster]:
    """Agents under the ids and addresses that the real ones had."""
    with served(shape) as cluster:
        for number, (agent_id, ip) in enumerate(agents):
            address = f"aws_instance.dcos_agent_node[{number}]"
            node = NodeShape("us-east-1a", public, SIZE, address=address, private_ip=ip, agent_id=agent_id)
            cluster.world.add_node(node)
        yield cluster


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with as_recorded(*((f"{MASTER}-S{n}", f"127.0.0.{ip}") for n, ip in ((0, 13), (1, 11), (2, 12)))) as cluster:
        yield cluster


def again(cluster: Cluster, exchange: dict[str, str]) -> requests.Response:
    headers = {"Content-Type": exchange["type"]} if exchange["type"] else {}
    path = f"mesos{exchange['path']}"
    return cluster.ask(path, exchange["method"], data=exchange["body"].encode(), headers=headers)


def parts(says: str) -> tuple[set[str], str]:
    """The pool that a refusal names, without ports, and what was asked of it."""
    pool, _, rest = says.rpartition(" does not contain ")
    return set(pool.split("; ")) - PORTS - {""}, rest


def differences(cluster: Cluster, recording: str) -> list[str]:
    found = []
    for exchange in recorded(recording):
        answer = again(cluster, exchange)
        if (answer.status_code, parts(answer.text)) != (exchange["status"], parts(exchange["says"])):
            found.append(f"{exchange['name']}: {answer.status_code} {answer.text} and not {exchange['says']}")
        if exchange["name"] in TAKEN_BACK:
            again(
                cluster,
                exchange | {"body": exchange["body"].replace("RESERVE", "UNRESERVE").replace('"reserve', '"unreserve')},
            )
    return found


def a_reservation(value: float = 1.0, name: str = "cpus", **marks: Any) -> dict[str, Any]:
    labels = {"labels": [{"key": "roll", "value": "r1"}]}
    layer = {"type": "DYNAMIC", "role": "dcosmaint", "labels": labels} | marks
    return {"name": name, "type": "SCALAR", "scalar": {"value": value}, "reservations": [layer]}


def call(cluster: Cluster, kind: str, *resources: dict[str, Any], number: int = 0) -> int:
    member = {"agent_id": {"value": cluster.agent(number).id}, "resources": list(resources)}
    return cluster.call(f"{kind}_RESOURCES", **{f"{kind.lower()}_resources": member}).status_code


def test_each_recorded_exchange_is_answered_as_it_was(cluster: Cluster) -> None:
    """Both forms, both generations of the API, parts, wrong labels and principals, and every malformed one."""
    assert differences(cluster, "reservations") == []


def test_a_public_agents_resources_are_refined_and_else_refused() -> None:
    with as_recorded((f"{PUBLIC_MASTER}-S2", "127.0.0.11"), public=True) as cluster:
        taken = AppShape("/held", 1, public=True, size=Size(0.5, 64.0))
        cluster.world.add_app(taken, [cluster.agent().id])
        assert differences(cluster, "reservations-public") == []


def test_a_reservation_is_shown_as_a_real_master_shows_it(cluster: Cluster) -> None:
    for exchange in recorded("reservations")[:6]:
        again(cluster, exchange)
    real = next(slave for slave in recorded("slaves-reserved")["slaves"] if slave["reserved_resources"])
    ours = cluster.get(f"mesos/slaves?slave_id={real['id']}")["slaves"][0]
    for name in ("reserved_resources", "reserved_resources_full"):
        assert ours[name] == real[name]
    assert ours["unreserved_resources"]["cpus"] == real["unreserved_resources"]["cpus"] == 0.75
    v1 = cluster.call("GET_AGENTS").json()["get_agents"]["agents"]
    assert unlike(recorded("agents")["get_agents"]["agents"], v1) == []
    assert read_agent(Body(ours, "slave")).free.cpus == 0.75


def test_what_is_set_apart_is_offered_to_nobody_else() -> None:
    """What a task uses can't be set apart, and a reservation outlives a restart of its agent."""
    with served() as cluster:
        agent = cluster.agent()
        free = agent.free
        assert call(cluster, "RESERVE", a_reservation(free.cpus + 0.1)) == 409
        assert call(cluster, "RESERVE", a_reservation(free.cpus), a_reservation(free.mem, "mem")) == 202
        assert agent not in cluster.world.master.takers(Size(0.1, 1.0), public=False)
        assert agent not in cluster.world.master.takers(Size(0.0, 1.0), public=False)
        cluster.pace.skip(0.1)
        cluster.world.systemd.signal_agent(agent.machine)
        cluster.pace.skip(20.0)
        assert call(cluster, "UNRESERVE", a_reservation(free.cpus), a_reservation(free.mem, "mem")) == 202
        assert agent in cluster.world.master.takers(Size(0.1, 1.0), public=False)


@pytest.mark.parametrize("kind", ["RESERVE", "UNRESERVE"])
def test_nothing_at_all_kills_the_master_after_its_answer(cluster: Cluster, kind: str) -> None:
    """Another one leads then. Next to something it is harmless, and a tenth of a thousandth is refused."""
    assert call(cluster, "RESERVE", a_reservation(0), a_reservation(1)) == 202
    assert call(cluster, kind, a_reservation(0.0004)) == 400
    assert cluster.get("mesos/slaves")["recovered_slaves"] == []
    assert call(cluster, kind, a_reservation(0)) == 202
    assert len(cluster.get("mesos/slaves")["recovered_slaves"]) == 3
    assert call(cluster, kind, a_reservation(1)) == 400


@pytest.mark.trap("a reservation that was answered may not be on the agent's disk")
@pytest.mark.parametrize("kind", ["RESERVE", "UNRESERVE"])
def test_what_an_agent_has_not_written_yet_is_lost_when_it_restarts(kind: str) -> None:
    """It takes it up to 65 ms; the master shows the change at once."""
    with served() as cluster:
        agent = cluster.agent()
        if kind == "UNRESERVE":
            assert call(cluster, "RESERVE", a_reservation(1.0)) == 202
            cluster.pace.skip(0.1)
        assert call(cluster, kind, a_reservation(1.0)) == 202
        assert bool(agent.set_apart) == (kind == "RESERVE")
        cluster.world.systemd.restart_agent(agent.machine)
        cluster.pace.skip(20.0)
        assert bool(agent.set_apart) == (kind == "UNRESERVE")


def test_what_becomes_free_is_offered_with_the_next_round_of_the_allocator() -> None:
    """Whoever sets it apart before that is the only one who knows of it."""
    with served(Shape(nodes=1, public=0, services=(), apps=(AppShape("/web", 1, size=Size(1.0, 64.0)),))) as cluster:
        agent, master = cluster.agent(), cluster.world.master
        cluster.pace.skip(0.25)
        before = agent.free
        master.end(next(iter(agent.tasks.values())), "TASK_KILLED", "killed by an operator")
        assert agent.free.cpus == before.cpus + 1.0
        for skipped, found in ((0.0, []), (0.7, []), (0.1, [agent])):
            cluster.pace.skip(skipped)
            assert master.takers(Size(before.cpus + 0.5), public=False) == found
