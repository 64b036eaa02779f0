"""The served Mesos in each situation that was recorded from a real one."""

from __future__ import annotations

from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from dcosmaint.sandbox.world import AppShape, Shape
from dcosmaint.sandbox.world.state import Drain
from tests.sandbox.cluster import Cluster, recorded, served, unlike


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with served() as cluster:
        yield cluster


def slave(cluster: Cluster, agent_id: str) -> Any:
    return next(s for s in cluster.get("mesos/slaves")["slaves"] if s["id"] == agent_id)


# ---- agents


def test_a_deactivated_agent_is_listed_and_not_active(cluster: Cluster) -> None:
    """slaves-deactivated: one of three agents."""
    real = next(s for s in recorded("slaves-deactivated")["slaves"] if s["deactivated"])
    agent = {"agent_id": {"value": cluster.agent().id}}
    for _ in range(2):
        answer = cluster.call("DEACTIVATE_AGENT", deactivate_agent=agent)
        assert (answer.status_code, answer.content, "Content-Type" in answer.headers) == (200, b"", False)
    ours = slave(cluster, cluster.agent().id)
    assert (ours["active"], ours["deactivated"]) == (real["active"], real["deactivated"]) == (False, True)
    assert "drain_info" not in ours
    assert cluster.call("REACTIVATE_AGENT", reactivate_agent=agent).status_code == 200
    assert slave(cluster, cluster.agent().id)["active"] is True
    again = cluster.call("REACTIVATE_AGENT", reactivate_agent=agent)
    assert (again.status_code, again.text) == (400, "Agent is not deactivated")


def test_a_disconnected_agent_is_listed_and_neither_active_nor_deactivated(cluster: Cluster) -> None:
    """slaves-disconnected: right after SIGKILL."""
    real = next(s for s in recorded("slaves-disconnected")["slaves"] if not s["active"])
    cluster.world.systemd.stop_agent(cluster.agent().machine)
    ours = slave(cluster, cluster.agent().id)
    assert (ours["active"], ours["deactivated"]) == (real["active"], real["deactivated"]) == (False, False)


def test_an_unreachable_agent_is_in_no_list_and_its_tasks_are_unreachable(cluster: Cluster) -> None:
    """state-unreachable and tasks-unreachable: after the ping timeout of a dead agent."""
    gone, real = cluster.agent(), recorded("state-unreachable")
    had = len(gone.tasks)
    cluster.world.systemd.stop_agent(gone.machine)
    cluster.pace.skip(301.0)
    state = cluster.get("mesos/master/state")
    assert state["unreachable_slaves"] == real["unreachable_slaves"] == 1.0
    assert gone.id not in [s["id"] for s in (*state["slaves"], *state["recovered_slaves"])]
    tasks = cluster.call("GET_TASKS").json()["get_tasks"]
    assert len(tasks["unreachable_tasks"]) == had > 0
    assert unlike(recorded("tasks-unreachable")["get_tasks"]["unreachable_tasks"], tasks["unreachable_tasks"]) == []
    assert gone.id not in [task["agent_id"]["value"] for task in tasks["tasks"]]


def test_after_a_failover_agents_are_recovered_until_they_register_again(cluster: Cluster) -> None:
    """slaves-recovered and agents-recovered: right after another master leads."""
    cluster.world.master.fail_over()
    body = cluster.get("mesos/slaves")
    assert body["slaves"] == recorded("slaves-recovered")["slaves"] == []
    assert unlike(recorded("slaves-recovered"), body) == []
    assert set(body["recovered_slaves"][0]) == {*recorded("slaves-recovered")["recovered_slaves"][0], "domain"}
    agents = cluster.call("GET_AGENTS").json()
    assert unlike(recorded("agents-recovered"), agents) == []
    assert len(agents["get_agents"]["recovered_agents"]) == 12
    assert cluster.call("GET_TASKS").json()["get_tasks"]["tasks"] == []
    cluster.pace.skip(60.0)
    body = cluster.get("mesos/slaves")
    assert body["recovered_slaves"] == []
    assert all(s["reregistered_time"] > s["registered_time"] for s in body["slaves"])


def test_an_agent_that_was_never_away_has_no_reregistered_time(cluster: Cluster) -> None:
    """slaves and slaves-returned: the time is there for the one that came back."""
    assert not any("reregistered_time" in s for s in recorded("slaves")["slaves"])
    assert not any("reregistered_time" in s for s in cluster.get("mesos/slaves")["slaves"])
    cluster.world.systemd.signal_agent(cluster.agent().machine)
    assert cluster.agent().id not in [s["id"] for s in cluster.get("mesos/slaves")["slaves"]]
    cluster.pace.skip(20.0)
    assert sum("reregistered_time" in s for s in recorded("slaves-returned")["slaves"]) == 1
    assert "reregistered_time" in slave(cluster, cluster.agent().id)


def test_no_agent_at_all_is_two_empty_lists() -> None:
    """slaves-none: nothing ever registered."""
    with served(Shape(nodes=0, public=0, services=(), apps=())) as cluster:
        assert cluster.get("mesos/slaves") == recorded("slaves-none")


def test_a_draining_agent_says_so_in_slaves_alone(cluster: Cluster) -> None:
    """slaves-draining, agents-draining and slaves-drained: who drains is not told by the summary."""
    agent = cluster.agent()
    agent.deactivated, agent.drain = True, Drain()  # somebody else's drain
    real = next(s for s in recorded("slaves-draining")["slaves"] if "drain_info" in s)
    ours = slave(cluster, agent.id)
    assert unlike(real, ours) == []
    assert ours["drain_info"]["state"] == real["drain_info"]["state"] == "DRAINING"
    drained = next(s for s in recorded("slaves-drained")["slaves"] if "drain_info" in s)
    agent.tasks.clear()
    assert slave(cluster, agent.id)["drain_info"]["state"] == drained["drain_info"]["state"]
    agents = cluster.call("GET_AGENTS").json()["get_agents"]["agents"]
    assert unlike(recorded("agents-draining")["get_agents"]["agents"], agents) == []
    assert not any("drain_info" in s for s in cluster.get("mesos/state-summary")["slaves"])


def test_numbers_among_attributes_are_numbers(cluster: Cluster) -> None:
    cluster.agent().attributes = {"rack": "7", "tier": "worker"}
    assert slave(cluster, cluster.agent().id)["attributes"] == {"rack": 7.0, "tier": "worker"}
    info = cluster.call("GET_AGENTS").json()["get_agents"]["agents"][0]["agent_info"]
    assert [(a["name"], a["type"]) for a in info["attributes"]] == [("rack", "SCALAR"), ("tier", "TEXT")]


def test_the_resources_of_a_public_agent_belong_to_its_role(cluster: Cluster) -> None:
    ours = slave(cluster, cluster.agent(11).id)
    assert set(ours["reserved_resources"]) == {"slave_public"}
    assert ours["unreserved_resources"] == {"disk": 0.0, "mem": 0.0, "gpus": 0.0, "cpus": 0.0}


def test_what_is_free_can_be_counted_from_the_full_lists(cluster: Cluster) -> None:
    for agent in cluster.world.ground.listed[:10]:
        ours = cluster.get(f"mesos/slaves?slave_id={agent.id}")["slaves"][0]
        used = sum(
            entry["scalar"]["value"]
            for entry in ours["used_resources_full"]
            if entry["name"] == "cpus" and "reservations" not in entry
        )
        assert ours["unreserved_resources"]["cpus"] - used == agent.free.cpus


def test_the_date_of_an_answer_is_the_clusters_own(cluster: Cluster) -> None:
    cluster.pace.skip(86400.0)
    date = parsedate_to_datetime(cluster.ask("mesos/slaves").headers["Date"]).timestamp()
    assert date == int(cluster.world.now)


# ---- tasks


def test_dead_tasks_of_an_id_that_came_back_are_listed_as_running_but_not_among_the_live(cluster: Cluster) -> None:
    """tasks-phantom, tasks-v0-phantom and state-summary-phantom."""
    real = [(t["id"], t["state"]) for t in recorded("tasks-v0-phantom")["tasks"]]
    assert ("chk1.0.ccb89c85", "TASK_LOST") in real
    assert ("chk1.0.ccb89c85", "TASK_RUNNING") in real
    agent = cluster.agent()
    dead = sorted(agent.tasks)
    cluster.world.systemd.signal_agent(agent.machine)
    cluster.pace.skip(20.0)
    flat = cluster.get("mesos/tasks?limit=1000")["tasks"]
    for task_id in dead:
        assert sorted(t["state"] for t in flat if t["id"] == task_id) == ["TASK_LOST", "TASK_RUNNING"]
    tasks = cluster.call("GET_TASKS").json()["get_tasks"]
    assert not {t["task_id"]["value"] for t in tasks["tasks"]}.intersection(dead)
    completed = [t["state"] for t in tasks["completed_tasks"] if t["task_id"]["value"] in dead]
    assert completed.count("TASK_RUNNING") == completed.count("TASK_LOST") == len(dead)
    live = [t["id"] for f in cluster.get("mesos/frameworks")["frameworks"] for t in f["tasks"]]
    assert not set(live).intersection(dead)
    summary = next(s for s in cluster.get("mesos/state-summary")["slaves"] if s["id"] == agent.id)
    assert summary["TASK_RUNNING"] == len(dead) + sum(t.state == "TASK_RUNNING" for t in agent.tasks.values())


def test_the_flat_list_ends_after_a_hundred_tasks() -> None:
    apps = tuple(AppShape(f"/app-{n}", 6) for n in range(20))
    with served(Shape(apps=apps)) as cluster:
        assert len(cluster.get("mesos/tasks")["tasks"]) == 100
        assert len(cluster.get("mesos/tasks?limit=500")["tasks"]) > 120
        first, second = (cluster.get(f"mesos/tasks?limit=1&offset={n}")["tasks"] for n in (0, 1))
        assert first != second


def test_a_service_in_a_folder_registers_with_a_leading_slash(cluster: Cluster) -> None:
    names = [f["name"] for f in cluster.get("mesos/frameworks")["frameworks"]]
    assert names == ["marathon", "kafka-events", "/prod/kafka-orders", "kafka-legacy"]
