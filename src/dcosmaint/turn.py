"""Where one pipeline stands: the steps that are left, the look that goes on, and since when it waits for what."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import count

from dcosmaint.model import Waiting
from dcosmaint.ports import Step

SHORT, LONG = 5.0, 30.0
"""Seconds between two looks: short at first, later a tenth of what the goal has taken so far, at most LONG.

A re-sync of hours makes progress all the time, and each look at it has a scheduler ask Kafka for every topic.
"""

NOTHING = Waiting("its first look", patience=float("inf"))


class Turn:
    def __init__(self, steps: Iterable[Step], now: float) -> None:
        self._steps = deque(steps)
        self._running: Iterator[Waiting]
        self._tries: int  # failures in a row
        self.waiting: Waiting  # what stands now
        self._heard: Waiting  # what the step said when it last had an answer
        self.since: float  # since when, without the time of the other kind
        self._last: float  # when anything was said last
        self._aimed: float  # when the goal was first heard of
        self._begin(now)

    @property
    def over(self) -> bool:
        return not self._steps

    @property
    def step(self) -> str:
        return self._steps[0].name

    def look(self) -> Waiting | None:
        """Advance the step to its next `Waiting`; None when its gate holds."""
        return next(self._running, None)

    def hear(self, waiting: Waiting, now: float) -> bool:
        """Take in what a look brought. True when it is news: a change of goal or of what is left is progress.

        A call that failed in between is none, and the time that it took is not held against what is waited for.
        """
        if waiting.goal != self._heard.goal:
            self._aimed = now
        if waiting != self._heard:
            self._heard, self._waited, self._erred = waiting, 0.0, 0.0
        elif self._tries:
            self._erred += now - self._last
        else:
            self._waited += now - self._last
        self._tries, self._last = 0, now
        return self._wait(waiting, now - self._waited)

    def retry(self, why: str, patience: float, now: float) -> bool:
        """Begin the step again, as a resume does. True when the reason is news.

        Time without an answer adds up until there is progress, so errors that come and go don't go on for ever.
        """
        self._running = self._steps[0].run()
        self._erred += now - self._last
        self._tries, self._last = self._tries + 1, now
        return self._wait(Waiting("an answer", why, patience), now - self._erred)

    def end_step(self, now: float) -> str:
        """The gate holds: go to the next step. Returns the name of the one that ended."""
        name = self._steps.popleft().name
        self._begin(now)
        return name

    def impatient(self, now: float) -> bool:
        return now - self.since > self.waiting.patience

    def be_patient(self, now: float) -> None:
        """Start the patience anew: time has passed in which nobody could look."""
        self._waited = self._erred = 0.0  # seconds without progress, with answers and without
        self.since = self._last = now

    def pause(self, now: float) -> float:
        """Seconds until the next look. An error that comes again doubles it."""
        waited = now - (self.since if self._tries else self._aimed)
        return min(LONG, max(SHORT * 2.0 ** max(0, self._tries - 1), waited / 10))

    def _begin(self, now: float) -> None:
        self._running = self._steps[0].run() if self._steps else iter(())
        self._tries = 0
        self.waiting = self._heard = NOTHING
        self.be_patient(now)

    def _wait(self, waiting: Waiting, since: float) -> bool:
        news = (waiting, waiting.why) != (self.waiting, self.waiting.why)
        self.waiting, self.since = waiting, since
        return news


class Agenda:
    """When to look at which pipeline again. Equal times keep the order in which they were put."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, str]] = []
        self._puts = count()

    def put(self, at: float, key: str) -> None:
        heapq.heappush(self._heap, (at, next(self._puts), key))

    def due(self, now: float) -> Iterator[str]:
        while self._heap and self._heap[0][0] <= now:
            yield heapq.heappop(self._heap)[2]

    def next(self, latest: float) -> float:
        """When something is due, `latest` at the latest."""
        return min([latest, *(at for at, _, _ in self._heap[:1])])
