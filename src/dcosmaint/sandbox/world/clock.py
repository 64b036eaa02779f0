"""Time that passes only when it is told to, and what is due at some moment of it."""

from __future__ import annotations

import heapq
from collections.abc import Callable

EPOCH = 1_700_000_000.0
"""When a pretend cluster begins unless it is told another time: seconds since the epoch."""


class Clock:
    def __init__(self, began: float = EPOCH) -> None:
        self.now = self.began = began
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._count = 0

    def after(self, seconds: float, effect: Callable[[], None]) -> None:
        """Let something come true later. Effects of one moment happen in the order in which they were asked for."""
        self._count += 1
        heapq.heappush(self._due, (self.now + seconds, self._count, effect))

    def advance(self, to: float) -> None:
        due = self._due
        while due and due[0][0] <= to:
            at, _, effect = heapq.heappop(due)
            self.now = max(self.now, at)
            effect()
        self.now = max(self.now, to)
