"""A member is where its scheduler last launched it, and runs only when everything says so."""

from __future__ import annotations

import pytest

from dcosmaint.adapters.sdk import Sdk
from dcosmaint.errors import Retryable
from tests.adapters.dcos.canned import Canned
from tests.adapters.dcos.schedulers import (
    a_status,
    an_info,
    one_shot,
)

INFO = "GET service/kafka/v1/pod/kafka-0/info"
STATUS = "GET service/kafka/v1/pod/status"


def shown(canned: Canned, status: str) -> None:
    instances = [a_status("kafka-0", "S0", status), a_status("kafka-1", "S1")]
    canned.on(STATUS, {"service": "kafka", "pods": [{"name": "kafka", "instances": instances}]})


@pytest.mark.trap("the recovery plan says COMPLETE right after a replace")
def test_the_mark_of_a_replace_is_seen_while_its_task_still_runs(service: Canned, sdk: Sdk) -> None:
    """The recovery plan says COMPLETE right after a replace, so it alone proves nothing."""
    service.on(INFO, [an_info("kafka-0", "S0", labels={"permanently-failed": "true"})])
    found = sdk.one("kafka")
    assert (found.recovery, found.pods[0].marked, found.pods[0].running) == ("COMPLETE", True, True)
    assert found.pods[0].agent_id == "S0"


@pytest.mark.trap("one-shot tasks have no id and no status")
def test_one_shot_tasks_are_not_waited_for(service: Canned, sdk: Sdk) -> None:
    """They have an empty id and no status, or have finished."""
    finished = an_info("kafka-0", "S5", task="format")
    service.on(INFO, [one_shot("kafka-0", "repair"), finished, an_info("kafka-0", "S0")])
    pod = a_status("kafka-0", "S0")
    pod["tasks"] = [
        {"id": "", "name": "kafka-0-repair"},
        {"id": "kafka-0-format__S5", "name": "kafka-0-format", "status": "FINISHED"},
        *pod["tasks"],
    ]
    service.on(STATUS, {"pods": [{"name": "kafka", "instances": [pod, a_status("kafka-1", "S1")]}]})
    found = sdk.one("kafka").pods[0]
    assert (found.running, found.agent_id, found.task_id) == (True, "S0", "kafka-0-broker__S0")


def test_a_broker_that_was_never_launched_does_not_run(service: Canned, sdk: Sdk) -> None:
    service.on(INFO, [one_shot("kafka-0", "broker")])
    shown(service, "")
    found = sdk.one("kafka").pods[0]
    assert (found.running, found.agent_id, found.task_id) == (False, "", "")


@pytest.mark.parametrize("status", ["KILLED", "LOST", "UNREACHABLE", "STARTING", "FINISHED"])
def test_a_broker_runs_only_in_state_running(service: Canned, sdk: Sdk, status: str) -> None:
    shown(service, status)
    assert not sdk.one("kafka").pods[0].running


def test_a_launch_between_two_reads_is_not_taken_for_running(service: Canned, sdk: Sdk) -> None:
    service.on(INFO, [an_info("kafka-0", "S7")])
    found = sdk.one("kafka").pods[0]
    assert (found.running, found.agent_id) == (False, "S7")


def test_tasks_on_two_agents_prove_nothing(service: Canned, sdk: Sdk) -> None:
    service.on(INFO, [an_info("kafka-0", "S0"), an_info("kafka-0", "S3", task="sidecar")])
    with pytest.raises(Retryable, match=r"kafka/kafka-0 are on 2 agents \(S0, S3\)"):
        sdk.one("kafka")


def test_a_task_that_reports_from_another_agent_proves_nothing(service: Canned, sdk: Sdk) -> None:
    info = an_info("kafka-0", "S0")
    info["status"]["slaveId"]["value"] = "S4"
    service.on(INFO, [info])
    with pytest.raises(Retryable, match="launched on S0, and reports from S4"):
        sdk.one("kafka")


@pytest.mark.parametrize("status", ["PAUSED", "PAUSING", "DECOMMISSIONING"])
def test_somebody_elses_work_on_a_pod_is_trouble(service: Canned, sdk: Sdk, status: str) -> None:
    shown(service, status)
    assert sdk.one("kafka").trouble == f"kafka-0 is {status}: somebody else is at work on it"


def test_a_task_that_belongs_to_no_pod_is_trouble(service: Canned, sdk: Sdk) -> None:
    service.on("GET service/kafka/v1/pod", ["kafka-0", "kafka-1", "UNKNOWN_POD_x"])
    assert "UNKNOWN_POD_x" in sdk.one("kafka").trouble


def test_an_answer_of_another_service_proves_nothing(service: Canned, sdk: Sdk) -> None:
    service.on(STATUS, {"service": "/kafka-other", "pods": []})
    with pytest.raises(Retryable, match="answered for kafka-other"):
        sdk.one("kafka")


def test_no_pods_beside_a_complete_deployment_prove_nothing(service: Canned, sdk: Sdk) -> None:
    service.on("GET service/kafka/v1/pod", [])
    with pytest.raises(Retryable, match="lists no pod"):
        sdk.one("kafka")
