"""What a pipeline is made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Protocol

from dcosmaint.model import Waiting


class Step(Protocol):
    """One step of a pipeline."""

    name: ClassVar[str]

    def run(self) -> Iterator[Waiting]:
        """Bring the world to what the name promises.

        Each `yield Waiting(goal, left, patience)` says: not yet, for this reason; look again later. It ends when the
        gate holds. It may be begun again at any moment, so it looks before every act, in every round.
        """
        ...
