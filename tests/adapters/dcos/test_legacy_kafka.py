"""Kafka from before pod commands: where its brokers are is known to Mesos alone."""

from __future__ import annotations

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


@pytest.fixture
def sdk(canned: Canned, router: AdminRouter) -> Sdk:
    """`kafka-legacy` wants three brokers: the third has neither a task nor a registration now."""
    labels = {"DCOS_MIGRATION_API_PATH": "/v1/plan", "DCOS_PACKAGE_NAME": "kafka"}
    labelled(canned, an_app("kafka-legacy", labels=labels, env={"BROKER_COUNT": "3"}))
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
