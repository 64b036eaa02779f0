"""Schedulers of services that are no Kafka, served as the SDK serves them, and read by the adapters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.auth import Password
from dcosmaint.adapters.sdk import Sdk
from dcosmaint.adapters.tls import Tls
from dcosmaint.model import Member
from dcosmaint.sandbox.faces import in_process
from dcosmaint.sandbox.served.front import Settings
from dcosmaint.sandbox.world import Shape
from dcosmaint.sandbox.world.shape import CASSANDRA, EVENTS, HDFS
from tests.sandbox.cluster import Cluster, served

STORES = Shape(services=(EVENTS, replace(CASSANDRA, proof=False), HDFS))
USER = Settings(users={"admin": "secret"})


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with served(STORES) as cluster:
        yield cluster


def test_pods_are_told_by_type_and_each_task_by_its_own_name(cluster: Cluster) -> None:
    status = cluster.get("service/hdfs/v1/pod/status")
    types = {pod["name"]: [one["name"] for one in pod["instances"]] for pod in status["pods"]}
    assert types == {
        "journal": ["journal-0", "journal-1", "journal-2"],
        "name": ["name-0", "name-1"],
        "data": ["data-0", "data-1", "data-2"],
    }
    (info,) = cluster.get("service/cassandra/v1/pod/node-2/info")
    assert info["info"]["name"] == "node-2-server"
    labels = {label["key"]: label["value"] for label in info["info"]["labels"]["labels"]}
    assert labels["task_type"] == "node"


@pytest.mark.parametrize("path", ["brokers", "topics", "topics/clicks", "endpoints/broker"])
def test_what_only_a_kafka_has_is_not_found(cluster: Cluster, path: str) -> None:
    assert cluster.ask(f"service/cassandra/v1/{path}").status_code == 404
    assert cluster.ask(f"service/kafka-events/v1/{path}").status_code == 200


def test_each_type_of_pod_has_an_endpoint(cluster: Cluster) -> None:
    assert cluster.get("service/hdfs/v1/endpoints") == ["journal", "name", "data"]
    assert len(cluster.get("service/hdfs/v1/endpoints/name")["address"]) == 2
    assert cluster.get("service/kafka-events/v1/endpoints") == ["broker"]


def test_a_cassandra_tells_its_seeds_in_its_environment(cluster: Cluster) -> None:
    found = cluster.get("service/marathon/v2/apps//cassandra")["app"]
    assert found["env"]["LOCAL_SEEDS_COUNT"] == "2"
    assert found["labels"]["DCOS_PACKAGE_NAME"] == "cassandra"


def test_a_replaced_seed_keeps_the_recovery_open_until_all_others_were_restarted(cluster: Cluster) -> None:
    cluster.world.schedulers["cassandra"].replace("node-0")
    seen, plans = set(), set()
    for _ in range(400):
        cluster.pace.skip(5.0)
        answer = cluster.ask("service/cassandra/v1/plans/recovery")
        plans.add(answer.status_code)
        seen |= {phase["name"] for phase in answer.json()["phases"]}
        if answer.status_code == 200 and len(seen) == 4 and not cluster.world.ground.lost:
            break
    assert seen == {f"node-{n}:[server]" for n in range(4)}
    assert plans == {200, 202}
    assert cluster.world.ground.lost == {}


def test_both_ways_agree_while_members_are_replaced() -> None:
    """What the adapters read over the wire is what the ports see in process."""
    with served(STORES, USER) as cluster, AdminRouter(cluster.router.url, Password("admin", "secret"), Tls()) as door:
        sdk, near = Sdk(door), in_process(cluster.world, slow=False, failures=0.0).services
        assert {service.name: service.kind for service in sdk.all()} == {
            "cassandra": "cassandra",
            "hdfs": "hdfs",
            "kafka-events": "kafka",
        }
        for member in (Member("cassandra", "node-3"), Member("hdfs", "name-0")):
            sdk.replace(member)
            for _ in range(6):
                assert sdk.one(member.service) == near.one(member.service)
                cluster.pace.skip(20.0)
