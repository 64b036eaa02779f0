"""What a node is measured by once it is back, read before it starts: its agent's flags, and its health."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dcosmaint import planner, work_dirs
from dcosmaint.errors import NodeFailed, Retryable
from dcosmaint.model import RENEWING, Admission, App, Finding, Flight, Inventory, Node, Progress, Roll, Work
from dcosmaint.planner.case import leaves, slots
from dcosmaint.planner.work_dirs import RULE, unasked
from dcosmaint.site import Site
from dcosmaint.steps.differences import compared

UNREAD = 5
"""So many nodes of one survey may be passed over because nobody knows their health, and so many because nobody can
tell where their work dirs are. With more it is not the nodes."""


@dataclass(frozen=True)
class Baselines:
    inventory: Inventory  # with a finding on each node that could start now, but for what can't be read of it
    flights: dict[str, Flight]  # by address: nodes that could start now, with what they are measured by
    answer: Admission  # about that inventory


def gather(site: Site, roll: Roll, inventory: Inventory, progress: Progress) -> Baselines:
    """Those of all nodes that the planner would let start, and of others in the place of those that can't be read.

    Raises `Retryable` or `NodeFailed` when too many can't be read, or one that would start whatever is found of it.
    """
    flights: dict[str, Flight] = {}
    unread: set[str] = set()
    while True:
        inventory, answer = _admitted(site, roll, inventory, progress)
        found: list[Finding] = []
        for node in (node for node in answer.start if node.address not in flights):
            try:
                flights[node.address] = _flight(site, roll, inventory, progress, node)
            except (Retryable, NodeFailed) as error:
                if node.address in unread or len(unread) == UNREAD:
                    raise
                unread.add(node.address)
                found.append(_unknown(node, error))
        if not found:
            return Baselines(inventory, flights, answer)
        inventory = replace(inventory, blockers=(*inventory.blockers, *found))


def _admitted(site: Site, roll: Roll, inventory: Inventory, progress: Progress) -> tuple[Inventory, Admission]:
    """The planner's answer, once each node that it lets start has told where its work dir is."""
    while True:
        answer = planner.admit(roll, inventory, progress)
        ask = [node.instance.id for node in answer.start if unasked(roll, node)]
        if not ask:
            return inventory, answer
        inventory = work_dirs.told(roll, inventory, ask, site.units)
        silent = [finding for finding in inventory.blockers if finding.rule == RULE]
        if len(silent) > UNREAD:
            raise Retryable(f"{silent[-1].subject}: {silent[-1].message}")


def _flight(site: Site, roll: Roll, inventory: Inventory, progress: Progress, node: Node) -> Flight:
    counts = {app.id: _ran(app, progress) for app in inventory.apps if app.id in node.apps}
    flags = compared(site.mesos.flags(node.agent_id)) if node.agent else {}
    measured = node.agent and roll.work in RENEWING  # one that is drained owes nobody its health
    red = site.health.red(node.private_ip) if measured else ()
    left = leaves(node, roll.policy)
    holds = tuple(member for member in slots(roll, node) if member not in left)
    balancers = roll.left.get(node.instance.id, ()) if roll.work is Work.UNDRAIN else node.instance.balancers
    return Flight(node, holds, left, counts=counts, flags=flags, red=red, balancers=balancers)


def _ran(app: App, progress: Progress) -> int:
    """Instances that serve, with those that wait for a node in flight: whoever is back last waits for all of them."""
    return max(len(app.on), *(f.counts.get(app.id, 0) for f in progress.flights.values() if not f.stopped), 0)


def _unknown(node: Node, error: Retryable | NodeFailed) -> Finding:
    message = f"its new node is to be measured by its health, and that can't be read: {error}. See to it, or exclude it"
    return Finding("health-unknown", node.address, message)
