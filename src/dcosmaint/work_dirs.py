"""Nodes whose agent's work dir may outlive their instance: asked before a roll begins, and again before each starts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from dcosmaint.errors import NodeFailed, Retryable
from dcosmaint.model import Finding, Inventory, Node, Roll
from dcosmaint.planner.work_dirs import unasked, unknown
from dcosmaint.ports import UnitReads


def told(roll: Roll, inventory: Inventory, instances: Collection[str], units: UnitReads) -> Inventory:
    """With what the nodes on these instances say of their work dirs, and a blocker on each that can't be asked."""
    nodes: list[Node] = []
    silent: list[Finding] = []
    for node in inventory.nodes:
        known = node
        if node.instance.id in instances and unasked(roll, node):
            try:
                known = replace(node, work_dir_apart=units.work_dir(node.instance).apart)
            except (Retryable, NodeFailed) as error:
                silent.append(unknown(node, error))
        nodes.append(known)
    return replace(inventory, nodes=tuple(nodes), blockers=(*inventory.blockers, *silent))
