"""Where instances run and serve, and what keeps one from running elsewhere."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.marathon import Marathon
from dcosmaint.errors import Retryable
from dcosmaint.model import App, Resources
from tests.adapters.dcos.canned import Canned, Reply
from tests.adapters.dcos.schedulers import GENERATION

APPS = "GET marathon/v2/apps"


@pytest.fixture
def marathon(canned: Canned, router: AdminRouter) -> Marathon:
    canned.on("GET marathon/v2/pods/::status", [])
    return Marathon(router)


def a_task(agent: str, state: str = "TASK_RUNNING", **fields: Any) -> dict[str, Any]:
    return {"id": f"x.{agent}", "slaveId": agent, "state": state, **fields}


def an_app(*tasks: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"id": "/web", "instances": 2, "tasks": list(tasks), "deployments": [], "labels": {}, **fields}


def read(canned: Canned, marathon: Marathon, app: dict[str, Any]) -> App:
    canned.on(APPS, {"apps": [app]})
    (found,) = marathon.apps()
    return found


def test_an_app_is_where_its_instances_run(canned: Canned, marathon: Marathon) -> None:
    away = [a_task("S3", "TASK_STAGING"), a_task("S4", "TASK_UNREACHABLE")]
    app = an_app(a_task("S2"), a_task("S1"), a_task("S2"), *away)
    found = read(canned, marathon, app)
    assert (found.id, found.instances, found.on) == ("/web", 2, ("S1", "S2", "S2"))
    assert found.instance_ids == {"S1": ("x.S1",), "S2": ("x.S2", "x.S2"), "S3": ("x.S3",)}  # starting ones too
    query = canned.calls(APPS)[0].path
    assert all(f"embed=apps.{part}" in query for part in ("tasks", "counts", "deployments"))


@pytest.mark.parametrize(
    ("results", "serves"),
    [([{"alive": True}], True), ([{"alive": True}, {"alive": False}], False), ([], False), ([{}], False)],
)
def test_an_instance_with_checks_serves_once_they_answer_well(
    canned: Canned, marathon: Marathon, results: list[dict[str, bool]], serves: bool
) -> None:
    app = an_app(a_task("S1", healthCheckResults=results), healthChecks=[{"protocol": "HTTP"}])
    assert (read(canned, marathon, app).on == ("S1",)) is serves


@pytest.mark.parametrize(
    ("rule", "alone"),
    [
        (["hostname", "UNIQUE"], True),
        (["@hostname", "MAX_PER", "1"], True),
        (["hostname", "MAX_PER", "2"], False),
        (["rack", "UNIQUE"], False),
        (["hostname", "CLUSTER", "10.0.0.1"], False),
    ],
)
def test_an_app_is_alone_on_its_nodes_by_its_constraints(
    canned: Canned, marathon: Marathon, rule: list[str], alone: bool
) -> None:
    assert read(canned, marathon, an_app(constraints=[rule])).unique is alone


def test_data_on_a_node_makes_an_app_resident(canned: Canned, marathon: Marathon) -> None:
    volume = {"containerPath": "d", "persistent": {"size": 10}}
    assert read(canned, marathon, an_app(container={"volumes": [volume]})).resident
    assert read(canned, marathon, an_app(a_task("S1", localVolumes=[{"persistenceId": "x"}]))).resident
    assert not read(canned, marathon, an_app(a_task("S1", localVolumes=[]), container={"volumes": [{}]})).resident


def test_public_and_deploying_apps_are_told(canned: Canned, marathon: Marathon) -> None:
    app = an_app(acceptedResourceRoles=["slave_public"], deployments=[{"id": "d"}])
    found = read(canned, marathon, app)
    assert (found.public, found.deploying) == (True, True)


def test_schedulers_and_our_own_lock_are_no_apps(canned: Canned, marathon: Marathon) -> None:
    apps = [an_app(labels=labels) for labels in GENERATION.values()]
    canned.on(APPS, {"apps": [*apps, an_app(id="/dcosmaint/lock"), an_app()]})
    assert [app.id for app in marathon.apps()] == ["/web"]


@pytest.mark.trap("Marathon's lists of apps and of tasks have no pods")
def test_pods_are_apps_too(canned: Canned, marathon: Marathon) -> None:
    """Neither `/v2/apps` nor `/v2/tasks` has them."""
    spec = {
        "scaling": {"kind": "fixed", "instances": 3},
        "volumes": [{"name": "d", "persistent": {"size": 1}}],
        "scheduling": {
            "placement": {
                "acceptedResourceRoles": ["slave_public"],
                "constraints": [{"fieldName": "hostname", "operator": "UNIQUE"}],
            }
        },
    }
    spec["containers"] = [{"name": "one", "resources": {"cpus": 0.5, "mem": 64}}, {"name": "other"}]
    instances = [
        {"id": f"pod.{number}", "status": status, "agentId": f"S{number}"}
        for number, status in enumerate(("TERMINAL", "STABLE", "DEGRADED"))
    ]
    plain = {"id": "/a", "status": "STABLE", "spec": {"scaling": {"instances": 1}}, "instances": None}
    canned.on("GET marathon/v2/pods/::status", [{"id": "/pod", "spec": spec, "instances": instances}, plain])
    canned.on("GET marathon/v2/deployments", [{"id": "d", "affectedPods": ["/pod"], "affectedApps": []}])
    canned.on(APPS, {"apps": []})
    assert marathon.apps() == (
        App("/a", 1, (), pod=True),
        App(
            id="/pod",
            instances=3,
            on=("S1",),
            unique=True,
            resident=True,
            public=True,
            deploying=True,
            instance_ids={"S1": ("pod.1",), "S2": ("pod.2",)},
            needs=Resources(0.5, 64.0),
            pod=True,
        ),
    )


@pytest.mark.parametrize(
    ("rule", "pinned"),
    [
        (["hostname", "UNIQUE"], False),
        (["@hostname", "MAX_PER", "2"], False),
        (["@zone", "GROUP_BY", "3"], False),
        (["hostname", "CLUSTER", "10.0.1.21"], True),
        (["hostname", "LIKE", "10.0.1.2[1-3]"], True),
        (["rack", "UNIQUE"], True),
        (["disk", "IS", "ssd"], True),
    ],
)
def test_an_app_is_pinned_by_constraints_that_not_every_node_fulfils(
    canned: Canned, marathon: Marathon, rule: list[str], pinned: bool
) -> None:
    assert read(canned, marathon, an_app(constraints=[rule])).pinned is pinned


STRATEGIES = [
    (None, True),  # Marathon's default is 1 and 1
    ({"minimumHealthCapacity": 1, "maximumOverCapacity": 0.2}, True),
    ({"minimumHealthCapacity": 0.5, "maximumOverCapacity": 1}, False),
    ({"minimumHealthCapacity": 1, "maximumOverCapacity": 0}, False),
]


@pytest.mark.parametrize(("strategy", "restarts"), STRATEGIES)
def test_an_upgrade_strategy_tells_whether_the_new_instance_comes_first(
    canned: Canned, marathon: Marathon, strategy: dict[str, Any] | None, restarts: bool
) -> None:
    app = an_app(cpus=0.5, mem=128, disk=0, **({"upgradeStrategy": strategy} if strategy else {}))
    found = read(canned, marathon, app)
    assert (found.restarts, found.needs) == (restarts, Resources(0.5, 128.0))


def test_an_instance_is_killed_by_its_id_and_neither_scaled_away_nor_wiped(canned: Canned, marathon: Marathon) -> None:
    canned.on("POST marathon/v2/tasks/delete", {"tasks": []})
    marathon.kill(App("/web", 2, ()), "web.1")
    (call,) = canned.calls("POST marathon/v2/tasks/delete")
    assert call.path.endswith("?scale=false&wipe=false")
    assert json.loads(call.body) == {"ids": ["web.1"]}


def test_a_pod_is_killed_by_its_instance(canned: Canned, marathon: Marathon) -> None:
    canned.on("DELETE marathon/v2/pods/a/pod::instances/pod.1", Reply({}, 404))  # gone already
    marathon.kill(App("/a/pod", 2, (), pod=True), "pod.1")
    assert len(canned.calls("DELETE marathon/v2/pods/a/pod::instances/pod.1")) == 1


def test_an_app_that_is_being_deployed_is_restarted_later(canned: Canned, marathon: Marathon) -> None:
    canned.on("POST marathon/v2/apps/web/restart", Reply({"message": "App is locked by one or more deployments."}, 409))
    with pytest.raises(Retryable, match="app /web can't be restarted now: App is locked"):
        marathon.restart(App("/web", 1, ()))
    canned.on("POST marathon/v2/apps/web/restart", {"version": "v", "deploymentId": "d"})
    marathon.restart(App("/web", 1, ()))


@pytest.mark.parametrize("field", ["id", "instances", "tasks", "deployments"])
def test_a_missing_field_proves_nothing(canned: Canned, marathon: Marathon, field: str) -> None:
    with pytest.raises(Retryable, match=field):
        read(canned, marathon, {key: value for key, value in an_app().items() if key != field})


def test_a_marathon_without_a_leader_is_asked_again(canned: Canned, marathon: Marathon) -> None:
    canned.on(APPS, Reply({"message": "no leader"}, 503))
    with pytest.raises(Retryable, match="503: no leader"):
        marathon.apps()
