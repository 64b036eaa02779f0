"""Time and work in one port. The only place below the edges where threads exist."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from enum import Enum
from queue import Empty, SimpleQueue
from threading import RLock
from typing import Any, Protocol

from dcosmaint.errors import DcosmaintError
from dcosmaint.model import Waiting

Outcome = Waiting | DcosmaintError | None
"""What one look brought: not yet, an error that says what may be done, or None when the step's gate holds."""


class Signal(Enum):
    """What the operator said while we worked."""

    STOP = "stop"  # the first Ctrl-C: nothing more starts
    LEAVE = "leave"  # the second
    ANSWERED = "answered"  # a question that stood open: whoever asked it has the answer


@dataclass(frozen=True)
class Result:
    key: str
    outcome: Outcome


class Hands(Protocol):
    alone: AbstractContextManager[Any]

    def now(self) -> float:
        """Seconds since the epoch, on the clock that journals and patience use."""
        ...

    def send(self, key: str, look: Callable[[], Outcome]) -> None:
        """Have one look done. Errors that say what may be done are outcomes; any other exception is a bug."""
        ...

    def next(self, until: float) -> Result | Signal | None:
        """The next outcome, or None when `until` has come."""
        ...

    def lock(self) -> AbstractContextManager[Any]:
        """A new one, re-entrant, for what looks share beside the journal: whoever waits inside keeps no line back."""
        ...


class Clock(Protocol):
    """A time that passes only when it is told to."""

    @property
    def now(self) -> float: ...

    def advance(self, to: float) -> None: ...


class VirtualHands:
    """Work is done at once, in order. Time jumps to the next thing that is due."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._results: deque[Result] = deque()
        self.alone: AbstractContextManager[Any] = nullcontext()

    def now(self) -> float:
        return self._clock.now

    def send(self, key: str, look: Callable[[], Outcome]) -> None:
        self._results.append(Result(key, _outcome(look)))

    def next(self, until: float) -> Result | Signal | None:
        if self._results:
            return self._results.popleft()
        self._clock.advance(max(until, self._clock.now))
        return None

    def lock(self) -> AbstractContextManager[Any]:
        return nullcontext()


class ThreadHands:
    """A pool and a queue. A node that waits holds no thread; Ctrl-C is one more item in the queue."""

    def __init__(self, workers: int, factor: float = 1.0, began: float | None = None) -> None:
        """`factor`: how much faster than the wall clock the cluster's time runs; 1 but for a sandbox.

        `began`: what time it is there now, where that is not the time here.
        """
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="look")
        self._queue: SimpleQueue[Result | Signal | BaseException] = SimpleQueue()
        self._factor = factor
        self._began, self._zero = time.time() if began is None else began, time.monotonic()
        self.alone: AbstractContextManager[Any] = RLock()

    def now(self) -> float:
        return self._began + (time.monotonic() - self._zero) * self._factor

    def send(self, key: str, look: Callable[[], Outcome]) -> None:
        self._pool.submit(self._work, key, look)

    def _work(self, key: str, look: Callable[[], Outcome]) -> None:
        try:
            self._queue.put(Result(key, _outcome(look)))
        except BaseException as error:  # a bug must not vanish with its thread: `next` raises it
            self._queue.put(error)

    def next(self, until: float) -> Result | Signal | None:
        try:
            item = self._queue.get(timeout=max(0.0, (until - self.now()) / self._factor))
        except Empty:
            return None
        if isinstance(item, BaseException):
            raise item
        return item

    def lock(self) -> AbstractContextManager[Any]:
        return RLock()

    def interrupt(self, signal: Signal) -> None:
        """Safe to call from a signal handler."""
        self._queue.put(signal)

    def close(self) -> None:
        """Let go of what has not begun. A look that is under way ends by its own deadlines."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _outcome(look: Callable[[], Outcome]) -> Outcome:
    try:
        return look()
    except DcosmaintError as error:
        return error
