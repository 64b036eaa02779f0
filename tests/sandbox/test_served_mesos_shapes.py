"""What the served Mesos says has the shape of what a real one said."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.sandbox.cluster import Cluster, recorded, served, unlike


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """With one agent that unregistered and came back under its id, one that is unreachable, and one deactivated."""
    with served() as cluster:
        world = cluster.world
        world.systemd.signal_agent(cluster.agent(0).machine)
        world.systemd.stop_agent(cluster.agent(1).machine)
        cluster.pace.skip(400.0)
        world.master.deactivate(cluster.agent(2).id)
        yield cluster


V0 = {
    "slaves": "mesos/master/slaves",
    "slaves-deactivated": "mesos/slaves",
    "slaves-returned": "mesos/master/slaves",
    "tasks-v0": "mesos/master/tasks",
    "tasks-v0-phantom": "mesos/tasks",
    "frameworks-v0": "mesos/master/frameworks",
    "state-unreachable": "mesos/master/state",
    "state-summary-phantom": "mesos/master/state-summary",
    "version-v0": "mesos/version",
}
NEWER = {  # written by Mesos 1.12, and not by the 1.10 of DC/OS 2.1
    "git_branch",
    "offer_constraints",
}


@pytest.mark.parametrize(("recording", "path"), V0.items())
def test_v0_answers_have_the_recorded_shape(cluster: Cluster, recording: str, path: str) -> None:
    real, ours = recorded(recording), cluster.get(path)
    assert unlike(real, ours) == []
    assert _missing(real, ours) <= NEWER


@pytest.mark.parametrize(
    ("recording", "kind"),
    [("agents", "GET_AGENTS"), ("tasks", "GET_TASKS"), ("frameworks", "GET_FRAMEWORKS"), ("version", "GET_VERSION")],
)
def test_v1_answers_have_the_recorded_shape(cluster: Cluster, recording: str, kind: str) -> None:
    real, ours = recorded(recording), cluster.call(kind).json()
    assert unlike(real, ours) == []
    assert _missing(real, ours) <= NEWER


@pytest.mark.parametrize(("recording", "path"), {"agent-flags": "flags", "agent-state": "state"}.items())
def test_an_agent_answers_in_the_recorded_shape(cluster: Cluster, recording: str, path: str) -> None:
    for form in ("slave(1)", "slave%281%29"):
        ours = cluster.get(f"slave/{cluster.agent(3).id}/{form}/{path}")
        assert unlike(recorded(recording), ours) == []
        assert ours.get("flags", {})["cgroups_enable_cfs"] == "true"


def test_a_difference_of_type_is_seen() -> None:
    real = {"a": [{"b": 1.0, "c": "x", "d": {}}]}
    assert unlike(real, {"a": [{"b": "1", "c": None, "d": []}]}) == [
        "$.a[].b: number became text",
        "$.a[].c: text became null",
        "$.a[].d: object became list",
    ]
    assert _missing(real, {"a": [{"b": 1}]}) == {"c", "d"}


def _missing(real: Any, ours: Any) -> set[str]:
    """Names of members that the recording has and we lack, at the top and in the first thing of each list."""
    if isinstance(real, list) and isinstance(ours, list):
        return _missing(real[0], ours[0]) if real and ours else set()
    if not (isinstance(real, dict) and isinstance(ours, dict)):
        return set()
    lists = [_missing(real[key], ours[key]) for key in real if isinstance(real[key], list) and key in ours]
    return (set(real) - set(ours)).union(*lists)
