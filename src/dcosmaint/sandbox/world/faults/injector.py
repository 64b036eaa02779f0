"""Faults let loose on a World at moments of a seed's choosing, and mended as people would."""

from __future__ import annotations

from functools import partial
from random import Random
from typing import TYPE_CHECKING

from dcosmaint.sandbox.world.faults.fault import Fault
from dcosmaint.sandbox.world.faults.table import FAULTS

if TYPE_CHECKING:
    from dcosmaint.sandbox.world.world import World

PATIENCE = 3600.0
"""Seconds after which a fault that finds nobody to strike gives up."""


class Injector:
    def __init__(self, world: World, seed: int) -> None:
        self._world = world
        self._random = Random(seed)
        self._off = False

    def let_loose(self, fault: Fault, seconds: float) -> None:
        """It strikes that many seconds from now, or as soon afterwards as there is somebody that it can strike."""
        self._world.at(seconds, partial(self._try, fault, self._world.now + seconds + PATIENCE))

    def _try(self, fault: Fault, until: float) -> None:
        world = self._world
        if not (self._off or world.now > until or fault.happen(world, self._random)):
            world.at(fault.again, partial(self._try, fault, until))

    def call_off(self) -> None:
        """Nothing strikes any more, and people mend what did."""
        self._off = True
        self._world.faults.wire.clear()
        for fault in FAULTS.values():
            if self._world.faults.happened[fault.name]:
                fault.mend(self._world)
