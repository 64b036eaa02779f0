"""A node is healthy where DC/OS says so of every unit, and unknown otherwise."""

from __future__ import annotations

from typing import Any

import pytest

from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.diagnostics import Diagnostics
from dcosmaint.errors import Retryable
from tests.adapters.dcos.canned import Canned, Reply, page, text

UNITS = "GET system/health/v1/nodes/10.0.1.23/units"


def units(**health: Any) -> dict[str, Any]:
    return {"units": [{"id": f"{name}.service", "health": value, "name": name} for name, value in health.items()]}


def test_units_that_are_not_healthy_are_named(canned: Canned, router: AdminRouter) -> None:
    canned.on(UNITS, units(net=1, mesos=0, gen=3))
    assert Diagnostics(router).red("10.0.1.23") == ("gen.service", "net.service")


def test_a_node_without_red_units_is_healthy(canned: Canned, router: AdminRouter) -> None:
    canned.on(UNITS, units(net=0))
    assert Diagnostics(router).red("10.0.1.23") == ()


@pytest.mark.parametrize(
    "reply",
    [
        Reply({"units": []}),
        Reply({"units": None}),
        Reply("", 204),
        text("Node 10.0.1.23 not found", 404),
        text("Node 10.0.1.23 not found", 400),
        Reply({"error": "x"}, 500),
        page(502),
        Reply(units(net=None)),
        Reply(units(net="0")),
    ],
)
def test_a_node_that_is_not_known_yet_is_asked_again(canned: Canned, router: AdminRouter, reply: Reply) -> None:
    canned.on(UNITS, reply)
    with pytest.raises(Retryable):
        Diagnostics(router).red("10.0.1.23")
