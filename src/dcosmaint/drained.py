"""What an earlier roll left a node as, by the journals here: out of which load balancers, under whose cordon, and why.

AWS does not remember what an instance was taken out of: it looks like one that never was behind anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from dcosmaint.model import Finding, Inventory, Node, Progress, Registration, Roll, Work, marks
from dcosmaint.shelf import Shelf

Registrations = tuple[Registration, ...]


def left_so(shelf: Shelf, node: Node) -> str:
    """Whose work it is that a node takes no work, in their own words; "" where no roll that is known here did it."""
    roll = shelf.cordoned_by(node)
    if roll is None:
        return ""
    return f"left so by {roll.work} {roll.id} of {roll.by or 'somebody'}{f': {roll.reason}' if roll.reason else ''}"


def way_back(shelf: Shelf, node: Node) -> str:
    """Whose work it is that a node takes no work, and the commands that end that; "" where no roll known here did it.

    What is in flight only its own roll ends: an undrain of it is refused.
    """
    for journal in shelf.left():
        flights, roll = journal.progress.flights.values(), journal.roll
        if node.agent_id in journal.progress.steered or any(f.node.instance.id == node.instance.id for f in flights):
            whose = f"in flight of {roll.work} {roll.id} of {roll.by or 'somebody'}"
            return f"{whose}: `dcosmaint resume {roll.id}` goes on with it, `dcosmaint abort {roll.id}` ends it"
    left = left_so(shelf, node)
    return f"{left}; `dcosmaint undrain {node.private_ip}` brings it back" if left else ""


def told(shelf: Shelf, inventory: Inventory, findings: Iterable[Finding]) -> Iterator[Finding]:
    """The same findings; one about a node that takes no work says who left it so, and what brings it back."""
    by = {node.address: node for node in inventory.nodes}
    for finding in findings:
        also = ""
        if finding.rule in ("no-agent", "foreign-cordon"):
            way = way_back(shelf, by[finding.subject])
            also = f" ({way})" if way else ""
        elif finding.rule == "last-public":
            also = "".join(_public_too(shelf, node) for node in inventory.nodes if node.address != finding.subject)
        yield replace(finding, message=f"{finding.message}{also}")


def _public_too(shelf: Shelf, node: Node) -> str:
    """What would bring a public agent back that takes no work, or ""."""
    shut = node.agent is not None and (node.agent.deactivated or node.agent.draining)
    way = way_back(shelf, node) or (f"`dcos node reactivate {node.agent_id}` if that is over" if shut else "")
    return f", or bring {node.address} back ({way})" if way and _public(shelf, node) else ""


def _public(shelf: Shelf, node: Node) -> bool:
    """Whether its agent is a public one; of one that Mesos does not list, the journals here say whether it was."""
    if node.agent:
        return node.agent.public
    last = shelf.newest(lambda roll, progress: _was_public(progress, node) is not None)
    return bool(last and _was_public(last.progress, node))


def _was_public(progress: Progress, node: Node) -> bool | None:
    """None where a roll has not to do with the node."""
    flown = {flight.node.instance.id: flight.public for flight in progress.flights.values()}
    return {**{ended.instance_id: ended.public for ended in progress.ended}, **flown}.get(node.instance.id)


def drained_from(shelf: Shelf, roll: Roll) -> Mapping[str, Registrations]:
    """By instance id, for the targets of an undrain; those that no journal here tells of are left out."""
    targets = roll.targets if roll.work is Work.UNDRAIN else ()
    return {target: found for target in targets if (found := _newest(shelf, target))}


def lifted_by(shelf: Shelf, roll: Roll, inventory: Inventory) -> tuple[str, ...]:
    """Earlier rolls whose mark may be on the targets of an undrain: they are known here, so theirs is ours to lift.

    A mark that is there counts, whichever instance it was made for: it may have come with a work dir or an address.
    """
    if roll.work is not Work.UNDRAIN:
        return ()
    earlier = (each.id for target in roll.targets for each in shelf.of(target) if each.manner.marked)
    agents = (node.agent for node in inventory.nodes if node.agent and node.instance.id in roll.targets)
    there = (mark for agent in agents for mark in marks(agent, inventory.windows, shelf.ids()))
    return tuple(dict.fromkeys((*earlier, *there)))


def silent(shelf: Shelf, roll: Roll, nodes: Sequence[Node]) -> tuple[str, ...]:
    """Targets of an undrain whose agent fell silent under a cordon of ours: it comes back under that."""
    unlisted = [node.instance.id for node in nodes if node.agent is None and node.instance.id in roll.targets]
    return tuple(target for target in unlisted if roll.work is Work.UNDRAIN and _kept(shelf, target))


def _kept(shelf: Shelf, instance: str) -> bool:
    """Of the newest roll that had to do with it."""
    journal = shelf.newest(lambda roll, progress: instance in roll.targets and roll.work is not Work.UNDRAIN)
    flights = journal.progress.flights.values() if journal else ()
    return any(flight.node.instance.id == instance and flight.keeps_cordon for flight in flights)


def _newest(shelf: Shelf, instance: str) -> Registrations:
    journal = shelf.newest(lambda roll, progress: _told(roll, progress, instance) is not None)
    return (_told(journal.roll, journal.progress, instance) or ()) if journal else ()


def _told(roll: Roll, progress: Progress, instance: str) -> Registrations | None:
    """What a roll took it out of, () where the roll brought it back, None where it tells nothing."""
    flights = [flight for flight in progress.flights.values() if flight.node.instance.id == instance]
    if flights:
        return flights[0].balancers or None
    ended = [ended for ended in progress.ended if ended.instance_id == instance]
    if not ended:
        return None
    return () if roll.work is Work.UNDRAIN else ended[0].balancers or None
