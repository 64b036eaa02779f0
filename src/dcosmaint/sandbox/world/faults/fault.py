"""What a named fault is. It knows nothing of how the tool reaches the World: in process, or over real wires."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dcosmaint.sandbox.world.world import World

Strike = Callable[["World", Random], str]
Mend = Callable[["World"], None]


def over(_world: World) -> None:
    """Nothing is left to mend: it passes by itself."""


@dataclass(frozen=True)
class Fault:
    name: str
    does: str  # for people
    rate: float  # the share of random rolls that it is let loose on; 0: by its name only
    strike: Strike  # makes it so; returns whom it struck, "" while there is nobody that it could
    mend: Mend = over  # what people do about all that it did
    again: float = 45.0  # seconds until it looks again, where it found nobody to strike

    def happen(self, world: World, random: Random) -> str:
        """Strike once, and write it into the log. Returns whom it struck, or ""."""
        if whom := self.strike(world, random):
            world.note("fault", name=self.name, whom=whom)
            world.faults.happened[self.name] += 1
        return whom
