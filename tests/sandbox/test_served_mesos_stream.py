"""SUBSCRIBE of the served Mesos, beside a stream of a real master.

Frameworks neither come nor go once a World is built, so FRAMEWORK_ADDED, _UPDATED and _REMOVED never happen there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests

from tests.sandbox.cluster import RECORDINGS, Cluster, served, unlike

Event = dict[str, Any]


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with served() as cluster:
        yield cluster


def parsed(body: bytes) -> list[Event]:
    """RecordIO: a number of bytes, a newline, that many bytes, and nothing behind them."""
    found = []
    while body:
        length, _, rest = body.partition(b"\n")
        found.append(json.loads(rest[: int(length)]))
        body = rest[int(length) :]
    return found


def real() -> dict[str, Event]:
    """The last event of each kind that was recorded."""
    return {event["type"]: event for event in parsed((RECORDINGS / "subscribe.recordio").read_bytes())}


@contextmanager
def subscribed(cluster: Cluster) -> Iterator[requests.Response]:
    answer = cluster.session.post(
        f"{cluster.router.url}/mesos/api/v1", json={"type": "SUBSCRIBE"}, stream=True, timeout=10
    )
    with answer:
        yield answer


def until_the_end(cluster: Cluster, answer: requests.Response) -> list[Event]:
    """Another master leads, so the stream ends."""
    cluster.world.master.fail_over()
    return parsed(answer.content)


def test_a_stream_begins_with_everything_and_ends_with_its_master(cluster: Cluster) -> None:
    with subscribed(cluster) as answer:
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.headers["Transfer-Encoding"] == "chunked"
        events = until_the_end(cluster, answer)
    assert [event["type"] for event in events] == ["SUBSCRIBED", "HEARTBEAT"]
    first, recording = events[0]["subscribed"], real()["SUBSCRIBED"]["subscribed"]
    assert set(first) == set(recording)
    assert first["heartbeat_interval_seconds"] == recording["heartbeat_interval_seconds"] == 15.0
    assert unlike(recording, first) == []
    assert len(first["get_state"]["get_agents"]["agents"]) == 12


def test_a_heartbeat_comes_every_fifteen_seconds(cluster: Cluster) -> None:
    with subscribed(cluster) as answer:
        cluster.pace.skip(46.0)
        events = until_the_end(cluster, answer)
    assert [event["type"] for event in events].count("HEARTBEAT") == 1 + 3


def test_tasks_and_agents_are_told_in_the_recorded_shape(cluster: Cluster) -> None:
    """An agent that unregisters and comes back is told after its tasks' end, and once more."""
    agent = cluster.agent()
    lost = set(agent.tasks)
    with subscribed(cluster) as answer:
        cluster.world.systemd.signal_agent(agent.machine)
        cluster.pace.skip(60.0)
        events = until_the_end(cluster, answer)
    for event in events:
        assert set(event) == set(real()[event["type"]])
        assert unlike(real()[event["type"]], event) == []
    kinds = [event["type"] for event in events]
    assert {"TASK_ADDED", "TASK_UPDATED", "AGENT_REMOVED", "AGENT_ADDED"} <= set(kinds)
    ended = [e["task_updated"]["status"]["task_id"]["value"] for e in events[2 : kinds.index("AGENT_REMOVED")]]
    assert set(ended) == lost
    told = [event["agent_removed"]["agent_id"]["value"] for event in events if event["type"] == "AGENT_REMOVED"]
    assert told == [agent.id]
    assert kinds.index("AGENT_REMOVED") < kinds.index("AGENT_ADDED")


def test_cordons_drains_and_agents_that_are_given_up_or_lost_are_not_told(cluster: Cluster) -> None:
    with subscribed(cluster) as answer:
        cluster.world.master.deactivate(cluster.agent().id)
        cluster.world.master.reactivate(cluster.agent().id)
        cluster.world.operator.mark_gone(cluster.agent(1).id)
        cluster.world.systemd.stop_agent(cluster.agent(2).machine)
        cluster.pace.skip(301.0)
        events = until_the_end(cluster, answer)
    assert [event["type"] for event in events if event["type"].startswith("AGENT")] == []


def test_who_goes_away_is_told_no_more_and_holds_nothing_up() -> None:
    """The sandbox closes though a subscriber still listens."""
    with served() as cluster:
        with subscribed(cluster):
            pass
        with subscribed(cluster) as answer:
            assert answer.raw.read(4)
            cluster.pace.skip(20.0)
