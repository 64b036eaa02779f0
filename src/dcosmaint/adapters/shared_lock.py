"""A lock that all machines see (R9): what its kinds have in common, whatever keeps it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Event, Lock, Thread
from typing import Protocol

from dcosmaint.adapters.holder import Holder
from dcosmaint.errors import DcosmaintError, Interrupted, LeaseLost, LeaseUnread, Locked, Retryable
from dcosmaint.ports import Lease

FRESH = 1.5
"""Seconds for which one reading of the lock is good. Ten nodes that act at once need not read it ten times."""


HANGING = 5.0
"""Seconds that an end waits for a heartbeat that gets no answer."""


class SharedLock(Protocol):
    """One cluster's lock, where it is kept. Every method may raise `Retryable`, `Usage` or `Fatal` as well."""

    @property
    def watched(self) -> bool:
        """Whether a sign of life is waited for before it is taken away, so that nobody who lives is robbed."""
        ...

    def holder(self) -> Holder | None:
        """Who has it now; None when nobody does."""
        ...

    def take(self, us: Holder) -> SharedLease:
        """Raises `Locked` when somebody has it, or was quicker."""
        ...

    def take_over(self, found: Holder, us: Holder) -> SharedLease:
        """Take it in the place of this very holder, who is said to be dead. Raises `Locked` as `take` and `remove` do.

        Whatever breaks it off, a lock that they had is somebody's afterwards: theirs, or ours.
        """
        ...

    def remove(self, found: Holder) -> None:
        """Take it away from this very holder, who is said to be dead. Raises `Locked` when somebody else has it now."""
        ...


@contextmanager
def or_given_back(free: Callable[[], object]) -> Iterator[None]:
    """A lock is being taken: what breaks this off leaves none that nobody knows of. Where it stays, that is said.

    `free` gives it back, if it is ours by now.
    """
    try:
        yield
    except Locked:  # somebody else's
        raise
    except BaseException as error:
        try:
            free()
        except DcosmaintError as stays:
            refused = not isinstance(stays, Retryable) and str(stays) == str(error)
            if not refused:  # the same way as the first write
                raise _stays(error, stays) from error
        raise


def _stays(error: BaseException, why: DcosmaintError) -> DcosmaintError:
    kind = type(error) if isinstance(error, DcosmaintError) else Interrupted
    says = "The lock may be taken by now and could not be given back: `dcosmaint unlock` takes it away"
    return kind(f"{str(error) or 'Interrupted'}. {says} ({why})")


@dataclass(frozen=True)
class Keeper:
    """A lock that we have taken, as its keeper lets us ask for it."""

    lost: Callable[[], str]  # reads it: "" while it is ours, else a sentence; what it raises proves nothing
    free: Callable[[], object]  # gives it back, if it is still ours


class SharedLease(Lease):
    """The `Lease` of whoever took a shared lock. A loss is remembered for ever, a good reading for a moment."""

    def __init__(self, keeper: Keeper, beat: float = 0.0, fresh: float = FRESH) -> None:
        """`beat`: seconds between two readings that a thread of ours makes, where the lock wants a heartbeat."""
        self._keeper, self._fresh = keeper, fresh
        self._lost, self._read = "", time.time()
        self._one = Lock()
        self._over = Event()
        self._heart: Thread | None = None
        if beat:
            self._heart = Thread(target=self._live, args=(beat,), name="lock", daemon=True)
            self._heart.start()

    def check(self) -> None:
        if self._lost:
            raise LeaseLost(self._lost)

    def confirm(self) -> None:
        with self._one:
            self.check()
            if not 0.0 <= time.time() - self._read < self._fresh:  # the wall clock: others stand still in a sleep
                self._asked()

    def _asked(self) -> None:
        """A login that ran out, a right that was taken away, a table that is gone: none of them is a node's failure."""
        try:
            self._look()
        except LeaseLost:
            raise
        except DcosmaintError as error:
            raise LeaseUnread(f"the lock can't be read: {error}") from error

    def _look(self) -> None:
        began = time.time()
        if said := self._keeper.lost():
            self._lost = self._lost or said
        self.check()  # also of an end that did not wait for this answer
        self._read = began

    def _live(self, beat: float) -> None:
        """What fails here fails again in `confirm`, where somebody hears it."""
        while not self._over.wait(beat):
            with self._one, suppress(DcosmaintError):
                self._look()

    def keep(self) -> None:
        """End, and keep the lock: whoever goes on with this roll finds it."""
        self._end()
        self._lost = self._lost or "The lock was left to a resume"

    def _end(self) -> None:
        self._over.set()
        if self._heart:
            self._heart.join(HANGING)
            self._heart = None

    def release(self) -> None:
        """Give the lock back, if it is still ours. Raises what the keeper raises when that can't be done."""
        self._end()
        if not self._lost:
            self._lost = "The lock was given back"
            self._keeper.free()
