"""Agents through Admin Router, diagnostics, faults on the wire, and the orders of the sandbox's owner."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
import requests

from dcosmaint.sandbox.served.front import Settings
from dcosmaint.sandbox.world import JobsShape, NodeShape, Shape
from tests.sandbox.cluster import Cluster, served


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with served() as cluster:
        yield cluster


# ---- one agent


def test_an_agent_that_is_not_in_the_cache_is_unknown(cluster: Cluster) -> None:
    answer = cluster.ask("slave/nope-S9/slave(1)/state")
    assert (answer.status_code, answer.text) == (404, "404 Not Found: agent `nope-S9` unknown.")


def test_an_agent_that_stopped_does_not_answer_and_its_machine_does(cluster: Cluster) -> None:
    agent = cluster.agent()
    cluster.world.systemd.stop_agent(agent.machine)
    assert cluster.ask(f"slave/{agent.id}/slave%281%29/state").status_code == 502
    assert cluster.get(f"system/v1/agent/{agent.id}/dcos-metadata/dcos-version.json")["version"] == "2.1.1"
    cluster.world.vanish(agent.machine.id)
    assert cluster.ask(f"system/v1/agent/{agent.id}/dcos-metadata/dcos-version.json").status_code == 504


def test_masters_and_the_cluster_have_names(cluster: Cluster) -> None:
    masters = cluster.get("mesos_dns/v1/hosts/master.mesos")
    assert [one["ip"] for one in masters] == ["10.0.0.11", "10.0.0.12", "10.0.0.13"]
    assert cluster.get("mesos_dns/v1/hosts/leader.mesos") == [{"host": "leader.mesos.", "ip": "10.0.0.11"}]
    assert cluster.get("metadata")["CLUSTER_ID"] == cluster.world.cluster_id


# ---- diagnostics


def test_a_unit_is_red_or_not(cluster: Cluster) -> None:
    machine = cluster.agent().machine
    machine.red = ("dcos-log-agent.service",)
    units = cluster.get(f"system/health/v1/nodes/{machine.private_ip}/units")["units"]
    assert {unit["id"] for unit in units if unit["health"]} == {"dcos-log-agent.service"}
    assert "dcos-mesos-slave.service" in {unit["id"] for unit in units}
    nodes = cluster.get("system/health/v1/nodes")["nodes"]
    assert [node["health"] for node in nodes if node["host_ip"] == machine.private_ip] == [1]
    assert {node["role"] for node in nodes} == {"master", "agent", "agent_public"}
    assert cluster.get(f"system/health/v1/nodes/{machine.private_ip}")["health"] == 1


def test_a_new_node_is_known_after_the_next_round(cluster: Cluster) -> None:
    cluster.pace.skip(61.0)
    machine = cluster.world.cloud.add(_like(cluster))
    machine.state, machine.process = "running", True
    cluster.world.master.register(machine)
    answer = cluster.ask(f"system/health/v1/nodes/{machine.private_ip}/units")
    assert (answer.status_code, answer.text) == (404, f"Node {machine.private_ip} not found")
    assert cluster.ask(f"slave/{machine.agent_id}/slave(1)/state").status_code == 404
    cluster.pace.skip(60.0)
    assert cluster.get(f"system/health/v1/nodes/{machine.private_ip}/units")["units"]
    assert cluster.get(f"slave/{machine.agent_id}/slave(1)/state")["id"] == machine.agent_id


def test_an_unknown_node_was_a_bad_request_in_older_releases() -> None:
    with served(Shape(profile="1.11")) as cluster:
        answer = cluster.ask("system/health/v1/nodes/10.9.9.9/units")
        assert (answer.status_code, answer.text) == (400, "Node 10.9.9.9 not found")


def _like(cluster: Cluster) -> NodeShape:
    return NodeShape(cluster.agent().machine.zone, address="aws_instance.dcos_agent_node[99]", ami="ami-1")


# ---- faults


def outcomes(cluster: Cluster, count: int) -> list[int]:
    found = []
    for _ in range(count):
        try:
            found.append(cluster.ask("mesos/health").status_code)
        except requests.ConnectionError:
            found.append(0)
    return found


def test_calls_fail_at_the_rate_and_the_same_ones_for_the_same_seed() -> None:
    runs = []
    for _ in range(2):
        with served(settings=Settings(failures=0.3, seed=7)) as cluster:
            runs.append(outcomes(cluster, 60))
    assert runs[0] == runs[1]
    assert set(runs[0]) == {0, 200, 502, 503}
    assert 5 < sum(status != 200 for status in runs[0]) < 30


def test_a_call_that_fails_may_have_had_its_effect() -> None:
    effects = set()
    for seed in range(12):
        with served(settings=Settings(failures=1.0, seed=seed)) as cluster:
            body = {"agent_id": {"value": cluster.agent().id}}
            with suppress(requests.ConnectionError):
                assert cluster.call("DEACTIVATE_AGENT", deactivate_agent=body).status_code in (502, 503)
            effects.add(cluster.agent().deactivated)
    assert effects == {True, False}


def test_faults_of_the_world_are_served_too(cluster: Cluster) -> None:
    cluster.world.faults.api["mesos"] = 2
    assert [cluster.ask("mesos/health").status_code for _ in range(3)] == [503, 503, 200]
    assert cluster.ask("marathon/v2/info").status_code == 200


# ---- the owner's orders


def test_the_owner_sees_the_log_and_moves_time_without_a_token() -> None:
    with served(settings=Settings(users={"admin": "secret"})) as cluster:
        before = cluster.get("sandbox/status")
        assert len(before["nodes"]) == 12
        answer = cluster.ask("sandbox/advance", "POST", json={"seconds": 90})
        assert answer.json()["now"] == before["now"] + 90
        cluster.ask("sandbox/fault", "POST", json={"crash": "prod/kafka-orders/kafka-1"})
        lines = [json.loads(line) for line in cluster.ask("sandbox/log").text.splitlines()]
        assert lines[0]["what"] == "cluster"
        assert (lines[-1]["what"], lines[-1]["service"]) == ("lost", "prod/kafka-orders")
        assert cluster.get("sandbox/status")["lost"] == {"prod/kafka-orders": ["kafka-1"]}


def test_a_job_of_a_framework_that_is_there_begins_where_it_is_ordered(cluster: Cluster) -> None:
    cluster.world.add_jobs(JobsShape(), [])
    order = {"job": {"aws_instance.dcos_agent_node[0]": "metronome"}}
    assert cluster.ask("sandbox/fault", "POST", json=order).status_code == 200
    assert "metronome" in {task.framework for task in cluster.agent().tasks.values()}
    order["job"] = dict.fromkeys(order["job"], "nobody")
    assert cluster.ask("sandbox/fault", "POST", json=order).status_code == 400


def test_faults_are_ordered_by_name(cluster: Cluster) -> None:
    orders = {
        "rate": 0.0,
        "master": "electing",
        "api": {"health": 1},
        "never_register": ["aws_instance.dcos_agent_node[0]"],
        "unreadable": ["kafka-events"],
        "deploy": {"kafka-events": "WAITING"},
        "leave_volume": {"aws_instance.dcos_agent_node[0]": "cassandra"},
    }
    assert cluster.ask("sandbox/fault", "POST", json=orders).status_code == 200
    assert cluster.ask("mesos/slaves").status_code == 503
    assert cluster.ask("system/health/v1/nodes").status_code == 503
    assert cluster.ask("service/kafka-events/v1/topics").status_code == 500
    assert cluster.ask("service/kafka-events/v1/plans/deploy").status_code == 202
    assert cluster.world.faults.never_register == {"aws_instance.dcos_agent_node[0]"}
    assert "cassandra-role" in [volume.role for volume in cluster.agent().volumes.values()]
    assert cluster.ask("sandbox/fault", "POST", json={"master": "", "unreadable": []}).status_code == 200
    assert cluster.ask("mesos/slaves").status_code == 200
    assert cluster.ask("service/kafka-events/v1/topics").status_code == 200


BODIES = [
    b"", b"[1]", b'{"nope": 1}', b'{"rate": "high"}', b'{"crash": "nobody"}', b'{"strike": ["asleep"]}', b'{"mend": 1}',
    b'{"wire": {"mesos": ["nope"]}}',
]  # fmt: skip


@pytest.mark.parametrize("body", BODIES)
def test_an_order_that_is_not_understood_is_refused(cluster: Cluster, body: bytes) -> None:
    for order in ("fault", "advance"):
        assert cluster.ask(f"sandbox/{order}", "POST", data=body).status_code == 400


def test_many_ask_at_once(cluster: Cluster) -> None:
    paths = ["mesos/slaves", "marathon/v2/apps", "service/kafka-events/v1/pod", "mesos/state-summary"] * 10
    with ThreadPoolExecutor(16) as pool:
        codes = list(pool.map(lambda path: requests.get(f"{cluster.router.url}/{path}", timeout=10).status_code, paths))
    assert codes == [200] * 40
