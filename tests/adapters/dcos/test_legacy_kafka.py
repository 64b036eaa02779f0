"""Kafka from before pod commands: where its brokers are is known to Mesos alone."""

from __future__ import annotations

import time
from typing import Any

import pytest

from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.sdk import Sdk
from dcosmaint.errors import NodeFailed, Retryable
from dcosmaint.model import Member, Partition, Pod, Resources
from tests.adapters.dcos.canned import Canned, Reply, page
from tests.adapters.dcos.schedulers import an_app, labelled, topics

SLAVES = "GET mesos/master/slaves"
REPLACE = "PUT service/kafka-legacy/v1/brokers/1"


def a_task(number: int, agent: str) -> dict[str, Any]:
    ids = {"agent_id": agent, "framework_id": "f", "task_id": f"broker-{number}__{agent}"}
    cpus = {"name": "cpus", "type": "SCALAR", "scalar": {"value": 0.5}}
    return {"name": f"broker-{number}", "state": "TASK_RUNNING", "resources": [cpus]} | {
        key: {"value": name} for key, name in ids.items()
    }


LABELS = {"DCOS_MIGRATION_API_PATH": "/v1/plan", "DCOS_PACKAGE_NAME": "kafka"}


@pytest.fixture
def sdk(canned: Canned, router: AdminRouter) -> Sdk:
    """`kafka-legacy` wants three brokers: the third has neither a task nor a registration now."""
    labelled(canned, an_app("kafka-legacy", labels=LABELS, env={"BROKER_COUNT": "3"}))
    base = "GET service/kafka-legacy/v1"
    for api in ("pod", "pods"):
        canned.on(f"{base}/{api}", page(404))
    canned.on(f"{base}/brokers", [0, 1])
    canned.on(f"{base}/plan", Reply({"phases": [], "errors": [], "status": "Complete"}))
    topics(canned, "kafka-legacy", {"events": [[0, 1]]})
    info = {"framework_info": {"id": {"value": "f"}, "name": "/kafka-legacy"}}
    canned.on("GET_FRAMEWORKS", {"get_frameworks": {"frameworks": [info]}})
    canned.on("GET_TASKS", {"get_tasks": {"tasks": [a_task(0, "S0"), a_task(1, "S1")]}})
    canned.on(SLAVES, {"slaves": [], "recovered_slaves": []})
    return Sdk(router)


def test_its_brokers_are_where_their_tasks_are(sdk: Sdk) -> None:
    found = sdk.one("kafka-legacy")
    assert (found.kind, found.api, found.deploy, found.recovery) == ("kafka", "brokers", "COMPLETE", "COMPLETE")
    assert found.pods == (
        Pod(Member("kafka-legacy", "broker-0"), "broker-0__S0", "S0", True, False, True, Resources(cpus=0.5)),
        Pod(Member("kafka-legacy", "broker-1"), "broker-1__S1", "S1", True, False, True, Resources(cpus=0.5)),
        Pod(Member("kafka-legacy", "broker-2"), "", "", False, False, False),
    )
    assert found.partitions == (Partition("events", 0, ("broker-0", "broker-1"), "broker-0"),)


def test_a_broker_is_nowhere_only_when_every_agent_is_heard_of(canned: Canned, sdk: Sdk) -> None:
    canned.on(SLAVES, {"slaves": [], "recovered_slaves": [{"id": "S2"}]})
    with pytest.raises(Retryable, match=r"kafka-legacy/broker-2 has no task.* 1 agent has not re-registered"):
        sdk.one("kafka-legacy")


def test_a_list_of_brokers_in_an_object_is_read_too(canned: Canned, sdk: Sdk) -> None:
    """Kafka 1.0 answered so."""
    canned.on("GET service/kafka-legacy/v1/brokers", {"brokers": ["0", "1", "2"]})
    assert [pod.registered for pod in sdk.one("kafka-legacy").pods] == [True, True, True]


def test_a_replace_is_put_once(canned: Canned, sdk: Sdk) -> None:
    canned.on(REPLACE, ["broker-1__S1"])
    sdk.replace(Member("kafka-legacy", "broker-1"))
    (request,) = canned.calls(REPLACE)
    assert request.path == "/service/kafka-legacy/v1/brokers/1?replace=true"


@pytest.mark.parametrize("answer", [[None], []])
def test_a_broker_that_it_does_not_know_is_said(canned: Canned, sdk: Sdk, answer: list[None]) -> None:
    canned.on(REPLACE, answer)
    with pytest.raises(NodeFailed, match="knows no broker 1"):
        sdk.replace(Member("kafka-legacy", "broker-1"))


def test_a_lost_answer_is_not_an_excuse_for_a_second_replace(canned: Canned, sdk: Sdk) -> None:
    canned.on(REPLACE, Reply("", 500, kind=""))
    with pytest.raises(Retryable, match="500"):
        sdk.replace(Member("kafka-legacy", "broker-1"))
    assert len(canned.calls(REPLACE)) == 1


def an_end(number: int, agent: str, ago: float, state: str = "TASK_LOST") -> dict[str, Any]:
    """A task that has ended so many seconds ago, as the master remembers it."""
    ran = {"state": "TASK_RUNNING", "timestamp": 1.5}
    return {
        **a_task(number, agent),
        "state": state,
        "statuses": [ran, {"state": state, "timestamp": time.time() - ago}],
    }


@pytest.mark.parametrize(
    ("env", "after"),
    [
        ({}, None),
        ({"ENABLE_REPLACEMENT": "false", "RECOVERY_GRACE_PERIOD_SEC": "1200"}, None),
        ({"ENABLE_REPLACEMENT": "true"}, 1200.0),
        ({"ENABLE_REPLACEMENT": "true", "RECOVERY_GRACE_PERIOD_SEC": "300"}, 300.0),
        ({"ENABLE_REPLACEMENT": "true", "RECOVERY_GRACE_PERIOD_SEC": "5m"}, 0.0),
    ],
)
def test_its_scheduler_may_replace_brokers_by_itself(
    canned: Canned, sdk: Sdk, env: dict[str, str], after: float | None
) -> None:
    """A period that can't be read may be over at any time."""
    labelled(canned, an_app("kafka-legacy", labels=LABELS, env={"BROKER_COUNT": "3", **env}))
    assert sdk.one("kafka-legacy").replaces_after == after


def test_since_when_a_broker_is_down_is_asked_of_mesos_where_that_matters(canned: Canned, sdk: Sdk) -> None:
    env = {"BROKER_COUNT": "5", "ENABLE_REPLACEMENT": "true"}
    labelled(canned, an_app("kafka-legacy", labels=LABELS, env=env))
    tasks = {
        "tasks": [a_task(0, "S0"), a_task(1, "S1")],
        "completed_tasks": [an_end(2, "S2", 300.0), an_end(2, "S1", 9000.0), an_end(0, "S2", 60.0)],
        "unreachable_tasks": [an_end(3, "S3", 600.0, "TASK_UNREACHABLE")],
    }
    canned.on("GET_TASKS", {"get_tasks": tasks})
    found = {pod.member.pod: pod.down_for for pod in sdk.one("kafka-legacy").pods}
    assert found == {
        **dict.fromkeys(("broker-0", "broker-1", "broker-4")),
        "broker-2": pytest.approx(300.0, abs=5.0),
        "broker-3": pytest.approx(600.0, abs=5.0),
    }


def test_nobody_asks_since_when_where_its_scheduler_replaces_nothing(canned: Canned, sdk: Sdk) -> None:
    assert all(pod.down_for is None for pod in sdk.one("kafka-legacy").pods)
    assert len(canned.calls("GET_TASKS")) == 1
