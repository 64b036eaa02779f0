"""Services that are no Kafka, by answers of the documented form: pods of several types, one-shot tasks, no topics."""

from __future__ import annotations

from typing import Any

import pytest

from dcosmaint.adapters.sdk import Sdk
from dcosmaint.errors import NodeFailed
from dcosmaint.model import Member
from tests.adapters.dcos.canned import Canned, Reply, text
from tests.adapters.dcos.schedulers import COMMONS, an_app, an_info, labelled, one_shot

PODS = {
    "cassandra": {"node-0": ["server"], "node-1": ["server"], "node-2": ["server"]},
    "elastic": {"master-0": ["node"], "data-0": ["node"], "ingest-0": ["node"], "coordinator-0": ["node"]},
    "hdfs": {"journal-0": ["node"], "name-0": ["node", "zkfc"], "data-0": ["node"]},
    "datastax-dse": {"dse-0": ["node", "agent"]},
}
KIND = {"cassandra": "cassandra", "elastic": "elastic", "hdfs": "hdfs", "datastax-dse": "dse"}


def scheduler(canned: Canned, package: str, **env: str) -> None:
    """A healthy service of this package, called as it is, with pod number n on the agent Sn."""
    base, pods = f"service/{package}/v1", PODS[package]
    labelled(canned, an_app(package, labels={**COMMONS, "DCOS_PACKAGE_NAME": package}, env=env))
    canned.on(f"GET {base}/pod", list(pods))
    types: dict[str, list[dict[str, Any]]] = {}
    for number, (pod, tasks) in enumerate(pods.items()):
        seen = [{"id": f"{pod}-{task}__S{number}", "name": f"{pod}-{task}", "status": "RUNNING"} for task in tasks]
        once = [{"id": "", "name": f"{pod}-bootstrap"}]
        types.setdefault(pod.rpartition("-")[0], []).append({"name": pod, "tasks": [*seen, *once]})
        canned.on(
            f"GET {base}/pod/{pod}/info",
            [*(an_info(pod, f"S{number}", task) for task in tasks), one_shot(pod, "bootstrap")],
        )
    instances = [{"name": name, "instances": found} for name, found in types.items()]
    canned.on(f"GET {base}/pod/status", {"service": f"/{package}", "pods": instances})
    for plan in ("deploy", "recovery"):
        canned.on(f"GET {base}/plans/{plan}", {"phases": [], "errors": [], "status": "COMPLETE"})


@pytest.mark.parametrize("package", PODS)
def test_its_pods_are_read_whole_and_its_topics_are_not_asked_for(canned: Canned, sdk: Sdk, package: str) -> None:
    scheduler(canned, package)
    found = sdk.one(package)
    assert (found.kind, found.api, found.partitions, found.trouble) == (KIND[package], "pod", (), "")
    assert [pod.member.pod for pod in found.pods] == sorted(PODS[package])
    assert all(pod.running and pod.registered and not pod.marked for pod in found.pods)
    assert not [request for request in canned.asked if "topics" in request.path or "brokers" in request.path]


@pytest.mark.parametrize(
    ("env", "seeds"), [({"LOCAL_SEEDS_COUNT": "3"}, 3), ({}, None), ({"LOCAL_SEEDS_COUNT": ""}, None)]
)
def test_a_cassandra_says_how_many_of_its_nodes_are_seeds(
    canned: Canned, sdk: Sdk, env: dict[str, str], seeds: int | None
) -> None:
    scheduler(canned, "cassandra", **env)
    assert sdk.one("cassandra").seeds == seeds


def change(canned: Canned, task: str, status: str, agent: str = "S1", mark: str = "") -> None:
    """The one task of node-1 beside its server, or the server itself, is another one now."""
    server = {"id": "node-1-server__S1", "name": "node-1-server", "status": "RUNNING"}
    other = {"id": f"node-1-{task}__{agent}", "name": f"node-1-{task}", "status": status}
    tasks = [other] if task == "server" else [server, other]
    rest = [
        {"name": pod, "tasks": [{"id": f"{pod}-server__S{n}", "name": f"{pod}-server", "status": "RUNNING"}]}
        for n, pod in enumerate(PODS["cassandra"])
        if pod != "node-1"
    ]
    instances = [*rest, {"name": "node-1", "tasks": tasks}]
    canned.on(
        "GET service/cassandra/v1/pod/status",
        {"service": "/cassandra", "pods": [{"name": "node", "instances": instances}]},
    )
    changed = an_info("node-1", agent, task, labels={"permanently-failed": mark} if mark else {})
    canned.on(
        "GET service/cassandra/v1/pod/node-1/info",
        [changed] if task == "server" else [an_info("node-1", "S1", "server"), changed],
    )


@pytest.mark.parametrize("status", ["FINISHED", "FAILED", "KILLED", "LOST"])
def test_a_task_that_ran_once_says_nothing_of_its_pod_however_it_ended(canned: Canned, sdk: Sdk, status: str) -> None:
    """A backup that failed on the agent where the pod was before makes no node of a Cassandra lost."""
    scheduler(canned, "cassandra")
    change(canned, "backup-schema", status, agent="S7")
    pod = sdk.one("cassandra").pods[1]
    assert (pod.running, pod.agent_id, pod.task_id) == (True, "S1", "node-1-server__S1")


@pytest.mark.parametrize("status", ["KILLED", "FAILED", "UNREACHABLE", "STAGING"])
def test_the_task_that_is_to_run_on_is_missed(canned: Canned, sdk: Sdk, status: str) -> None:
    scheduler(canned, "cassandra")
    change(canned, "server", status)
    assert [pod.running for pod in sdk.one("cassandra").pods] == [True, False, True]


def test_a_replaced_pod_bears_its_mark_until_it_is_launched_anew(canned: Canned, sdk: Sdk) -> None:
    scheduler(canned, "cassandra")
    change(canned, "server", "KILLED", mark="true")
    assert [pod.marked for pod in sdk.one("cassandra").pods] == [False, True, False]
    change(canned, "server", "RUNNING", agent="S7")
    assert [(pod.marked, pod.agent_id) for pod in sdk.one("cassandra").pods][1] == (False, "S7")


@pytest.mark.parametrize(("package", "pod"), [("cassandra", "node-0"), ("elastic", "data-0"), ("hdfs", "name-0")])
def test_a_member_is_replaced_by_the_call_of_every_pod(canned: Canned, sdk: Sdk, package: str, pod: str) -> None:
    scheduler(canned, package)
    canned.on(
        f"POST service/{package}/v1/pod/{pod}/replace",
        {"pod": pod, "tasks": [f"{pod}-{task}" for task in PODS[package][pod]]},
    )
    sdk.replace(Member(package, pod))
    assert [request.path for request in canned.asked if request.method == "POST"] == [
        f"/service/{package}/v1/pod/{pod}/replace"
    ]


def test_a_member_that_its_scheduler_does_not_know_fails_the_node(canned: Canned, sdk: Sdk) -> None:
    scheduler(canned, "hdfs")
    canned.on("POST service/hdfs/v1/pod/name-7/replace", text("Pod name-7 not found", 404))
    with pytest.raises(NodeFailed, match="knows no name-7"):
        sdk.replace(Member("hdfs", "name-7"))


def test_a_recovery_in_phases_of_its_own_is_not_complete_before_all_of_them_are(canned: Canned, sdk: Sdk) -> None:
    """HDFS and Cassandra recover in phases of their own, whose names are no pod's."""
    scheduler(canned, "hdfs")
    step = {"id": "2", "name": "name-0:[bootstrap]", "status": "COMPLETE"}
    node = {"id": "3", "name": "name-0:[node, zkfc]", "status": "STARTING"}
    phase = {"id": "1", "name": "permanent-name-failure-recovery", "status": "IN_PROGRESS", "steps": [step, node]}
    plan = {"phases": [phase], "errors": [], "status": "IN_PROGRESS", "strategy": "parallel"}
    canned.on("GET service/hdfs/v1/plans/recovery", Reply(plan, 202))
    assert (sdk.one("hdfs").recovery, sdk.one("hdfs").recovered) == ("IN_PROGRESS", ())
    node["status"] = "COMPLETE"
    data = {"name": "data-0:[node]", "status": "COMPLETE"}
    phases = [{**phase, "status": "COMPLETE"}, {"name": "data-0:[node]", "status": "COMPLETE", "steps": [data]}]
    canned.on("GET service/hdfs/v1/plans/recovery", {"phases": phases, "errors": [], "status": "COMPLETE"})
    assert (sdk.one("hdfs").recovery, sdk.one("hdfs").recovered) == ("COMPLETE", ("data-0", "name-0"))
