"""A roll that was left with nodes in flight: nothing else begins before it has ended.

What it holds comes back with it, and is judged as if it were back: that it is away is no reason to give up data.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import replace

from dcosmaint.journal import Journal
from dcosmaint.model import Finding, Inventory, Member, Service
from dcosmaint.planner.case import Case
from dcosmaint.planner.rules import AWAY, IN_FLIGHT
from dcosmaint.shelf import Shelf


def told(shelf: Shelf, inventory: Inventory) -> Inventory:
    """With a blocker on each such roll, and on each member that it has away."""
    for journal in shelf.left():
        inventory = _told(journal, inventory)
    return inventory


def _told(journal: Journal, inventory: Inventory) -> Inventory:
    case, held = Case(journal.roll, inventory, journal.progress), journal.progress.held
    services = tuple(_recovered(service, case.lost, held) for service in case.mended.services)
    standing = _standing(journal, sorted(case.lost & held))
    return replace(inventory, services=services, blockers=(*inventory.blockers, *standing))


def _recovered(service: Service, lost: Set[Member], held: Set[Member]) -> Service:
    """A recovery that has nobody but our own to wait for ends with the roll."""
    waits = {member for member in lost if member.service == service.name}
    return replace(service, recovery="COMPLETE") if waits and waits <= held else service


def _standing(journal: Journal, away: Sequence[Member]) -> Iterator[Finding]:
    roll = journal.roll
    who, flights = roll.by or "somebody", ", ".join(journal.progress.flights) or "cordons"
    ends = f"`dcosmaint resume {roll.id}` unless it runs, or `dcosmaint abort {roll.id}`, ends it first"
    yield Finding(IN_FLIGHT, f"{roll.work} {roll.id}", f"of {who} has {flights} in flight: {ends}")
    for member in away:
        back = f"comes back with that: `dcosmaint resume {roll.id}` unless it runs"
        yield Finding(AWAY, str(member), f"is away now, in flight of {roll.work} {roll.id}, and {back}")
