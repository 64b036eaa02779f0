"""Failures that were ordered by number: `faults.api["ec2"] = 2` fails the next two calls."""

from __future__ import annotations

from dcosmaint.sandbox.world import World


def due(world: World, what: str) -> bool:
    """Whether one of them is due now. It counts as happened."""
    left = world.faults.api.get(what, 0)
    if left:
        world.faults.api[what] = left - 1
    return left > 0
