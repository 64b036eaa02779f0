"""Each recording decides what the served Mesos answers in the same situation, and some test says so.

Situations of a real master that were seen and that the World does not have, each with its reason:

- machines that are taken down: the tool never does that; of inverse offers nothing is heard, so nobody answers them;
- a limit on how many silent agents are given up in a time: each World has one patience with all of them;
- a grace that a drain gives to tasks: it reaches only executors that speak HTTP, which the World's are not;
- agents with fewer resources than are reserved on them, which do not start: instances don't change their size;
- offers that are held, declined or rescinded: the World's frameworks take what fits, at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox.cluster import RECORDINGS, Cluster, recorded, served, unlike

NAMES = sorted(path.stem for path in RECORDINGS.iterdir() if path.suffix != ".md")
TESTS = "".join(path.read_text() for path in sorted(Path(__file__).parent.glob("test_served_mesos*.py")))


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with served() as cluster:
        yield cluster


@pytest.mark.parametrize("name", NAMES)
def test_a_recording_is_explained_and_compared_with(name: str) -> None:
    """When this fails for a new one, compare the served Mesos with it, or say above why that is not possible."""
    explained = (RECORDINGS / "README.md").read_text()
    assert f"`{name}`" in explained or f"`{name}.recordio`" in explained
    assert any(word in TESTS for word in (f'"{name}"', f"{name}.recordio"))


def test_dead_tasks_have_the_recorded_shape_in_v1(cluster: Cluster) -> None:
    cluster.world.systemd.signal_agent(cluster.agent().machine)
    cluster.pace.skip(20.0)
    real, ours = recorded("tasks-phantom"), cluster.call("GET_TASKS").json()
    assert unlike(real, ours) == []
    for tasks in (real["get_tasks"]["completed_tasks"], ours["get_tasks"]["completed_tasks"]):
        assert {"TASK_RUNNING", "TASK_LOST"} <= {task["state"] for task in tasks}
        running = [task for task in tasks if task["state"] == "TASK_RUNNING"]
        assert [task for task in running if "status_update_state" in task] == []


def test_what_a_real_master_says_of_maintenance_when_there_is_none(cluster: Cluster) -> None:
    """An empty schedule is an empty object, and no list of windows."""
    for name in ("schedule", "status"):
        assert cluster.get(f"mesos/maintenance/{name}") == cluster.get(f"mesos/master/maintenance/{name}") == {}
        answer = cluster.call(f"GET_MAINTENANCE_{name.upper()}").json()
        assert answer[f"get_maintenance_{name}"] == {name: {}}
