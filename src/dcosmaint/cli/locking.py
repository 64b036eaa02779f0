"""The locks of one cluster (R9): this machine's, always taken first, then the one that all machines see."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import click

from dcosmaint.adapters.holder import Holder
from dcosmaint.adapters.lock import LocalLock, holder
from dcosmaint.adapters.processes import Process
from dcosmaint.adapters.shared_lock import SharedLease, SharedLock
from dcosmaint.cli import owners
from dcosmaint.cli.at_work import LEAVING, AtWork
from dcosmaint.cli.cluster import Agreed, Claim, who
from dcosmaint.cli.exits import untouched
from dcosmaint.cli.signals import unwinding
from dcosmaint.errors import DcosmaintError, Fatal, Locked, Retryable, Usage
from dcosmaint.ports import Lease
from dcosmaint.redaction import redacted
from dcosmaint.shelf import Shelf, Unfit

WATCHED = "note: its heartbeat is watched for most of a minute before the lock is taken away"


@dataclass(frozen=True)
class Both(Lease):
    local: Lease
    shared: Lease

    def check(self) -> None:
        self.local.check()
        self.shared.check()

    def confirm(self) -> None:
        self.local.confirm()
        self.shared.confirm()


@dataclass(frozen=True)
class Locks:
    folder: Path
    cluster: str
    shared: Callable[[], AbstractContextManager[SharedLock | None]]
    leaving: float = LEAVING  # seconds that a process of ours has to leave

    @contextmanager
    def hold(self, claim: Claim) -> Iterator[Lease]:
        """Both, for a roll. Raises `Locked`. The shared one stays where the roll has left nodes in flight.

        Who is told to leave while it takes them, plans or asks, gives them back, unless they were left before.
        """
        us = replace(self._us(claim.roll), reason=redacted(claim.reason))
        with unwinding(), LocalLock.take(self.folder, self.cluster, us) as local, self.shared() as shared:
            if shared is None:
                yield local
                return
            with _before_anything(self.cluster):
                lease = self._taken(shared, us, claim)
            try:
                yield Both(local, lease)
            finally:  # in this order: what breaks it off here leaves the lock in its place
                if claim.left():
                    lease.keep()
                else:
                    _give_back(lease)

    def said(self) -> str:
        """Who has the cluster now; "" when nobody does. Raises what reading the shared lock raises."""
        if found := holder(self.folder, self.cluster):
            return str(found)
        with self.shared() as shared:
            left = shared.holder() if shared else None
        if left and owners.ended(left):
            helps = {True: ": `dcosmaint resume` takes it over", False: ": `dcosmaint unlock` takes it away", None: ""}
            return f"{left.by}, whose process {left.pid} has ended and left its lock behind{helps[self._to_end(left)]}"
        return str(left or "")

    def at_work(self, roll_id: str) -> AtWork | None:
        """The process on this machine that works on this roll. A folder that machines share may name another's."""
        found = holder(self.folder, self.cluster)
        ours = found and found.roll == roll_id and found.machine == self._us("").machine
        return AtWork(found, self.leaving) if found and ours else None

    def free(self, agreed: Agreed) -> Holder | None:
        """Take the shared lock away from whoever has it, if `agreed`. Returns who that was.

        Raises `Locked` when a process on this machine is at work: the local lock proves that none is.
        """
        with LocalLock.take(self.folder, self.cluster, self._us("none: unlock")), self.shared() as shared:
            with _before_anything(self.cluster):
                found = shared.holder() if shared else None
                if shared is None or found is None:
                    return None
                owners.unharmed(found)
                if not agreed(found, shared.watched):
                    return None
                _warn(shared)
                shared.remove(found)
            return found

    def _taken(self, shared: SharedLock, us: Holder, claim: Claim) -> SharedLease:
        """Also from whoever holds it for this very roll, if that is agreed: a roll with nodes in flight has left it."""
        found = shared.holder()
        if found and found.roll == claim.roll:
            owners.unharmed(found)
            if claim.agreed(found, shared.watched):
                _warn(shared)
                return shared.take_over(found, us)
        if found and owners.ended(found):
            raise self._left_behind(found)
        return shared.take(us)

    def _left_behind(self, found: Holder) -> Locked:
        """By a process that nobody has to wait for."""
        helps = {
            True: f"`dcosmaint resume {found.roll}` goes on with that roll, `dcosmaint abort {found.roll}` ends it",
            False: "No journal here tells of anything that its roll has left: `dcosmaint unlock` takes the lock away",
            None: f"Its journal is not fit to go on with: `dcosmaint status {found.roll}` says why",
        }
        return Locked(
            f"The lock of the cluster {self.cluster} was left behind by {found}; that process ran on this machine, and"
            f" has ended. Nothing was touched. {helps[self._to_end(found)]}"
        )

    def _to_end(self, found: Holder) -> bool | None:
        """Whether a resume would have something to do; None where its journal does not tell."""
        try:
            return Shelf(self.folder, self.cluster).to_end(found.roll)
        except Unfit:
            return None

    def _us(self, roll_id: str) -> Holder:
        return Holder(who(), os.getpid(), roll_id, time.time(), Process.now(os.getpid()).born)


def _warn(shared: SharedLock) -> None:
    if shared.watched:
        click.echo(WATCHED, err=True)


@contextmanager
def _before_anything(cluster: str) -> Iterator[None]:
    """A lock that can't be had is no roll that was stopped: nothing was touched yet."""
    try:
        yield
    except Retryable as error:
        raise untouched(error, cluster) from error
    except Fatal as error:
        raise Usage(str(error)) from error


def _give_back(lease: SharedLease) -> None:
    """It does nothing where the lock was left on purpose. What we came for is done: a lock that stays is only said."""
    try:
        lease.release()
    except DcosmaintError as error:
        click.echo(f"note: the lock could not be given back: {error}. `dcosmaint unlock` takes it away", err=True)
