"""Hand-made logs of what must never be done to a load balancer: the monitor barks at each, and at nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dcosmaint.sandbox.monitor import Tally, judge
from tests.sandbox.test_monitor import left, node, said


def heard(*lines: dict[str, Any], every: float = 60.0) -> Tally:
    """Node 1 is behind `ingress`. So many seconds lie between two lines."""
    nodes = [{"instance": "i-1", "address": "agent[1]", "agent": "S1", "ami": "ami-1"}]
    behind = {"ingress": ["agent[1]"]}
    first = said("cluster", "time", nodes=nodes, services={}, apps={}, balancers=behind)
    return judge([json.dumps({"at": every * at, **line}) for at, line in enumerate([first, *lines])], {})


def deregister(**facts: Any) -> dict[str, Any]:
    return said(
        "deregister", **{**node(1), "balancer": "ingress", "was": "healthy", "healthy": 1, "strangers": 0, **facts}
    )


def register(by: str = "tool") -> dict[str, Any]:
    return said("register", by, **node(1), balancer="ingress")


NEW = said("agent-registered", "mesos", **node(1), old=False, ami="ami-2")
AWAY = [said("deactivate", **node(1, offers=True)), deregister(), *left(1)]
BAD: dict[str, tuple[list[dict[str, Any]], str]] = {
    "docker stopped under traffic": (
        [said("stop-docker", **node(1), traffic=["ingress"]), deregister(), *left(1)],
        "agent[1] was stopped under traffic of ingress (stop-docker)",
    ),
    "the last healthy target": (
        [deregister(healthy=0), register(), NEW],
        "ingress lost agent[1], its last healthy target",
    ),
    "not joined again": ([*AWAY, said("terminate", **node(1)), NEW], "ingress sends agent[1] no traffic any more"),
}
GOOD: dict[str, list[dict[str, Any]]] = {
    "away and back": [*AWAY, said("terminate", **node(1)), NEW, register()],
    "drained, and not back": AWAY,
    "registered by others once it was down": [
        *AWAY,
        register("operator"),
        said("terminate", **node(1), traffic=["ingress"]),
        NEW,
    ],
    "others keep the traffic": [deregister(healthy=0, strangers=2), *left(1)],
    "it was not healthy itself": [deregister(was="unhealthy", healthy=0), *left(1)],
    "somebody else stopped it": [said("stop-docker", "operator", **node(1), traffic=["ingress"])],
}


@pytest.mark.parametrize("what", BAD)
def test_the_monitor_barks(what: str) -> None:
    lines, says = BAD[what]
    tally = heard(*lines)
    assert [says in breach for breach in tally.breaches] == [True]
    assert tally.cut_off == ("under traffic" in what)


@pytest.mark.parametrize("what", GOOD)
def test_the_monitor_is_quiet(what: str) -> None:
    tally = heard(*GOOD[what])
    assert (tally.breaches, tally.cut_off) == ((), 0)


def test_what_somebody_else_registered_a_moment_ago_is_not_held_against_the_tool() -> None:
    lines = [deregister(), register("operator"), said("stop-docker", **node(1), traffic=["ingress"])]
    assert heard(*lines, every=1.0).breaches == ()
