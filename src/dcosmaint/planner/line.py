"""Stop the line: when something breaks that this roll has not touched, nobody starts until somebody has looked.

It may be the new image, the roll itself by a way that nobody thought of, or chance. What is in flight goes to its end.
"""

from __future__ import annotations

from collections.abc import Iterator

from dcosmaint.model import Member, Node, Refusal, Work, some
from dcosmaint.planner.case import Case, Limit, no

AGENT_LEFT, TASKS_LOST, SERVICE_DEGRADED = "agent-left", "tasks-lost", "service-degraded"
RULES = (AGENT_LEFT, TASKS_LOST, SERVICE_DEGRADED)
"""As an operator accepts them. Lost tasks are counted over all apps: they are accepted as a whole, or not at all."""


def agent_left(case: Case, node: Node) -> Refusal | None:
    """Agents that served when the roll began, or that it has brought back itself, and do not now."""
    roll = case.roll
    there = case.serving | {flight.node.address for flight in case.progress.flights.values()}
    if roll.work is Work.DRAIN:  # what it has ended is away because it was asked for
        there |= {ended.address for ended in case.progress.ended}
    gone = [name for name in roll.serving if name not in there and not roll.policy.accepts(AGENT_LEFT, name)]
    says = (
        f"{some(gone)} served when the roll began, and no agent serves there now: bring it back, or, where it is gone"
        f" for good, `--accept {AGENT_LEFT}=NODE`"
    )
    return no(AGENT_LEFT, node, says) if gone else None


def tasks_lost(case: Case, node: Node) -> Refusal | None:
    """Tasks that ran when the roll began and are away now, of apps that have nothing on the nodes in flight."""
    ours = {app for flight in case.progress.flights.values() for app in flight.counts}
    before = {app: count for app, count in case.roll.running.items() if app not in ours}
    short = {
        app.id: away
        for app in case.inventory.apps
        if app.id in before and (away := min(before[app.id], app.instances) - len(app.on)) > 0
    }
    lost, total, share = sum(short.values()), sum(before.values()), case.roll.policy.max_tasks_lost
    if lost <= share * total or case.roll.policy.accepts(TASKS_LOST):
        return None
    named = some([f"{app} {count}" for app, count in short.items()])
    return no(TASKS_LOST, node, f"{lost} of {total} tasks elsewhere are lost, more than {share:.0%}: {named}")


def service_degraded(case: Case, node: Node) -> Refusal | None:
    """Members that are lost, and that no node in flight has moved or carries."""
    accepts = case.roll.policy.accepts
    strange = sorted({m for m in _lost(case) if not accepts(SERVICE_DEGRADED, m.service)} - set(_ours(case)))
    says = f"not in sync any more, and not by a node in flight: {some([str(member) for member in strange])}"
    return no(SERVICE_DEGRADED, node, says) if strange else None


def _lost(case: Case) -> Iterator[Member]:
    """Of a service whose topics could not be read when the roll began, nobody knows who was in sync then."""
    for service in case.inventory.services:
        known = bool(case.roll.baseline.get(service.name)) or service.asked
        for pod in service.pods:
            lost = pod.member in case.lost if known else not pod.running or pod.marked
            if lost and not case.roll.policy.ignores(service.name):
                yield pod.member


def _ours(case: Case) -> Iterator[Member]:
    yield from case.progress.held
    for flight in case.progress.flights.values():
        yield from (*flight.asked, *flight.node.members)
    for service in case.inventory.services:
        yield from (pod.member for pod in service.pods if pod.agent_id in case.away)


LINE: tuple[Limit, ...] = (agent_left, tasks_lost, service_degraded)
