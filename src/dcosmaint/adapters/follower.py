"""Work that is done again and again beside the steps: a thread of its own, with an end."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event, RLock, Thread

from dcosmaint.errors import DcosmaintError

QUICK, SLOW = 0.1, 1.0
"""Seconds between two rounds. Mesos offers each second what became free: a round a second loses that race half of the
time, one in a tenth of a second does not."""

WARM = 120.0
"""Seconds after the last news in which more of it is likely."""

ASLEEP = 30.0
"""Seconds that a pause may take longer than it should. This machine slept then: the lock may be somebody else's by now,
and only steps look at it, before they have anything followed again."""

FORSAKEN = 7200.0
"""Seconds after which it ends by itself unless somebody has asked for it: its process does nothing any more."""


class Follower:
    """What fails in a round fails in silence: whoever asks for the outcome sees for itself."""

    def __init__(self, work: Callable[[], bool], name: str, wall: Callable[[], float] = time.time) -> None:
        """`work` does one round and returns whether there was news. `wall` is a clock that goes on in a sleep."""
        self._work, self._wall = work, wall
        self._over = Event()
        self._alone = RLock()
        self._asked = self._news = time.monotonic()
        self._thread = Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def round(self) -> None:
        """One at once. Raises what it fails with."""
        with self._alone:
            if not self._over.is_set():
                self._work()
            self._news = time.monotonic()

    def alive(self) -> bool:
        """Asked by whoever relies on it."""
        self._asked = time.monotonic()
        return self._thread.is_alive() and not self._over.is_set()

    def stop(self) -> None:
        """No round follows, but for one that is under way."""
        self._over.set()

    def end(self) -> None:
        """No round is under way when this returns, and none follows."""
        self.stop()
        with self._alone:
            pass

    def _run(self) -> None:
        pause = QUICK
        while self._rested(pause):
            began = time.monotonic()
            if began - self._asked > FORSAKEN:
                return
            with self._alone:
                answered = self._try()
            quick = answered and began - self._news < WARM
            took = time.monotonic() - began
            pause = max(QUICK if quick else SLOW, 2 * took)  # nobody is overrun who answers slowly, or not at all

    def _rested(self, pause: float) -> bool:
        """False where it has ended meanwhile, or this machine has slept."""
        began = self._wall()
        return not self._over.wait(pause) and self._wall() - began < pause + ASLEEP

    def _try(self) -> bool:
        """Whether it was answered."""
        try:
            if not self._over.is_set() and self._work():
                self._news = time.monotonic()
        except DcosmaintError:
            return False
        return True
