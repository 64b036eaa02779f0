"""The operator API of the served Mesos, and a master that is not ready, in the words of a real one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dcosmaint.sandbox.world import Shape
from tests.sandbox.cluster import Cluster, served


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with served() as cluster:
        yield cluster


ERRORS = {
    "no content type": ({"data": b"{}", "headers": {}}, 400, "Expecting 'Content-Type' to be present"),
    "a charset": (
        {"data": b'{"type":"GET_HEALTH"}', "headers": {"Content-Type": "application/json; charset=utf-8"}},
        415,
        "Expecting 'Content-Type' of application/json or application/x-protobuf",
    ),
    "xml": (
        {"json": {"type": "GET_HEALTH"}, "headers": {"Accept": "text/xml"}},
        406,
        "Expecting 'Accept' to allow 'application/x-protobuf' or 'application/json'",
    ),
    "a list": ({"json": []}, 400, "Failed to convert JSON into Call protobuf: Expecting a JSON object"),
    "no type": ({"json": {"a": 1}}, 400, "Failed to validate master::Call: Expecting 'type' to be present"),
    "an unknown type": (
        {"json": {"type": "NOPE"}},
        400,
        "Failed to validate master::Call: Expecting 'type' to be present",
    ),
    "no member": (
        {"json": {"type": "DEACTIVATE_AGENT"}},
        400,
        "Failed to validate master::Call: Expecting 'deactivate_agent' to be present",
    ),
    "a bare id": (
        {"json": {"type": "DEACTIVATE_AGENT", "deactivate_agent": {"agent_id": "S1"}}},
        400,
        "Failed to convert JSON into Call protobuf: Not expecting a JSON string for field 'agent_id'",
    ),
    "an unknown agent": (
        {"json": {"type": "DEACTIVATE_AGENT", "deactivate_agent": {"agent_id": {"value": "nope-S99"}}}},
        400,
        "Unknown agent",
    ),
    "to reactivate an unknown agent": (
        {"json": {"type": "REACTIVATE_AGENT", "reactivate_agent": {"agent_id": {"value": "nope-S99"}}}},
        400,
        "Agent is not deactivated",
    ),
    "no JSON": (
        {"data": b"", "headers": {"Content-Type": "application/json"}},
        400,
        "Failed to parse body into JSON: syntax error at line 1 near: ",
    ),
}


@pytest.mark.parametrize(("options", "status", "says"), ERRORS.values(), ids=list(ERRORS))
def test_a_bad_call_is_refused_in_the_recorded_words(
    cluster: Cluster, options: dict[str, object], status: int, says: str
) -> None:
    answer = cluster.ask("mesos/api/v1", "POST", **options)
    assert (answer.status_code, answer.text) == (status, says)
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"


def test_the_operator_api_takes_posts_alone(cluster: Cluster) -> None:
    answer = cluster.ask("mesos/api/v1")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert answer.text == "405 Method Not Allowed. Expecting one of { 'POST' }, but received 'GET'."


def test_without_accept_the_answer_is_json(cluster: Cluster) -> None:
    for accept in ("*/*", None):
        answer = cluster.ask("mesos/api/v1", "POST", json={"type": "GET_HEALTH"}, headers={"Accept": accept})
        assert answer.json() == {"type": "GET_HEALTH", "get_health": {"healthy": True}}


def test_mesos_of_dcos_1_11_can_not_deactivate() -> None:
    """It neither knows the call nor writes the field."""
    with served(Shape(profile="1.11")) as cluster:
        agent = {"agent_id": {"value": cluster.agent().id}}
        answer = cluster.call("DEACTIVATE_AGENT", deactivate_agent=agent)
        assert (answer.status_code, answer.text) == (
            400,
            "Failed to validate master::Call: Expecting 'type' to be present",
        )
        ours = cluster.get(f"mesos/slaves?slave_id={cluster.agent().id}")["slaves"][0]
        assert ours["version"] == "1.5.0"
        assert "deactivated" not in ours
        assert "AGENT_DRAINING" not in ours["capabilities"]
        assert "deactivated" not in cluster.call("GET_AGENTS").json()["get_agents"]["agents"][0]


def test_a_starting_master_finds_nothing(cluster: Cluster) -> None:
    for path in ("mesos/master/slaves", "mesos/master/state", "mesos/master/health", "mesos/master/redirect"):
        assert cluster.ask(path).status_code in (200, 307)
    cluster.router.front.trouble.master = "starting"
    for path in ("mesos/master/slaves", "mesos/master/state", "mesos/master/health", "mesos/master/redirect"):
        answer = cluster.ask(path)
        assert (answer.status_code, answer.text) == (404, "404 Not Found.")
    assert cluster.call("GET_AGENTS").status_code == 404
    assert cluster.ask("mesos/metrics/snapshot").status_code == 200


def test_without_a_leader_there_is_no_answer(cluster: Cluster) -> None:
    cluster.router.front.trouble.master = "electing"
    answer = cluster.ask("mesos/master/slaves")
    assert (answer.status_code, answer.text) == (503, "No leader elected")


def test_health_is_a_status_and_redirect_has_no_scheme(cluster: Cluster) -> None:
    assert cluster.ask("mesos/health").content == b""
    answer = cluster.ask("mesos/master/redirect")
    assert (answer.status_code, answer.headers["Location"]) == (307, "//10.0.0.11:5050")
    assert cluster.ask("mesos/master/state.json").status_code == 404
    assert cluster.get("mesos/maintenance/schedule") == {}
    assert cluster.ask("mesos/master/slaves", "POST").status_code == 200
