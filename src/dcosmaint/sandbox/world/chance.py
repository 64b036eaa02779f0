"""Everything that is left to chance, ids among it, from one seed."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar
from uuid import UUID

from dcosmaint.sandbox.world.shape import Range

T = TypeVar("T")


class Chance:
    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def within(self, low_high: Range) -> float:
        return self._random.uniform(*low_high)

    def one(self, things: Sequence[T]) -> T:
        return things[self._random.randrange(len(things))]

    def happens(self, probability: float) -> bool:
        return self._random.random() < probability

    def uuid(self) -> str:
        return str(UUID(int=self._random.getrandbits(128), version=4))

    def instance_id(self) -> str:
        return f"i-0{self._random.getrandbits(64):016x}"

    def volume_id(self) -> str:
        return f"vol-0{self._random.getrandbits(64):016x}"

    def ami_id(self) -> str:
        return f"ami-0{self._random.getrandbits(64):016x}"
