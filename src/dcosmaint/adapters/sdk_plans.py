"""Plans of a scheduler: how far each is, and whom the recovery has brought back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.answers import Answer
from dcosmaint.adapters.bodies import Body

COMPLETE = "COMPLETE"


@dataclass(frozen=True)
class Plan:
    """`status` is the SDK's word. `done` are pods all of whose steps are COMPLETE, sorted."""

    status: str
    done: tuple[str, ...] = ()


def read(router: AdminRouter, path: str) -> Plan:
    """COMPLETE only where the HTTP status, the body and an empty list of errors all say so.

    200 means complete, 202 that it is under way, 417 that it has errors: all three bring the plan.
    """
    answer = router.get(path, 200, 202, 404, 417)
    return Plan("MISSING") if answer.status == 404 else Plan(_status(answer), _done(answer.json()))


def _status(answer: Answer) -> str:
    body = answer.json()
    word = body.text("status").upper()
    if answer.status == 417 or body.list_or_none("errors"):
        return "ERROR"
    if answer.status == 202 and word == COMPLETE:  # its status is read before its phases, so the two can disagree
        return "IN_PROGRESS"
    return word


def _done(body: Body) -> tuple[str, ...]:
    steps = [*_steps(body)]
    open_ones = {pod for pod, status in steps if status != COMPLETE}
    return tuple(sorted({pod for pod, _ in steps} - open_ones))


def _steps(body: Body) -> Iterator[tuple[str, str]]:
    """Phases may be the service's own, as for an HDFS; a step is named by its pod and its tasks: `name-0:[node]`."""
    for phase in body.list_or_none("phases"):
        for step in phase.list_or_none("steps"):
            yield step.text_or("", "name").partition(":")[0], step.text_or("", "status").upper()
