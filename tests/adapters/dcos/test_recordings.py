"""Every recorded answer to a call that the adapters make is read by them."""

from __future__ import annotations

import json

import pytest

from dcosmaint.adapters.mesos import Mesos
from tests.adapters.dcos.canned import RECORDINGS, Canned, recorded

SLAVES = sorted(p.stem for p in RECORDINGS.glob("slaves*.json") if p.stem != "slaves-none")
TASKS = ("tasks", "tasks-phantom", "tasks-unreachable")


@pytest.mark.parametrize("recording", SLAVES)
def test_every_list_of_agents_is_read(canned: Canned, mesos: Mesos, recording: str) -> None:
    canned.on("GET mesos/master/slaves", recorded(recording))
    body, agents = json.loads(recorded(recording)), mesos.agents()
    assert {agent.id for agent in agents.listed} == {slave["id"] for slave in body["slaves"]}
    assert set(agents.recovered) == {slave["id"] for slave in body["recovered_slaves"]}
    assert [agent.volumes for agent in agents.listed if agent.volumes] == []  # reservations, and no data on any


@pytest.mark.parametrize("recording", TASKS)
def test_every_list_of_tasks_is_read(canned: Canned, mesos: Mesos, recording: str) -> None:
    canned.on("GET_TASKS", recorded(recording))
    live = json.loads(recorded(recording))["get_tasks"]["tasks"]
    assert {task.id for task in mesos.tasks()} == {task["task_id"]["value"] for task in live}


def test_the_flags_of_an_agent_are_read(canned: Canned, mesos: Mesos) -> None:
    canned.on("GET slave/S1/slave%281%29/flags", recorded("agent-flags"))
    assert mesos.flags("S1")["work_dir"]
