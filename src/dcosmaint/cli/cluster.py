"""What a command works on: one cluster, bound once, with all that differs between a real one and a pretend one."""

from __future__ import annotations

import getpass
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from dcosmaint.adapters.holder import Holder
from dcosmaint.checkup import Patient, nobody
from dcosmaint.cli.at_work import AtWork
from dcosmaint.forecast import USUAL
from dcosmaint.hands import Hands, Signal
from dcosmaint.model import Policy
from dcosmaint.ports import Lease
from dcosmaint.sandbox.world import Shape
from dcosmaint.shelf import Shelf
from dcosmaint.site import Site

Agreed = Callable[[Holder, bool], bool]
"""Whether the lock is to be taken away from this holder, who may be watched for a sign of life first."""


def nothing_to_free(agreed: Agreed) -> None:
    return None


def nobody_else(holder: Holder, watched: bool) -> bool:
    """The lock is taken away from no one."""
    return False


@dataclass(frozen=True)
class Claim:
    """What the lock of a cluster is taken for."""

    roll: str  # its id
    reason: str
    left: Callable[[], bool]  # whether it stays behind: asked at the end, and when taking it is broken off
    agreed: Agreed = nobody_else  # whether one that this very roll has left is taken over


def nobody_at_work(roll_id: str) -> AtWork | None:
    return None


def no_tally() -> Sequence[str]:
    return ()


class Working(Hands, Protocol):
    """Hands that an operator can interrupt, and that let go of their threads at the end."""

    def interrupt(self, signal: Signal) -> None: ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class Cluster:
    name: str
    shelf: Shelf
    connect: Callable[[Path], AbstractContextManager[Site]]  # the folder is for what a roll's programs leave
    hands: Callable[[], Working]
    policy: Callable[[int], Policy]  # of a fleet of so many nodes
    lock: Callable[[Claim], AbstractContextManager[Lease]]  # raises `Locked`
    holder: Callable[[], str] = nobody  # who holds the lock now: user, process, roll; "" when nobody does
    at_work: Callable[[str], AtWork | None] = nobody_at_work  # the process on this machine that works on this roll
    free: Callable[[Agreed], Holder | None] = nothing_to_free  # take the shared lock away; returns from whom
    exclude: tuple[str, ...] = ()
    ami_files: Mapping[str, str] = field(default_factory=dict)  # group → the file that names its AMI
    notices: tuple[str, ...] = ()  # said aloud at every start
    assumed: Shape = USUAL  # how long things take there, for a rehearsal
    factor: float = 1.0  # how much faster than ours its time runs; 1 but for a pretend one
    tally: Callable[[], Sequence[str]] = no_tally  # what a pretend cluster says at the end of a roll
    checks: Callable[[Path], AbstractContextManager[Patient]] | None = None  # None: there is no more than its site

    @contextmanager
    def examine(self, work: Path) -> Iterator[Patient]:
        """The cluster for a checkup. `work` is a folder in one that is thrown away, and need not be there."""
        if self.checks:
            with self.checks(work) as patient:
                yield replace(patient, policy=self.policy)
        else:
            with self.connect(work) as site:
                yield Patient(site, policy=self.policy)


class Clusters(Protocol):
    """Finds clusters by name. `main` hands the real one to the commands, a test its own."""

    def open(self, config: Path | None, name: str | None) -> Cluster:
        """Raises `Usage` for a configuration that is wrong, and for a name that it does not have."""
        ...


def who() -> str:
    """Who works here, as journals and locks name them."""
    return f"{getpass.getuser()}@{socket.gethostname()}"
