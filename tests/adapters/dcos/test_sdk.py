"""Services of every generation are found by their labels and read whole."""

from __future__ import annotations

from typing import Any

import pytest

from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.sdk import Sdk
from dcosmaint.errors import Retryable
from dcosmaint.model import Member, Partition, Pod, Resources, Service
from tests.adapters.dcos.canned import Canned, Reply, page, text
from tests.adapters.dcos.schedulers import (
    COMMONS,
    GENERATION,
    an_app,
    kafka,
    labelled,
    nothing,
)


def test_a_service_is_read_whole(service: Canned, sdk: Sdk) -> None:
    needs = Resources(1.0, 32.0, 5000.0)
    first = Pod(Member("kafka", "kafka-0"), "kafka-0-broker__S0", "S0", True, False, True, needs)
    second = Pod(Member("kafka", "kafka-1"), "kafka-1-broker__S1", "S1", True, False, True, needs)
    events = Partition("events", 0, ("kafka-0", "kafka-1"), "kafka-0")
    assert sdk.all() == (
        Service("kafka", "kafka", "pod", (first, second), "COMPLETE", "COMPLETE", (events,), scheduler_agent="S9"),
    )
    assert sdk.one("kafka") == sdk.all()[0]


@pytest.mark.trap("the name of a service is written in several ways")
def test_services_with_folders_keep_their_inner_slashes(canned: Canned, sdk: Sdk) -> None:
    """A service has no outer slashes here, and its inner ones are not quoted."""
    labelled(canned, an_app("prod/kafka-orders"), an_app("kafka"))
    kafka(canned, "kafka", ["S0"])
    kafka(canned, "prod/kafka-orders", ["S1"])
    assert [service.name for service in sdk.all()] == ["kafka", "prod/kafka-orders"]


@pytest.mark.trap("a redirect turns a POST into a GET")
def test_no_call_ends_with_the_name_of_a_service(service: Canned, sdk: Sdk) -> None:
    """Such a path is answered with a redirect."""
    sdk.all()
    assert all(not request.path.endswith("/kafka") for request in service.asked)


def test_a_scheduler_is_named_by_the_best_label_it_has(canned: Canned, sdk: Sdk) -> None:
    labels = {**COMMONS, "DCOS_PACKAGE_NAME": "kafka", "DCOS_PACKAGE_FRAMEWORK_NAME": "/a/kafka/"}
    labelled(
        canned,
        {"id": "/some/app", "labels": labels},
        {"id": "/by/id", "labels": COMMONS, "env": {"KAFKA_VERSION": "2"}},
    )
    kafka(canned, "a/kafka", ["S0"])
    kafka(canned, "by/id", ["S0"])
    assert [(service.name, service.kind, service.scheduler_agent) for service in sdk.all()] == [
        ("a/kafka", "kafka", ""),
        ("by/id", "kafka", ""),
    ]


def test_apps_without_the_labels_are_no_services(canned: Canned, sdk: Sdk) -> None:
    labelled(canned, an_app("web", labels={}))
    assert sdk.all() == ()


@pytest.mark.parametrize(
    ("package", "kind"),
    [
        ("confluent-kafka", "kafka"),
        ("portworx-kafka", "kafka"),
        ("kafka-zookeeper", "kafka-zookeeper"),
        ("cassandra", "cassandra"),
    ],
)
def test_the_package_says_whether_members_are_brokers(canned: Canned, sdk: Sdk, package: str, kind: str) -> None:
    labelled(canned, an_app("x", labels={**COMMONS, "DCOS_PACKAGE_NAME": package}))
    kafka(canned, "x", ["S0"])
    found = sdk.one("x")
    assert (found.kind, bool(found.partitions)) == (kind, kind == "kafka")


@pytest.mark.parametrize("label", [{"DCOS_PACKAGE_NAME": "acme-events"}, {}])
def test_what_has_the_pods_of_a_kafka_and_answers_as_one_is_a_kafka(
    canned: Canned, sdk: Sdk, label: dict[str, str]
) -> None:
    """Taken for anything else, its topics would not be looked at before a replace."""
    labelled(canned, {"id": "/x", "labels": {**COMMONS, **label}})
    kafka(canned, "x", ["S0"])
    assert (sdk.one("x").kind, bool(sdk.one("x").partitions)) == ("kafka", True)
    canned.on("GET service/x/v1/brokers", Reply("", 404, kind=""))
    assert sdk.one("x").kind == label.get("DCOS_PACKAGE_NAME", "unknown package")


def test_a_package_of_ones_own_can_be_named_as_kafka(canned: Canned, router: AdminRouter) -> None:
    labelled(canned, an_app("x", labels={**COMMONS, "DCOS_PACKAGE_NAME": "acme-kafka"}))
    kafka(canned, "x", ["S0"])
    assert Sdk(router, ["acme-kafka"]).one("x").kind == "kafka"


def test_the_plural_generation_is_read_in_its_old_shapes(canned: Canned, sdk: Sdk) -> None:
    labelled(canned, an_app("kafka", labels=GENERATION["pods"]))
    kafka(canned, "kafka", ["S0", "S1"], api="pods")
    found = sdk.one("kafka")
    assert (found.api, [(pod.agent_id, pod.running) for pod in found.pods]) == ("pods", [("S0", True), ("S1", True)])


@pytest.mark.trap("the HTTP status of a plan is no success and no failure")
@pytest.mark.parametrize(
    ("reply", "word"),
    [
        (Reply({"phases": [], "errors": [], "status": "COMPLETE"}, 202), "IN_PROGRESS"),
        (Reply({"phases": [], "errors": [], "status": "IN_PROGRESS"}, 202), "IN_PROGRESS"),
        (Reply({"phases": [], "errors": ["x"], "status": "ERROR"}, 417), "ERROR"),
        (Reply({"phases": [], "errors": ["x"], "status": "COMPLETE"}, 200), "ERROR"),
        (Reply({"phases": [], "errors": [], "status": "Complete"}, 200), "COMPLETE"),
        (text("Plan recovery not found", 404), "MISSING"),
        (text("Element not found", 404), "MISSING"),
    ],
)
def test_a_plan_is_complete_only_where_all_of_its_answer_says_so(
    service: Canned, sdk: Sdk, reply: Reply, word: str
) -> None:
    """202 is no failure and no success, and 417 has a body like any other."""
    service.on("GET service/kafka/v1/plans/recovery", reply)
    assert sdk.one("kafka").recovery == word


def mesos_task(canned: Canned, framework: str, name: str, agent: str) -> None:
    ids = {"task_id": {"value": f"{name}__1"}, "agent_id": {"value": agent}, "framework_id": {"value": "f"}}
    task: dict[str, Any] = {"name": name, "state": "TASK_RUNNING", **ids}
    canned.on("GET_TASKS", {"get_tasks": {"tasks": [task]}})
    info = {"framework_info": {"id": {"value": "f"}, "name": framework}}
    canned.on("GET_FRAMEWORKS", {"get_frameworks": {"frameworks": [info]}})


def test_a_service_whose_name_another_one_hides_is_refused_by_name(canned: Canned, sdk: Sdk) -> None:
    """Admin Router takes the shortest name that resolves, so calls would reach the wrong scheduler."""
    labelled(canned, an_app("prod"), an_app("prod/kafka"))
    kafka(canned, "prod", ["S0"])
    mesos_task(canned, "/prod/kafka", "kafka-0-broker", "S2")
    hidden = sdk.all()[1]
    assert hidden.trouble.startswith("Admin Router sends calls for prod/kafka to the service prod")
    assert [pod.agent_id for pod in hidden.pods] == ["S2"]
    assert not [request for request in canned.asked if request.path.startswith("/service/prod/kafka")]


def test_a_scheduler_without_pod_commands_still_shows_on_which_nodes_it_is(canned: Canned, sdk: Sdk) -> None:
    labelled(canned, an_app("hdfs"))
    nothing(canned, "hdfs")
    mesos_task(canned, "hdfs", "data-0-node", "S2")
    found = sdk.one("hdfs")
    assert "being uninstalled" in found.trouble
    assert [pod.agent_id for pod in found.pods] == ["S2"]


@pytest.mark.parametrize("reply", [page(500), page(502), page(504), text("404 Not Found: service not found.", 404)])
def test_a_scheduler_that_restarts_or_moves_is_asked_again(service: Canned, sdk: Sdk, reply: Reply) -> None:
    service.on("GET service/kafka/v1/pod", reply)
    with pytest.raises(Retryable, match="service/kafka/v1/pod"):
        sdk.all()


def test_a_service_that_is_not_there_is_named(service: Canned, sdk: Sdk) -> None:
    with pytest.raises(Retryable, match="no scheduler of a service other"):
        sdk.one("other")


@pytest.mark.trap("no under-replicated partitions may mean that the command failed")
@pytest.mark.trap("health codes look like success, or like redirects")
def test_health_codes_are_never_asked(service: Canned, sdk: Sdk) -> None:
    """Neither `/v1/health` nor `*_partitions` can be trusted."""
    sdk.all()
    paths = " ".join(request.path for request in service.asked)
    assert "health" not in paths
    assert "under_replicated" not in paths
