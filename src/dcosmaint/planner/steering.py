"""R8: steering cordons. While a replace of ours is unplaced, outdated nodes take nothing new: work moves once."""

from __future__ import annotations

from collections.abc import Iterator

from dcosmaint.model import Manner, Member, Node, Work
from dcosmaint.planner.case import Case, slots
from dcosmaint.planner.places import eligible, sort_of


def steer(case: Case) -> tuple[str, ...]:
    """The agents that should be under a steering cordon now, and no others."""
    displaced = sorted(_displaced(case))
    if not displaced or case.roll.work not in (Work.ROLL, Work.ROLLBACK) or not _steers(case.roll.manner):
        return ()
    wanted: list[str] = []
    for node in _outdated(case):
        if _room_without(case, displaced, {*wanted, node.agent_id}):
            wanted.append(node.agent_id)
    return tuple(wanted)


def _steers(manner: Manner) -> bool:
    """Where members are replaced last, a new node stands there to take them."""
    return manner.airtight and not manner.last


def steady(case: Case) -> bool:
    """No member looks for a place, and nobody is under a cordon of ours: nothing is to be steered."""
    return not case.progress.steered and not any(_displaced(case))


def _displaced(case: Case) -> Iterator[Member]:
    """Members that look for a place, or are about to: placed ones that are still re-syncing need no steering."""
    pods = {pod.member: pod for service in case.inventory.services for pod in service.pods}
    homes = {flight.node.agent_id for flight in case.flying}
    for flight in case.flying:
        yield from (m for m in flight.holds if m in pods and (pods[m].marked or pods[m].agent_id in homes))
    for node in case.chosen:
        yield from (member for member in slots(case.roll, node) if not case.roll.policy.ignores(member.service))


def _outdated(case: Case) -> Iterator[Node]:
    """Targets whose turn is still to come. One on which a pod is down stays free: cordoned, it can't restart it.

    Where a scheduler does not say which node that is (none of the brokers generation does), every node stays free.
    """
    begun = {flight.node.instance.id for flight in case.progress.flights.values()}
    ended = {e.instance_id for e in case.progress.ended}
    down = {p.agent_id for service in case.inventory.services for p in service.pods if not p.running and not p.marked}
    waiting = set(case.roll.targets) - begun - ended
    for node in case.inventory.nodes:
        agent = node.agent
        if agent is None or node in case.chosen or down & {agent.id, ""}:
            continue
        foreign = agent.deactivated and agent.id not in case.progress.steered
        if node.instance.id in waiting and not foreign and not agent.public:
            yield node


def _room_without(case: Case, displaced: list[Member], cordoned: set[str]) -> bool:
    """What is displaced, and one node more, still finds room."""
    sorts = {sort_of(case.inventory, member): member for member in displaced}
    for sort, member in sorts.items():
        places = eligible(case.inventory, member, case.away | cordoned, case.progress.steered)
        if len(places) < sum(sort_of(case.inventory, other) == sort for other in displaced) + 1:
            return False
    return True
