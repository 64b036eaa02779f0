"""DC/OS' own view of a node's health (dcos-diagnostics)."""

from __future__ import annotations

from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.answers import Answer
from dcosmaint.adapters.bodies import Body
from dcosmaint.errors import Retryable

HEALTHY = 0.0

UNKNOWN = (204, 400, 404)
"""How a node is called unknown: DC/OS 1.11 says 400, "Node 10.0.1.23 not found", later releases say 404."""


class Diagnostics:
    """`HealthReads` of one cluster. It is collected now and then, so a new node appears late."""

    def __init__(self, router: AdminRouter) -> None:
        self._router = router

    def red(self, private_ip: str) -> tuple[str, ...]:
        answer = self._router.get(f"system/health/v1/nodes/{private_ip}/units", 200, *UNKNOWN)
        units = answer.json().list_or_none("units") if answer.status == 200 else ()
        if not units:
            raise Retryable(f"DC/OS diagnostics does not know the node {private_ip} yet ({_reason(answer)})")
        return tuple(sorted(_name(unit) for unit in units if unit.number("health") != HEALTHY))


def _name(unit: Body) -> str:
    return unit.text("id")


def _reason(answer: Answer) -> str:
    return f"{answer.status}: {answer.said}" if answer.status == 400 else str(answer.status)
