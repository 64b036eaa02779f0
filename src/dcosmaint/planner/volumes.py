"""Data of anybody but services that we know how to move, whether or not a task uses it now.

Mesos keeps a volume for as long as its agent lives.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set

from dcosmaint.model import Data, Finding, Inventory, Node, Roll
from dcosmaint.model.kinds import kind_of


def data(roll: Roll, inventory: Inventory, node: Node) -> Iterator[Finding]:
    """A rule of the roll's: whatever it does, that data would be lost, or waited for."""
    wanted = frozenset(name for name, moves in roll.policy.moves.items() if moves == "auto")
    return resident(inventory, node, wanted)


def resident(inventory: Inventory, node: Node, moved: Set[str] = frozenset()) -> Iterator[Finding]:
    """One finding for each role and its owners. `moved` are services that are moved because their operator says so.

    A service with members here is judged by its own rules. What a replaced broker left behind is missed by nobody: its
    scheduler destroys it as soon as it is offered it. Where a broker may be on any node, no node starts anyway.
    """
    judged = {service.name for service in inventory.services if service.name in moved or not kind_of(service).doubt}
    judged |= {member.service for member in node.members}
    kept: dict[tuple[str, tuple[str, ...]], list[Data]] = {}
    for one in node.data:
        if not one.owners or not judged.issuperset(one.owners):
            kept.setdefault((one.volume.role, one.owners), []).append(one)
    for (role, owners), found in kept.items():
        yield Finding("resident-data", node.address, _says(role, owners, [one.volume.id for one in found]))


def _says(role: str, owners: Sequence[str], ids: Sequence[str]) -> str:
    whose = " or ".join(owners) or "a framework that Mesos does not know"
    where = f"in persistent volumes of role {role}, which no other node has ({', '.join(ids)})"
    return f"is where {whose} keeps data, {where}: move it and destroy the volumes, or exclude the node"
