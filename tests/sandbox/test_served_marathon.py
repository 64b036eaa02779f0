"""The served Marathon."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dcosmaint.sandbox.served.marathon import selects
from dcosmaint.sandbox.world import AppShape, Shape
from tests.sandbox.cluster import Cluster, served

EMBED = "embed=apps.tasks&embed=apps.counts&embed=apps.deployments"


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with served() as cluster:
        yield cluster


def test_apps_are_the_same_below_both_paths(cluster: Cluster) -> None:
    apps = cluster.get(f"marathon/v2/apps?{EMBED}")["apps"]
    assert len(apps) == 13
    assert cluster.get(f"service/marathon/v2/apps?{EMBED}")["apps"] == apps


def test_what_is_embedded_is_what_was_asked_for(cluster: Cluster) -> None:
    tasks = cluster.get("marathon/v2/apps?embed=apps.tasks")["apps"][0]
    counts = cluster.get("marathon/v2/apps?embed=apps.counts")["apps"][0]
    plain = cluster.get("marathon/v2/apps")["apps"][0]
    assert "tasks" in tasks
    assert "tasksRunning" not in tasks
    assert "tasks" not in counts
    assert counts["tasksRunning"] == 1
    assert "deployments" in plain
    assert "tasks" not in plain


def test_schedulers_are_found_by_their_labels(cluster: Cluster) -> None:
    pods = cluster.get("marathon/v2/apps?label=DCOS_COMMONS_API_VERSION")["apps"]
    assert [app["id"] for app in pods] == ["/kafka-events", "/prod/kafka-orders"]
    labels = pods[1]["labels"]
    assert labels["DCOS_SERVICE_NAME"].strip("/") == "prod/kafka-orders"
    assert (labels["DCOS_PACKAGE_NAME"], labels["DCOS_PACKAGE_VERSION"]) == ("kafka", "2.9.0-2.4.0")
    assert {"DCOS_SERVICE_PORT_INDEX", "DCOS_SERVICE_SCHEME", "DCOS_PACKAGE_FRAMEWORK_NAME"} <= set(labels)
    old = cluster.get("marathon/v2/apps?label=DCOS_MIGRATION_API_PATH")["apps"]
    assert [app["id"] for app in old] == ["/kafka-legacy"]
    assert "DCOS_COMMONS_API_VERSION" not in old[0]["labels"]
    assert old[0]["env"]["BROKER_COUNT"] == "3"


@pytest.mark.parametrize(
    ("selector", "fits"),
    [
        ("a", True), ("b", False), ("a==1", True), ("a!=1", False), ("b!=1", True), ("a in (0, 1)", True),
        ("a notin (0,1)", False), ("b in (1)", False), ("a,c==3", True), ("a, c==4", False), ("", True),
    ],
)  # fmt: skip
def test_a_selector_chooses_by_labels(selector: str, fits: bool) -> None:
    assert selects(selector, {"a": "1", "c": "3"}) is fits


def test_a_broken_selector_is_refused(cluster: Cluster) -> None:
    assert cluster.ask("marathon/v2/apps", params={"label": "a==="}).status_code == 400


def test_an_app_is_found_with_one_slash_or_two(cluster: Cluster) -> None:
    for path in ("prod/kafka-orders", "/prod/kafka-orders"):
        assert cluster.get(f"marathon/v2/apps/{path}")["app"]["id"] == "/prod/kafka-orders"
        assert len(cluster.get(f"marathon/v2/apps/{path}/tasks")["tasks"]) == 1
    assert cluster.get("marathon/v2/apps/nope", 404) == {"message": "App '/nope' does not exist"}


def test_a_task_tells_its_agent_and_its_health(cluster: Cluster) -> None:
    cluster.pace.skip(10.0)
    app = cluster.get("marathon/v2/apps/web")["app"]
    task = app["tasks"][0]
    agent = cluster.world.ground.agents[task["slaveId"]]
    assert task["host"] == agent.machine.private_ip
    assert task["state"] == "TASK_RUNNING"
    assert task["healthCheckResults"][0]["alive"] is True
    assert (app["tasksHealthy"], app["tasksUnhealthy"], app["tasksRunning"], app["tasksStaged"]) == (6, 0, 6, 0)
    plain = cluster.get("marathon/v2/apps/auth")["app"]
    assert (plain["healthChecks"], plain["tasksHealthy"], plain["tasksRunning"]) == ([], 0, 3)


def test_a_task_without_a_result_is_neither_healthy_nor_unhealthy(cluster: Cluster) -> None:
    web = cluster.world.ground.apps["/web"]
    cluster.world.master.end(web.tasks[0], "TASK_FAILED", "the container exited")
    while web.running < 6:
        cluster.pace.skip(1.0)
    app = cluster.get("marathon/v2/apps/web")["app"]
    assert (app["tasksRunning"], app["tasksHealthy"], app["tasksUnhealthy"]) == (6, 5, 0)


def test_what_can_not_be_placed_is_queued(cluster: Cluster) -> None:
    assert cluster.get("marathon/v2/queue") == {"queue": []}
    for agent in cluster.world.ground.listed:
        agent.deactivated = True
    cluster.world.master.end(cluster.world.ground.apps["/cron"].tasks[0], "TASK_FAILED", "it crashed")
    cluster.pace.skip(30.0)
    queued = cluster.get("marathon/v2/queue")["queue"]
    assert [(item["app"]["id"], item["count"]) for item in queued] == [("/cron", 1)]
    assert cluster.get("marathon/v2/apps/cron")["app"]["tasks"] == []


def test_constraints_and_volumes_can_be_read() -> None:
    apps = (AppShape("/one", 1, unique=True), AppShape("/store", 1, resident=True), AppShape("/edge", 1, public=True))
    with served(Shape(apps=apps, services=())) as cluster:
        one, store, edge = cluster.get(f"marathon/v2/apps?{EMBED}")["apps"]
    assert one["constraints"] == [["hostname", "UNIQUE"]]
    assert store["container"]["volumes"][0]["persistent"]
    assert store["tasks"][0]["localVolumes"][0]["persistenceId"].startswith("store#data#")
    assert store["unreachableStrategy"] == "disabled"
    assert edge["acceptedResourceRoles"] == ["slave_public"]


def test_the_rest_that_a_reader_asks_for_is_there(cluster: Cluster) -> None:
    assert cluster.get("marathon/v2/info")["version"] == "1.10.6"
    assert cluster.get("marathon/v2/leader") == {"leader": "10.0.0.11:8080"}
    assert cluster.get("marathon/v2/deployments") == []
    assert cluster.get("marathon/v2/pods/::status") == []
    assert cluster.get("marathon/v2/groups")["id"] == "/"
    running = cluster.get("marathon/v2/tasks?status=running")["tasks"]
    assert len(running) == sum(app.running for app in cluster.world.ground.apps.values())
    assert cluster.get("marathon/v2/tasks?status=staging") == {"tasks": []}


def test_an_app_without_instances_is_created_once_and_removed_once(cluster: Cluster) -> None:
    app = {"id": "/team/note", "cmd": "exit 1", "instances": 0, "labels": {"BY": "ann"}}
    made = cluster.ask("marathon/v2/apps", "POST", json=app)
    assert made.status_code == 201
    assert made.json()["deployments"] == [{"id": made.headers["Marathon-Deployment-Id"]}]
    again = cluster.ask("marathon/v2/apps", "POST", json=app)
    assert (again.status_code, again.json()) == (409, {"message": "An app with id [/team/note] already exists."})
    found = cluster.get("marathon/v2/apps/team/note")["app"]
    assert (found["labels"], found["instances"], found["tasks"], found["healthChecks"]) == ({"BY": "ann"}, 0, [], [])
    assert found["version"] == made.json()["version"]
    assert [one["id"] for one in cluster.get("marathon/v2/apps?label=BY==ann")["apps"]] == ["/team/note"]
    gone = cluster.ask("marathon/v2/apps/team/note", "DELETE")
    assert (gone.status_code, set(gone.json())) == (200, {"version", "deploymentId"})
    assert cluster.ask("marathon/v2/apps/team/note", "DELETE").status_code == 404


@pytest.mark.parametrize(
    ("body", "status"), [(b"{", 400), (b"[]", 422), (b'{"instances": 0}', 422), (b'{"id": "/x", "instances": 1}', 422)]
)
def test_what_cant_be_created_is_refused(cluster: Cluster, body: bytes, status: int) -> None:
    assert cluster.ask("marathon/v2/apps", "POST", data=body).status_code == status
    assert cluster.ask("marathon/v2/apps/web", "DELETE").status_code == 422
