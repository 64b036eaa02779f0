"""Real time for a World: it runs by a factor, whether anybody asks or not, and one thread at a time looks at it."""

from __future__ import annotations

from threading import Event, RLock, Thread
from time import monotonic
from types import TracebackType
from typing import Self

from dcosmaint.sandbox.world import World

TICK = 0.05
"""Seconds of our time between two moves of the World when nobody asks."""


class Pace:
    """`with pace as world:` brings the World to now and keeps every other thread out of it until the block ends."""

    def __init__(self, world: World, factor: float = 1.0) -> None:
        """`factor`: seconds of the World for each of ours; 0 lets it stand still but for `skip`."""
        self.factor = factor
        self._world = world
        self._lock = RLock()
        self._begun = monotonic()
        self._origin = world.now
        self._over = Event()
        self._thread: Thread | None = None

    def __enter__(self) -> World:
        self._lock.acquire()
        try:
            self._world.advance(self._due())
        except BaseException:
            self._lock.release()
            raise
        return self._world

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()

    def skip(self, seconds: float) -> None:
        """Let that much of the World's time pass at once."""
        with self._lock:
            self._origin += seconds
            self._world.advance(self._due())

    def start(self) -> Self:
        """Let time pass by itself, until `close`."""
        if self._thread is None:
            self._over.clear()
            self._thread = Thread(target=self._tick, name="pace", daemon=True)
            self._thread.start()
        return self

    def close(self) -> None:
        self._over.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _due(self) -> float:
        return self._origin + (monotonic() - self._begun) * self.factor

    def _tick(self) -> None:
        while not self._over.wait(TICK):
            with self:
                pass
