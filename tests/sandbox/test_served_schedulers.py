"""The served SDK schedulers, behind the routes of Admin Router."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dcosmaint.sandbox.world.kafka import Phase
from tests.sandbox.cluster import Cluster, served


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with served() as cluster:
        yield cluster


EVENTS, ORDERS, LEGACY = "service/kafka-events", "service/prod/kafka-orders", "service/kafka-legacy"


# ---- routes


def test_a_name_in_a_folder_keeps_its_slashes(cluster: Cluster) -> None:
    assert cluster.get(f"{ORDERS}/v1/pod") == ["kafka-0", "kafka-1", "kafka-2", "kafka-3"]


def test_a_missing_slash_behind_a_name_of_one_segment_is_a_redirect(cluster: Cluster) -> None:
    answer = cluster.ask(EVENTS)
    assert (answer.status_code, answer.headers["Location"]) == (301, "/service/kafka-events/")


def test_an_unknown_service_is_told_apart_from_an_unknown_pod(cluster: Cluster) -> None:
    for name in ("service/kafka", "service/prod", "service/prod/kafka"):
        answer = cluster.ask(f"{name}/v1/pod")
        assert (answer.status_code, answer.text) == (404, "404 Not Found: service not found.")
    answer = cluster.ask(f"{EVENTS}/v1/pod/kafka-9/status")
    assert (answer.status_code, answer.text) == (404, "Pod kafka-9 not found")
    answer = cluster.ask(f"{EVENTS}/v1/plans/upgrade")
    assert (answer.status_code, answer.text) == (404, "Plan upgrade not found")


def test_a_scheduler_that_moved_is_a_dead_address_until_the_cache_looks_again(cluster: Cluster) -> None:
    app = cluster.world.ground.apps["/kafka-events"]
    cluster.pace.skip(1.0)
    cluster.world.master.end(app.tasks[0], "TASK_FAILED", "the JVM died")
    answer = cluster.ask(f"{EVENTS}/v1/pod")
    assert (answer.status_code, answer.headers["Content-Type"]) == (502, "text/html")
    cluster.pace.skip(30.0)
    assert cluster.ask(f"{EVENTS}/v1/pod").status_code == 502  # routed anew, and its JVM still starts
    cluster.pace.skip(120.0)
    assert cluster.get(f"{EVENTS}/v1/pod")
    assert app.tasks[0].state == "TASK_RUNNING"


def test_a_scheduler_that_runs_nowhere_is_not_known(cluster: Cluster) -> None:
    for agent in cluster.world.ground.listed:
        agent.deactivated = True
    app = cluster.world.ground.apps["/kafka-events"]
    cluster.world.master.end(app.tasks[0], "TASK_FAILED", "the JVM died")
    cluster.pace.skip(30.0)
    answer = cluster.ask(f"{EVENTS}/v1/pod")
    assert (answer.status_code, answer.text) == (404, "404 Not Found: service not found.")


# ---- pods


def test_pods_are_told_with_their_tasks(cluster: Cluster) -> None:
    body = cluster.get(f"{ORDERS}/v1/pod/status")
    assert body["service"] == "/prod/kafka-orders"
    instance = body["pods"][0]["instances"][0]
    assert instance["name"] == "kafka-0"
    assert instance["tasks"][0]["name"] == "kafka-0-broker"
    assert instance["tasks"][0]["status"] == "RUNNING"
    assert instance["tasks"][0]["id"].startswith("prod.kafka-orders__kafka-0-broker__")
    assert cluster.get(f"{ORDERS}/v1/pod/kafka-0/status") == instance


def test_the_info_of_a_pod_tells_its_agent(cluster: Cluster) -> None:
    pair = cluster.get(f"{EVENTS}/v1/pod/kafka-1/info")[0]
    agent_id = cluster.agent_of("kafka-events", "kafka-1")
    assert pair["info"]["slaveId"]["value"] == pair["status"]["slaveId"]["value"] == agent_id
    assert pair["status"]["state"] == "TASK_RUNNING"
    labels = {label["key"]: label["value"] for label in pair["info"]["labels"]["labels"]}
    assert labels["offer_hostname"] == cluster.world.ground.agents[agent_id].machine.private_ip
    assert "permanently-failed" not in labels
    assert {r["name"]: r["scalar"]["value"] for r in pair["info"]["resources"]} == {
        "cpus": 1.0,
        "mem": 4096.0,
        "disk": 20480.0,
    }


def test_a_replace_is_accepted_marks_the_pod_and_ends_on_another_agent(cluster: Cluster) -> None:
    before = cluster.agent_of("kafka-events", "kafka-1")
    cluster.world.master.deactivate(before)
    answer = cluster.ask(f"{EVENTS}/v1/pod/kafka-1/replace", "POST")
    assert answer.json() == {"pod": "kafka-1", "tasks": ["kafka-1-broker"]}
    assert cluster.ask(f"{EVENTS}/v1/plans/recovery").status_code == 200  # it says COMPLETE until the next cycle
    info = cluster.get(f"{EVENTS}/v1/pod/kafka-1/info")[0]["info"]
    assert {"key": "permanently-failed", "value": "true"} in info["labels"]["labels"]
    assert info["slaveId"]["value"] == before
    seen = set()
    for _ in range(30):
        cluster.pace.skip(2.0)
        answer = cluster.ask(f"{EVENTS}/v1/plans/recovery")
        seen.add((answer.status_code, answer.json()["status"]))
    assert {status for code, status in seen if code == 202} <= {"PENDING", "STARTING", "STARTED"}
    assert (200, "COMPLETE") in seen
    assert len(seen) > 1
    info = cluster.get(f"{EVENTS}/v1/pod/kafka-1/info")[0]["info"]
    assert info["slaveId"]["value"] != before
    assert "permanently-failed" not in {label["key"] for label in info["labels"]["labels"]}


def test_a_restart_stays_in_place(cluster: Cluster) -> None:
    before = cluster.agent_of("kafka-events", "kafka-2")
    assert cluster.ask(f"{EVENTS}/v1/pod/kafka-2/restart", "POST").status_code == 200
    cluster.pace.skip(60.0)
    assert cluster.agent_of("kafka-events", "kafka-2") == before
    assert cluster.get(f"{EVENTS}/v1/pod/kafka-2/status")["tasks"][0]["status"] == "RUNNING"


def test_an_act_on_an_unknown_pod_has_no_effect(cluster: Cluster) -> None:
    for act in ("replace", "restart"):
        answer = cluster.ask(f"{EVENTS}/v1/pod/kafka-9/{act}", "POST")
        assert (answer.status_code, answer.text) == (404, "Pod kafka-9 not found")
    assert cluster.ask(f"{EVENTS}/v1/pod/kafka-0/replace").status_code == 405


# ---- plans and health


@pytest.mark.parametrize(
    ("deploy", "status", "health"),
    [("COMPLETE", 200, 200), ("IN_PROGRESS", 202, 202), ("WAITING", 202, 207), ("ERROR", 417, 500)],
)
def test_the_status_of_a_plan_is_a_code(cluster: Cluster, deploy: str, status: int, health: int) -> None:
    cluster.world.ground.services["kafka-events"].deploy = deploy
    answer = cluster.ask(f"{EVENTS}/v1/plans/deploy")
    assert (answer.status_code, answer.json()["status"]) == (status, deploy)
    assert bool(answer.json()["errors"]) is (deploy == "ERROR")
    assert cluster.ask(f"{EVENTS}/v1/plan").json() == answer.json()
    assert cluster.ask(f"{EVENTS}/v1/health").status_code == health


@pytest.mark.parametrize(("phase", "health"), [("PENDING", 203), ("STARTING", 205), ("COMPLETE", 200)])
def test_health_tells_of_a_recovery(cluster: Cluster, phase: str, health: int) -> None:
    cluster.world.ground.services["kafka-events"].recovery["kafka-0"] = Phase(phase, "PERMANENT")
    answer = cluster.ask(f"{EVENTS}/v1/health")
    assert answer.status_code == health
    assert bool(answer.content) is (health != 205)
    assert cluster.ask(f"{EVENTS}/v1/health").status_code == health  # on the same connection


# ---- Kafka


def test_brokers_are_those_in_zookeeper(cluster: Cluster) -> None:
    assert sorted(cluster.get(f"{EVENTS}/v1/brokers")) == ["0", "1", "2", "3", "4"]
    record = cluster.get(f"{EVENTS}/v1/brokers/3")
    assert record["endpoints"] == [f"PLAINTEXT://{record['host']}:{record['port']}"]
    cluster.world.crash("kafka-events", "kafka-3")
    assert sorted(cluster.get(f"{EVENTS}/v1/brokers")) == ["0", "1", "2", "4"]
    answer = cluster.ask(f"{EVENTS}/v1/brokers/3")
    assert (answer.status_code, answer.content) == (404, b"")


def test_topics_tell_who_is_in_sync(cluster: Cluster) -> None:
    assert cluster.get(f"{EVENTS}/v1/topics") == ["clicks", "logins", "__consumer_offsets"]
    partitions = cluster.get(f"{EVENTS}/v1/topics/clicks")["partitions"]
    assert [next(iter(p)) for p in partitions] == ["0", "1", "2", "3", "4", "5"]
    assert partitions[0]["0"]["isr"] == [0, 1, 2]
    assert partitions[0]["0"]["leader"] == 0
    assert cluster.ask(f"{EVENTS}/v1/topics/nope").status_code == 500
    assert cluster.get(f"{EVENTS}/v1/topics/under_replicated_partitions") == {"message": ""}
    cluster.world.crash("kafka-events", "kafka-0")
    assert cluster.get(f"{EVENTS}/v1/topics/clicks")["partitions"][0]["0"]["isr"] == [1, 2]
    says = cluster.get(f"{EVENTS}/v1/topics/under_replicated_partitions")["message"]
    assert says.startswith("Output: \tTopic: clicks\tPartition: 0\tLeader: 1\tReplicas: 0,1,2\tIsr: 1,2")
    assert cluster.get(f"{EVENTS}/v1/topics/unavailable_partitions") == {"message": ""}


def test_a_topic_command_that_fails_looks_like_good_news(cluster: Cluster) -> None:
    service = cluster.world.ground.services["kafka-events"]
    cluster.world.crash("kafka-events", "kafka-0")
    service.readable = False
    assert cluster.get(f"{EVENTS}/v1/topics/under_replicated_partitions") == {"message": ""}
    for path in ("v1/topics", "v1/topics/clicks"):
        answer = cluster.ask(f"{EVENTS}/{path}")
        assert (answer.status_code, answer.content) == (500, b"")


def test_endpoints_and_offers_can_be_looked_at(cluster: Cluster) -> None:
    assert cluster.get(f"{EVENTS}/v1/endpoints") == ["broker"]
    assert len(cluster.get(f"{EVENTS}/v1/endpoints/broker")["address"]) == 5
    assert cluster.ask(f"{EVENTS}/v1/endpoints/zookeeper").status_code == 404
    assert cluster.get(f"{EVENTS}/v2/debug/offers")["rejectedCount"] == 0
    others = [cluster.agent_of("kafka-events", f"kafka-{n}") for n in (0, 2, 3, 4)]
    for agent in cluster.world.ground.listed:
        agent.deactivated = agent.id not in others
    cluster.ask(f"{EVENTS}/v1/pod/kafka-1/replace", "POST")
    cluster.pace.skip(15.0)
    offers = cluster.get(f"{EVENTS}/v2/debug/offers")
    assert offers["failureReasons"] == {"PlacementRuleEvaluationStage": 4}
    assert {offer["pod-instance-name"] for offer in offers["offers"]} == {"kafka-1:[broker]"}
    assert offers["rejectedAgents"] == dict.fromkeys(others, 1)
    assert cluster.ask(f"{EVENTS}/v1/plans/recovery").json()["status"] == "PENDING"


# ---- before there were pods


def test_the_old_scheduler_knows_brokers_and_no_pods(cluster: Cluster) -> None:
    assert sorted(cluster.get(f"{LEGACY}/v1/brokers")) == ["0", "1", "2"]
    for path in ("v1/pod", "v1/pods", "v1/pod/status", "v1/plans/recovery", "v1/brokers/replace/0"):
        answer = cluster.ask(f"{LEGACY}/{path}")
        assert answer.status_code == 404
        assert "not found" not in answer.text  # not the words of the SDK
    assert cluster.ask(f"{LEGACY}/v1/plan").json()["status"] == "COMPLETE"
    assert cluster.get(f"{LEGACY}/v1/topics") == ["audit", "mail"]


def test_a_put_replaces_a_broker_or_restarts_it(cluster: Cluster) -> None:
    first, second = (cluster.agent_of("kafka-legacy", f"broker-{n}") for n in (0, 1))
    cluster.world.master.deactivate(first)
    ids = cluster.ask(f"{LEGACY}/v1/brokers/0?replace=true", "PUT").json()
    assert ids[0].startswith("broker-0__")
    assert cluster.ask(f"{LEGACY}/v1/brokers/1", "PUT").json()[0].startswith("broker-1__")
    assert cluster.ask(f"{LEGACY}/v1/brokers/9?replace=true", "PUT").json() == [None]
    cluster.pace.skip(120.0)
    assert cluster.agent_of("kafka-legacy", "broker-0") != first
    assert cluster.agent_of("kafka-legacy", "broker-1") == second
