"""DRAIN_AGENT and MARK_AGENT_GONE of the served Mesos, as a real master was seen to answer.

What the World does not have of it: agents with the HTTP command executor, to which alone `max_grace_period` means
anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from dcosmaint.sandbox.world import Shape
from tests.sandbox.cluster import Cluster, recorded, served, unlike

NOT_PROTOBUF = "Failed to convert JSON into Call protobuf: "


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with served() as cluster:
        yield cluster


def an_id(cluster: Cluster, number: int = 0) -> dict[str, Any]:
    return {"agent_id": {"value": cluster.agent(number).id}}


def drain(cluster: Cluster, **fields: Any) -> tuple[int, str]:
    answer = cluster.call("DRAIN_AGENT", drain_agent=an_id(cluster) | fields)
    return answer.status_code, answer.text


def gone(cluster: Cluster, number: int = 0) -> tuple[int, str]:
    answer = cluster.call("MARK_AGENT_GONE", mark_agent_gone=an_id(cluster, number))
    return answer.status_code, answer.text


def said(cluster: Cluster, kind: str) -> tuple[int, str]:
    answer = cluster.call(kind, **{kind.lower(): an_id(cluster)})
    return answer.status_code, answer.text


def listed(cluster: Cluster) -> dict[str, Any]:
    return {slave["id"]: slave for slave in cluster.get("mesos/slaves")["slaves"]}


def test_a_drained_agent_goes_through_draining_and_keeps_no_task(cluster: Cluster) -> None:
    """It stays on the list, its tasks are killed within seconds, and it is reactivated once that is over."""
    agent = cluster.agent()
    had = set(agent.tasks)
    assert drain(cluster, max_grace_period={"seconds": 5}) == (200, "")
    ours = listed(cluster)[agent.id]
    real = next(s for s in recorded("slaves-draining")["slaves"] if "drain_info" in s)
    assert unlike(real["drain_info"], ours["drain_info"]) == []
    assert (ours["active"], ours["deactivated"]) == (False, True)
    assert ours["drain_info"]["config"]["max_grace_period"] == {"nanoseconds": 5_000_000_000}
    assert drain(cluster) == (200, "")
    assert said(cluster, "DEACTIVATE_AGENT") == (200, "")
    assert said(cluster, "REACTIVATE_AGENT") == (400, "Agent is still in the DRAINING state")
    cluster.pace.skip(5.0)
    assert listed(cluster)[agent.id]["drain_info"]["state"] == "DRAINED"
    ended = {t["task_id"]["value"]: t for t in cluster.call("GET_TASKS").json()["get_tasks"]["completed_tasks"]}
    last = {(ended[task]["state"], ended[task]["statuses"][-1]["reason"]) for task in had}
    assert last == {("TASK_KILLED", "REASON_AGENT_DRAINING")}
    assert said(cluster, "REACTIVATE_AGENT") == (200, "")
    assert "drain_info" not in listed(cluster)[agent.id]
    assert listed(cluster)[agent.id]["active"] is True


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"max_grace_period": "10mins"}, "Not expecting a JSON string for field 'max_grace_period'"),
        (
            {"mark_gone": "yes"},
            "Failed to parse 'yes' as a JSON boolean for field 'mark_gone': syntax error at line 1 near: yes",
        ),
        ({"agent_id": "S1"}, "Not expecting a JSON string for field 'agent_id'"),
    ],
)
def test_an_order_of_another_type_is_refused_and_drains_nothing(
    cluster: Cluster, fields: dict[str, Any], says: str
) -> None:
    assert drain(cluster, **fields) == (400, f"{NOT_PROTOBUF}{says}")
    assert cluster.agent().drain is None


def test_a_period_in_a_field_that_there_is_not_is_no_period(cluster: Cluster) -> None:
    assert drain(cluster, max_grace_period={"nanoseconds": 5_000_000_000}) == (200, "")
    assert listed(cluster)[cluster.agent().id]["drain_info"]["config"]["max_grace_period"] == {"nanoseconds": 0}


def test_an_agent_that_does_not_answer_is_draining_until_it_is_back(cluster: Cluster) -> None:
    machine = cluster.agent().machine
    cluster.world.systemd.stop_agent(machine)
    assert drain(cluster) == (200, "")
    cluster.pace.skip(30.0)
    assert listed(cluster)[cluster.agent().id]["drain_info"]["state"] == "DRAINING"
    cluster.world.systemd.release_agent(machine)
    cluster.pace.skip(30.0)
    assert listed(cluster)[cluster.agent().id]["drain_info"]["state"] == "DRAINED"


def test_a_drain_that_gives_its_agent_up_does_so_when_it_is_empty(cluster: Cluster) -> None:
    assert drain(cluster, mark_gone=True) == (200, "")
    assert cluster.agent().id in listed(cluster)
    cluster.pace.skip(5.0)
    assert cluster.agent().id not in listed(cluster)
    assert drain(cluster) == (400, "Unknown agent")
    assert said(cluster, "DEACTIVATE_AGENT") == (400, "Unknown agent")
    assert said(cluster, "REACTIVATE_AGENT") == (400, "Agent is still in the DRAINING state")
    assert gone(cluster) == (200, "")


def test_an_agent_that_is_gone_is_shut_down_at_each_start_and_never_listed_again(cluster: Cluster) -> None:
    agent = cluster.agent()
    had = set(agent.tasks)
    assert gone(cluster) == (200, "")
    assert agent.id not in listed(cluster)
    ended = {t["task_id"]["value"]: t for t in cluster.call("GET_TASKS").json()["get_tasks"]["completed_tasks"]}
    last = {(ended[t]["state"], *map(ended[t]["statuses"][-1].get, ("source", "reason", "message"))) for t in had}
    assert last == {
        ("TASK_GONE_BY_OPERATOR", "SOURCE_MASTER", "REASON_AGENT_REMOVED_BY_OPERATOR", "Agent has been marked gone"),
    }
    starts = []
    for _ in range(60):
        cluster.pace.skip(1.0)
        starts.append(agent.machine.process)
        assert agent.id not in listed(cluster)
    assert {True, False} == set(starts)


def test_only_an_agent_that_the_master_lost_can_be_given_up(cluster: Cluster) -> None:
    """One that has unregistered, by SIGUSR1, is forgotten."""
    cluster.world.systemd.hold(cluster.agent().machine, lasting=False)
    cluster.world.systemd.signal_agent(cluster.agent().machine)
    cluster.world.systemd.stop_agent(cluster.agent(1).machine)
    cluster.pace.skip(301.0)
    assert gone(cluster) == (404, f"Agent '{cluster.agent().id}' not found")
    assert gone(cluster, 1) == (200, "")
    unknown = cluster.call("MARK_AGENT_GONE", mark_agent_gone={"agent_id": {"value": "nope-S99"}})
    assert (unknown.status_code, unknown.text) == (404, "Agent 'nope-S99' not found")


def test_mesos_of_dcos_1_11_gives_up_agents_but_drains_none() -> None:
    with served(Shape(profile="1.11")) as cluster:
        assert drain(cluster) == (400, "Failed to validate master::Call: Expecting 'type' to be present")
        assert gone(cluster) == (200, "")
        assert cluster.agent().id not in listed(cluster)
