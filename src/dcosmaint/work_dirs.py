"""Nodes whose agent's work dir may outlive their instance: asked before a roll begins, and again before each starts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dcosmaint.errors import NodeFailed, Retryable
from dcosmaint.model import Finding, Node, Roll
from dcosmaint.planner.work_dirs import asked, undecided, unknown
from dcosmaint.ports import UnitReads


def blockers(roll: Roll, nodes: Iterable[Node], units: UnitReads, *, begun: bool) -> Iterator[Finding]:
    """Only where EC2 keeps a volume, and nobody has said what becomes of a work dir, is a node asked at all."""
    for node in nodes:
        if asked(roll, node):
            try:
                seen = units.work_dir(node.instance)
            except (Retryable, NodeFailed) as error:
                yield unknown(node, error, begun=begun)
                continue
            if seen.apart:
                yield undecided(node, begun=begun)
