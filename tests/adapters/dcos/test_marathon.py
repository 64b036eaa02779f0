"""Where instances run and serve, and what keeps one from running elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.marathon import Marathon
from dcosmaint.errors import Retryable
from dcosmaint.model import App
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
    assert read(canned, marathon, app) == App("/web", 2, ("S1", "S2", "S2"))
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
    instances = [{"status": "STABLE", "agentId": "S1"}, {"status": "DEGRADED", "agentId": "S2"}]
    plain = {"id": "/a", "status": "STABLE", "spec": {"scaling": {"instances": 1}}, "instances": None}
    canned.on("GET marathon/v2/pods/::status", [{"id": "/pod", "spec": spec, "instances": instances}, plain])
    canned.on("GET marathon/v2/deployments", [{"id": "d", "affectedPods": ["/pod"], "affectedApps": []}])
    canned.on(APPS, {"apps": []})
    assert marathon.apps() == (
        App("/a", 1, ()),
        App("/pod", 3, ("S1",), unique=True, resident=True, public=True, deploying=True),
    )


@pytest.mark.parametrize("field", ["id", "instances", "tasks", "deployments"])
def test_a_missing_field_proves_nothing(canned: Canned, marathon: Marathon, field: str) -> None:
    with pytest.raises(Retryable, match=field):
        read(canned, marathon, {key: value for key, value in an_app().items() if key != field})


def test_a_marathon_without_a_leader_is_asked_again(canned: Canned, marathon: Marathon) -> None:
    canned.on(APPS, Reply({"message": "no leader"}, 503))
    with pytest.raises(Retryable, match="503: no leader"):
        marathon.apps()
