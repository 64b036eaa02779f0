"""Whom or what an accepted risk names: of the cluster as it is, and, of a roll that has begun, as it was then.

A risk of nobody's would be taken by nobody, in silence. What a new node may differ in is not there yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from dcosmaint.errors import Usage
from dcosmaint.model import Inventory, Roll, some
from dcosmaint.planner.line import AGENT_LEFT, SERVICE_DEGRADED

OF_SERVICE = ("no-proof", "service-unsupported", SERVICE_DEGRADED)
OF_NODE = ("foreign-window", AGENT_LEFT)


def check(risks: Sequence[str], inventory: Inventory, begun: Roll | None = None) -> None:
    """Raises `Usage` for those whose subject there is not, all at once. Risks that name none, or a difference, pass."""
    if wrong := [says for risk in risks for says in _nobody(risk, inventory, begun)]:
        raise Usage("; ".join(wrong))


def _nobody(risk: str, inventory: Inventory, begun: Roll | None) -> Iterator[str]:
    rule, _, subject = risk.partition("=")
    if not subject or rule == "differs":
        return
    there = sorted({*_there(rule, inventory), *(_then(rule, begun) if begun else ())})
    if subject not in there and not _hidden(rule, subject, inventory):
        near = get_close_matches(subject, there, n=3)
        hint = f"Did you mean {' or '.join(near)}?" if near else f"There are: {some(there) or 'none'}"
        yield f"--accept {risk}: {rule} knows none of that name. {hint}"


def _there(rule: str, inventory: Inventory) -> Iterator[str]:
    if rule == "app-down":
        yield from (app.id for app in inventory.apps)
    if rule == "terraform-exposed":
        yield from inventory.images
    if rule == "broker-idle":
        yield from (str(member) for service in inventory.services for member in service.members)
    if rule in OF_NODE:
        yield from (name for node in inventory.nodes for name in node.names)
        yield from (agent.id for agent in inventory.agents)
    if rule in (*OF_SERVICE, "data-loss"):
        yield from (service.name for service in inventory.services)
    if rule in ("data-loss", "under-replicated"):
        yield from (
            f"{service.name}/{each.topic}" for service in inventory.services for each in service.partitions or ()
        )


def _then(rule: str, begun: Roll) -> Iterator[str]:
    """What the roll found, and may be away now."""
    if rule == "app-down":
        yield from begun.running
    if rule == AGENT_LEFT:
        yield from begun.serving
    if rule in (*OF_SERVICE, "data-loss"):
        yield from begun.baseline
    if rule in ("data-loss", "under-replicated"):
        yield from (f"{service}/{each.topic}" for service, topics in begun.baseline.items() for each in topics)


def _hidden(rule: str, subject: str, inventory: Inventory) -> bool:
    """Whether it may be a topic that can't be read now."""
    unread = (service.name for service in inventory.services if service.partitions is None)
    return rule in ("data-loss", "under-replicated") and subject.rpartition("/")[0] in unread
