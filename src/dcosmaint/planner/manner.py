"""How the nodes of a roll are emptied, from what the operator wishes and what the cluster can do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from dcosmaint.model import (
    DEACTIVATE,
    HEED_WINDOWS,
    MARK_GONE,
    REFINE,
    RENEWING,
    Finding,
    Inventory,
    Manner,
    Progress,
    Roll,
    Work,
    some,
)
from dcosmaint.planner.case import Case
from dcosmaint.planner.places import homeless


def manner(roll: Roll, inventory: Inventory) -> Manner:
    """What is ordered counts; else members move first wherever they don't come back to the node that they leave."""
    wish, facts = roll.policy, inventory.facts
    able = Manner("deactivate" if facts.can(DEACTIVATE) else "none", marks_gone=facts.can(MARK_GONE))
    chosen = able if wish.cordon == "auto" else replace(able, cordon=wish.cordon)
    if wish.order != "auto":
        return replace(chosen, order=wish.order)
    if not chosen.empties:
        because = f"{_leak(chosen, inventory)}, so a replaced member could be placed on the node that it came from"
        return replace(chosen, order="replace-last", because=because)
    if cramped := _cramped(roll, inventory):
        because = f"no other agent has a place for a member of {', '.join(cramped)} while its own node is away"
        return replace(chosen, order="replace-last", because=because)
    return chosen


def unfit(roll: Roll, inventory: Inventory) -> Iterator[Finding]:
    """What was ordered and can't be done on this cluster, or would harm it."""
    chosen, mesos = roll.manner, inventory.facts.named("Mesos")
    if chosen.airtight and not inventory.facts.can(DEACTIVATE):
        message = f"has no DEACTIVATE_AGENT ({DEACTIVATE.origin}, DC/OS 2.0): write `cordon: auto`"
        yield Finding("no-deactivate", mesos, message)
    if not chosen.empties and not chosen.last:
        says = "would have members replaced while they can be placed on the node that they leave: write `order: auto`"
        yield Finding("leaky-cordon", f"cordon {chosen.cordon} with order {chosen.order}", says)
    if not chosen.airtight and roll.policy.stop_order == "docker-first":
        says = "would stop docker under an agent that still takes work, a black hole for every app: write `auto`"
        yield Finding("black-hole", "stop_order docker-first", f"with cordon {chosen.cordon} {says}")


def best_effort(roll: Roll, inventory: Inventory) -> Iterator[Finding]:
    """What its operator should know of a cordon that is not airtight."""
    if roll.work is Work.UNDRAIN:
        return
    if roll.manner.cordon == "maintenance":
        message = (
            f"keeps only those away who look at maintenance windows: Marathon from {HEED_WINDOWS.release} on (DC/OS"
            f" 1.12; this is {inventory.facts.named('Marathon')}), no SDK service; the schedule is written as a whole,"
            " so our user has to be allowed to see every machine in it"
        )
        yield Finding("best-effort", "cordon maintenance", message)
    if roll.manner.cordon == "reserve":
        again = "" if roll.manner.last else "; a broker that falls back is replaced once more when its node is down"
        message = (
            "is best effort: what is free of a node is set apart for role dcosmaint, ten times a second, and whoever"
            f" is quicker is placed there{again}{_unrefined(roll, inventory)}"
        )
        yield Finding("best-effort", "cordon reserve", message)


def _unrefined(roll: Roll, inventory: Inventory) -> str:
    aimed = [node for node in inventory.nodes if node.instance.id in roll.targets]
    public = [node.address for node in aimed if node.agent and node.agent.public]
    if not public or inventory.facts.can(REFINE):
        return ""
    since = f"that came with {REFINE.origin}, and this is {inventory.facts.named('Mesos')}"
    return f"; it keeps nobody off public agents ({some(public)}): what they have reserved can't be set apart, {since}"


def _leak(chosen: Manner, inventory: Inventory) -> str:
    if chosen.cordon == "maintenance":
        return "no SDK service looks at maintenance windows"
    if inventory.facts.can(DEACTIVATE):
        return "nothing cordons the nodes"
    return f"{inventory.facts.named('Mesos')} has no DEACTIVATE_AGENT ({DEACTIVATE.origin})"


def _cramped(roll: Roll, inventory: Inventory) -> list[str]:
    """Services of which a member finds no other place, although its node alone is away; a new node would be one."""
    if roll.work not in RENEWING:
        return []
    case = Case(roll, inventory, Progress())
    aimed = [node for node in inventory.nodes if node.instance.id in roll.targets]
    return sorted({member.service for node in aimed for member in homeless(case, node)})
