"""Faults let loose on a World at moments of a seed's choosing, and mended as people would."""

from __future__ import annotations

from functools import partial
from random import Random
from typing import TYPE_CHECKING

from dcosmaint.sandbox.world.faults.fault import Fault
from dcosmaint.sandbox.world.faults.table import FAULTS

if TYPE_CHECKING:
    from dcosmaint.sandbox.world.world import World

AGAIN, TRIES = 45.0, 60
"""Seconds until a fault that found nobody to strike looks again, and how often it looks."""


class Injector:
    def __init__(self, world: World, seed: int) -> None:
        self._world = world
        self._random = Random(seed)
        self._off = False

    def let_loose(self, fault: Fault, seconds: float) -> None:
        """It strikes that many seconds from now, or as soon afterwards as there is somebody that it can strike."""
        self._world.at(seconds, partial(self._try, fault, TRIES))

    def _try(self, fault: Fault, tries: int) -> None:
        if self._off or not tries or fault.happen(self._world, self._random):
            return
        self._world.at(AGAIN, partial(self._try, fault, tries - 1))

    def call_off(self) -> None:
        """Nothing strikes any more, and people mend what did."""
        self._off = True
        self._world.faults.wire.clear()
        for fault in FAULTS.values():
            if self._world.faults.happened[fault.name]:
                fault.mend(self._world)
