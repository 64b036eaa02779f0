"""What a call costs on the way to a World: a moment of time, and now and then its answer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from random import Random
from threading import RLock
from typing import Any, TypeVar

from dcosmaint.errors import LoginLost, Retryable
from dcosmaint.sandbox.world import Rejected, World
from dcosmaint.sandbox.world.faults.wire import DCOS, WIRE, Wire

T = TypeVar("T")

SILENCE = "did not answer in time"
UNHARMED = Wire()


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

    @abstractmethod
    def linger(self, seconds: float) -> None:
        """Let a call take that much longer, where time is ours to spend."""

    def read(self, port: str, work: Callable[[], T]) -> T:
        with self._alone:
            self._pass()
            wire = self._befallen(port)
            if wire is not UNHARMED:
                self.linger(wire.seconds)
            if wire.says or self._drops():
                raise Retryable(f"{port} {wire.says or SILENCE}")
            return _translated(port, work)

    def act(self, port: str, work: Callable[[], None]) -> None:
        """A call may be lost on its way, or only its answer on the way back: the caller can't tell."""
        with self._alone:
            self._pass()
            wire = self._befallen(port, f"{port} acts")
            before = bool(wire.says and not wire.arrives) or self._drops()
            if not before:
                _translated(port, work)
            self.linger(wire.seconds)
            if before or wire.says or self._drops():
                raise Retryable(f"{port} {wire.says or SILENCE}")

    def _befallen(self, port: str, acts: str = "") -> Wire:
        """What befalls this call. Raises `LoginLost` where our login is refused."""
        faults = self.world.faults
        if faults.login_expired and port in DCOS:
            raise LoginLost(f"token expired or refused: {port} answers 401; log in anew")
        if not faults.api and not faults.wire:
            return UNHARMED
        if left := faults.api.get(port, 0):
            faults.api[port] = left - 1
            return Wire(SILENCE)
        waiting = faults.wire.get(acts) or faults.wire.get(port)
        if not waiting:
            return UNHARMED
        name = waiting.pop(0)
        faults.calls[name] += 1
        return WIRE[name]


class Stepped(Passage):
    """Virtual time: each call takes a moment of it, so that a survey is no snapshot here either."""

    def __init__(self, world: World, seed: int, *, slow: bool, failures: float) -> None:
        super().__init__(world, nullcontext())
        self._random = Random(seed)
        self._slow = slow
        self._failures = failures

    def _pass(self) -> None:
        if self._slow:
            clock, shape = self.world.clock, self.world.shape
            clock.advance(clock.now + self._random.uniform(*shape.call) * shape.drag)

    def linger(self, seconds: float) -> None:
        if seconds:
            self.world.advance(self.world.now + seconds)

    def _drops(self) -> bool:
        return self._failures > 0 and self._random.random() < self._failures


class Paced(Passage):
    """Somebody else's time, a real one perhaps, and calls from many threads."""

    def __init__(self, world: World, now: Callable[[], float]) -> None:
        super().__init__(world, RLock())
        self._now = now

    def _pass(self) -> None:
        self.world.advance(self._now())

    def linger(self, seconds: float) -> None:
        """Nobody here may make the time of others pass."""


def _translated(port: str, work: Callable[[], T]) -> T:
    try:
        return work()
    except Rejected as error:
        raise Retryable(f"{port} answers {error.status}: {error}") from error
