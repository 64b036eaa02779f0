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

FORSAKEN = 7200.0
"""Seconds after which it ends by itself unless somebody has asked for it: its process does nothing any more."""


class Follower:
    """What fails in a round fails in silence: whoever asks for the outcome sees for itself."""

    def __init__(self, work: Callable[[], bool], name: str) -> None:
        """`work` does one round and returns whether there was news."""
        self._work = work
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

    def end(self) -> None:
        """No round is under way when this returns, and none follows."""
        self._over.set()
        with self._alone:
            pass

    def _run(self) -> None:
        took = 0.0
        while not self._over.wait(max(self._pause(), 2 * took)):  # who answers slowly is not asked all the time
            began = time.monotonic()
            if began - self._asked > FORSAKEN:
                return
            with self._alone:
                self._try()
            took = time.monotonic() - began

    def _pause(self) -> float:
        return QUICK if time.monotonic() - self._news < WARM else SLOW

    def _try(self) -> None:
        try:
            if not self._over.is_set() and self._work():
                self._news = time.monotonic()
        except DcosmaintError:
            self._news = time.monotonic()
