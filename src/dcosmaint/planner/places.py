"""R6: is there somewhere for a member to go? Counted as the SDK would: one pod of a type an agent, and room."""

from __future__ import annotations

from collections.abc import Iterable

from dcosmaint.model import RENEWING, Agent, Inventory, Member, Node, Resources
from dcosmaint.model.kinds import UNKNOWN, kind_of
from dcosmaint.planner.case import Case


def homeless(case: Case, node: Node) -> tuple[Member, ...]:
    """Members of `node`, and of those chosen before it, that no agent could take beside those on their way already.

    And of those on their way whoever could go nowhere but to `node` itself. Where members are replaced last, they come
    to a new node that is like their own.
    """
    if case.roll.manner.last and case.roll.work in RENEWING:
        return ()
    ours = [m for leaves in (*case.chosen, node) for m in leaves.members if not case.roll.policy.ignores(m.service)]
    left = _left_over(case, [*_unplaced(case), *ours], case.away | {node.agent_id})
    others = [member for member in left if member not in ours]
    anyway = _left_over(case, others, case.away) if others else []
    return tuple(member for member in left if member not in anyway)


def eligible(
    inventory: Inventory, member: Member, away: Iterable[str], steered: Iterable[str] = ()
) -> tuple[Agent, ...]:
    """Agents that may get the member: they have none of its sort, and take offers, or would but for our steering."""
    away, steered, sort = set(away), set(steered), sort_of(inventory, member)
    pods = (pod for service in inventory.services if service.name == member.service for pod in service.pods)
    taken = {pod.agent_id for pod in pods if not pod.marked and sort_of(inventory, pod.member) == sort}
    return tuple(a for a in inventory.agents if _takes(a, steered) and a.id not in away and a.id not in taken)


def sort_of(inventory: Inventory, member: Member) -> tuple[str, str]:
    """Its service and the type of its pod: the SDK puts no two of a sort on one agent."""
    kinds = (kind_of(service) for service in inventory.services if service.name == member.service)
    return member.service, next(kinds, UNKNOWN).type(member.pod)


def _takes(agent: Agent, steered: set[str]) -> bool:
    if agent.public or agent.draining:
        return False
    return agent.id in steered or (agent.active and not agent.deactivated)


def _unplaced(case: Case) -> list[Member]:
    """Members that are on their way, or that nodes in flight still have to move: one of a service after the other."""
    ignores, held = case.roll.policy.ignores, case.progress.held
    pods = (pod for service in case.inventory.services if not ignores(service.name) for pod in service.pods)
    waiting = (p for p in pods if p.agent_id in case.away or (p.member in held and (p.marked or not p.agent_id)))
    return sorted(pod.member for pod in waiting)


def _left_over(case: Case, moving: Iterable[Member], away: Iterable[str]) -> list[Member]:
    """Give each member the first agent that can take it. What is left over has no place."""
    inventory, steered = case.inventory, case.progress.steered
    needs = {pod.member: pod.needs for service in inventory.services for pod in service.pods}
    room = {agent.id: agent.free for agent in inventory.agents}
    given: set[tuple[str, tuple[str, str]]] = set()
    left = []
    for member in dict.fromkeys(moving):
        need = needs.get(member, Resources())
        sort = sort_of(inventory, member)
        agents = (a.id for a in eligible(inventory, member, away, steered))
        place = next((a for a in agents if (a, sort) not in given and room[a].covers(need)), None)
        if place is None:
            left.append(member)
        else:
            given.add((place, sort))
            room[place] -= need
    return left
