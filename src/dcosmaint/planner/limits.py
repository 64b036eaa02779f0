"""Every policy, one function each: why this node may not start now, or None.

They are asked in order and the first refusal counts, so the order is what an operator reads: first what concerns the
whole roll, then what concerns the node, last what concerns the members and apps on it.
"""

from __future__ import annotations

from dcosmaint import safety
from dcosmaint.model import HEALTHY, UNUSED, Node, Refusal, Roll, Work, counted
from dcosmaint.planner.apps import moves_out, takes
from dcosmaint.planner.case import Case, Limit, moving, no
from dcosmaint.planner.deadline import deadline
from dcosmaint.planner.frameworks import waited
from dcosmaint.planner.line import LINE
from dcosmaint.planner.places import homeless
from dcosmaint.planner.rules import of_node
from dcosmaint.safety import Away, over_cap, thin


def paused(case: Case, node: Node) -> Refusal | None:
    why = case.progress.paused
    return no("paused", node, why, final=True) if why else None


def prepared(case: Case, node: Node) -> Refusal | None:
    if case.roll.images and "swap-image" not in case.progress.prepared:
        return no("image", node, "the new AMI is not in Terraform yet")
    return None


def allowance(case: Case, node: Node) -> Refusal | None:
    stopped, allowed = case.progress.stopped, case.roll.policy.max_failures
    canary = len(case.progress.ended) < case.roll.policy.canary
    if stopped and (canary or len(stopped) > allowed):
        named = ", ".join(flight.node.address for flight in stopped)
        says = f"{named} did not end well" + ("" if canary else f", and at most {allowed} may")
        return no("allowance", node, says, final=True)
    return None


def barrier(case: Case, node: Node) -> Refusal | None:
    return no("barrier", node, "the batch before it is not whole yet") if case.flying else None


def soak(case: Case, node: Node) -> Refusal | None:
    """After a canary the cluster gets time to show what the new image does to it."""
    ended = case.progress.ended
    if not ended or not _was_canary(case):
        return None
    until = ended[-1].at + case.roll.policy.soak
    return no("soak", node, f"soaking after {ended[-1].address}", until=until) if case.inventory.at < until else None


def _was_canary(case: Case) -> bool:
    ended = case.progress.ended
    first_with_members = ended[-1].members > 0 and not any(e.members for e in ended[:-1])
    return len(ended) <= case.roll.policy.canary or first_with_members


def canary(case: Case, node: Node) -> Refusal | None:
    """The first nodes go alone, and so does the first that carries members (R11)."""
    alone = (*case.flying, *case.chosen)
    if alone and len(case.progress.ended) < case.roll.policy.canary:
        return no("canary", node, "the canary goes alone")
    proved = any(ended.members for ended in case.progress.ended)
    carriers = [n for n in (*case.chosen, *(f.node for f in case.flying)) if n.members]
    if alone and not proved and (node.members or carriers):
        return no("canary", node, "the first node that carries members goes alone")
    return None


def batch_size(case: Case, node: Node) -> Refusal | None:
    size = case.roll.policy.batch_size
    return no("size", node, f"a batch has {counted(size, 'node')}") if len(case.chosen) >= size else None


def in_flight(case: Case, node: Node) -> Refusal | None:
    limit = case.roll.policy.max_in_flight
    full = len(case.progress.flights) + len(case.chosen) >= limit
    return no("size", node, f"at most {counted(limit, 'node')} may be in flight") if full else None


def rules(case: Case, node: Node) -> Refusal | None:
    """What blocked a plan may also come true while the roll goes on: all of it is told at once (R13)."""
    found = tuple(of_node(case.roll, case.mended, node, steered=case.progress.steered))
    says = "; ".join(f"{finding.subject}: {finding.message}{finding.risk}" for finding in found)
    return no(found[0].rule, node, says) if found else None


def one_public(case: Case, node: Node) -> Refusal | None:
    """Public agents are the way in for users: one at a time."""
    if node.agent and node.agent.public and any(other in _public(case) for other in case.away):
        return no("public", node, "another public agent is in flight")
    return None


def _public(case: Case) -> frozenset[str]:
    nodes = (*(flight.node for flight in case.progress.flights.values()), *case.chosen)
    return frozenset(n.agent_id for n in nodes if n.agent and n.agent.public)


def balancers(case: Case, node: Node) -> Refusal | None:
    """Never all healthy targets of a load balancer at once."""
    if not node.instance.balancers:
        return None
    away = {n.address for n in (*(flight.node for flight in case.progress.flights.values()), *case.chosen)}
    others = [each for other in case.inventory.nodes if other.address in away for each in other.instance.balancers]
    for mine in node.instance.balancers:
        going = {each.target for each in others if each.balancer == mine.balancer and each.state == HEALTHY}
        if going and mine.state != UNUSED and len(going) >= mine.others:
            says = f"{mine.balancer.name} has no other healthy target than {', '.join(sorted(going))}, in flight"
            return no("last-target", node, says)
    return None


def plans(case: Case, node: Node) -> Refusal | None:
    """A service that deploys, or recovers for another reason than our own replaces, is left alone."""
    ours = {member.service for member in case.progress.held}
    for service in case.inventory.services:
        carried = service.name in {m.service for m in moving(node, case.roll.policy)}
        concerned = carried or service.name in node.schedulers
        busy = service.deploy != "COMPLETE" or (service.recovery != "COMPLETE" and service.name not in ours)
        if concerned and busy:
            says = f"{service.name}: deploy plan {service.deploy}, recovery plan {service.recovery}"
            return no("plan-incomplete", node, says)
    return None


def scheduler(case: Case, node: Node) -> Refusal | None:
    """A scheduler that dies in the middle of a replace of its own service leaves its outcome unread for minutes."""
    if busy := {member.service for member in case.gone} & set(node.schedulers):
        return no("scheduler", node, f"the scheduler of {', '.join(sorted(busy))} runs here, and its members move")
    carried = {member.service for member in node.members}
    for service in case.inventory.services:
        if service.name in carried and service.scheduler_agent and service.scheduler_agent in case.away:
            return no("scheduler", node, f"the scheduler of {service.name} is on a node in flight")
    return None


def unplaced(case: Case, node: Node) -> Refusal | None:
    """R2: a member that is down, and whose scheduler does not say where, may be on any node, also on this one."""
    ignores = case.roll.policy.ignores
    pods = (pod for service in case.inventory.services for pod in service.pods)
    lost = sorted(pod.member for pod in pods if not pod.agent_id and not ignores(pod.member.service))
    return no("unplaced", node, f"nobody says where {lost[0]} is: it may be here") if lost else None


def arriving(case: Case, node: Node) -> Refusal | None:
    """R4: a member that came here from a node in flight is not moved on before it is whole."""
    here = sorted(case.progress.held.intersection(node.members))
    return no("arriving", node, f"{', '.join(map(str, here))} is not whole yet after its move here") if here else None


def caps(case: Case, node: Node) -> Refusal | None:
    """R1."""
    gone = case.gone | case.takes(node)
    for service in case.inventory.services:
        concerned = any(member.service == service.name for member in node.members)
        if concerned and (says := over_cap(service, gone, case.roll.policy.cap(service.name))):
            return no("cap", node, says)
    return None


def together(case: Case, node: Node) -> Refusal | None:
    """Roles that a service can't do without at the same time: seeds, masters, journal and name nodes."""
    gone = case.gone | case.takes(node)
    carried = {member.service for member in node.members}
    clashes = (safety.together(service, gone) for service in case.inventory.services if service.name in carried)
    says = next(filter(None, clashes), "")
    return no("together", node, says) if says else None


def data(case: Case, node: Node) -> Refusal | None:
    """R14: data before caps."""
    away = Away(case.takes(node), case.held, case.lost)
    for service in case.inventory.services:
        baseline, also = case.roll.baseline.get(service.name, ()), case.progress.also(service.name)
        if worst := next(thin(service, away, baseline, case.roll.policy, also), None):
            return no("data", node, f"{service.name}: {worst}")
    return None


def apps(case: Case, node: Node) -> Refusal | None:
    """Never all instances of one app of two or more, but where they leave one by one for agents that stay."""
    leaving = case.away | {node.agent_id}
    stay = [agent for agent in case.inventory.agents if agent.id not in leaving]
    for app in case.inventory.apps:
        going = app.instances > 1 and app.on and not any(agent not in leaving for agent in app.on)
        if not going or case.roll.policy.accepts("app-down", app.id) or moves_out(case.roll, app, stay):
            continue
        if app.id in node.apps:
            return no("apps", node, f"every running instance of {app.id} is on nodes in flight")
        if node.agent and takes(node.agent, app):
            return no("apps", node, f"every running instance of {app.id} leaves a node in flight, and may come here")
    return None


def places(case: Case, node: Node) -> Refusal | None:
    """R6: somewhere must be able to take each member, beside those that look for a place already."""
    without = homeless(case, node)
    return no("no-place", node, f"no other agent can take {', '.join(map(str, without))}") if without else None


OURS = frozenset({"paused", "deadline", "allowance", "image", "barrier", "size", "canary", "soak"})
"""The rules that only the journal lifts, or a moment that is known: whatever becomes of the cluster, they stand."""

_ORDER: tuple[Limit, ...] = (
    paused,  # the operator said stop: nothing else matters
    deadline,  # or said when
    allowance,  # something went wrong that a person should look at
    prepared,  # nothing may start before the AMI that it starts with is known
)
_NODE: tuple[Limit, ...] = (
    canary,  # before size: a batch of ten is no canary
    soak,
    one_public,  # before rules, to which the other one of two would be the last that serves
    balancers,  # before rules for the same reason
    rules,  # what the plan would refuse now
    waited,  # after rules: what is refused for good need not wait
    plans,
    scheduler,
    unplaced,
    arriving,
    caps,
    together,  # after caps, which most services are held by
    data,  # after caps, so that a refusal names the simpler reason first
    apps,
    places,  # last: the dearest to work out
)
OF_ALL: dict[str, tuple[Limit, ...]] = {"batch": (*_ORDER, *LINE, barrier), "window": (*_ORDER, *LINE)}
"""Those about the roll as a whole. They refuse every node or none, whoever is chosen, so they are asked once."""

OF_EACH: dict[str, tuple[Limit, ...]] = {"batch": (batch_size, *_NODE), "window": (in_flight, *_NODE)}


def of_all(roll: Roll) -> tuple[Limit, ...]:
    """Bringing a drained node back takes nothing away from anybody."""
    return _ORDER if roll.work is Work.UNDRAIN else OF_ALL[roll.policy.strategy]


def of_each(roll: Roll) -> tuple[Limit, ...]:
    return () if roll.work is Work.UNDRAIN else OF_EACH[roll.policy.strategy]
