"""What a call costs on the way to a World: a moment of time, and now and then its answer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from random import Random
from threading import RLock
from typing import Any, TypeVar

from dcosmaint.errors import Retryable
from dcosmaint.sandbox.world import Rejected, World

T = TypeVar("T")


class Passage(ABC):
    """The one way from a port to the World."""

    def __init__(self, world: World, alone: AbstractContextManager[Any]) -> None:
        self.world = world
        self._alone = alone

    @abstractmethod
    def _pass(self) -> None:
        """Let the time pass that this call takes."""

    def _drops(self) -> bool:
        """Whether this call, or its answer, gets lost."""
        return False

    def read(self, port: str, work: Callable[[], T]) -> T:
        with self._alone:
            self._pass()
            if self._unlucky(port) or self._drops():
                raise Retryable(f"{port} did not answer in time")
            return _translated(port, work)

    def act(self, port: str, work: Callable[[], None]) -> None:
        """A call may be lost on its way, or only its answer on the way back: the caller can't tell."""
        with self._alone:
            self._pass()
            before = self._unlucky(port) or self._drops()
            if not before:
                _translated(port, work)
            if before or self._drops():
                raise Retryable(f"{port} did not answer in time")

    def _unlucky(self, port: str) -> bool:
        left = self.world.faults.api.get(port, 0)
        if left:
            self.world.faults.api[port] = left - 1
        return left > 0


class Stepped(Passage):
    """Virtual time: each call takes 0.01 to 0.5 s of it, so that a survey is no snapshot here either."""

    def __init__(self, world: World, seed: int, *, slow: bool, failures: float) -> None:
        super().__init__(world, nullcontext())
        self._random = Random(seed)
        self._slow = slow
        self._failures = failures

    def _pass(self) -> None:
        if self._slow:
            self.world.advance(self.world.now + self._random.uniform(0.01, 0.5))

    def _drops(self) -> bool:
        return self._failures > 0 and self._random.random() < self._failures


class Paced(Passage):
    """Somebody else's time, a real one perhaps, and calls from many threads."""

    def __init__(self, world: World, now: Callable[[], float]) -> None:
        super().__init__(world, RLock())
        self._now = now

    def _pass(self) -> None:
        self.world.advance(self._now())


def _translated(port: str, work: Callable[[], T]) -> T:
    try:
        return work()
    except Rejected as error:
        raise Retryable(f"{port} answers {error.status}: {error}") from error
