"""The journals of one cluster, in one folder: where a roll's files are, and which rolls can be gone on with here."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from itertools import takewhile
from pathlib import Path
from typing import Any

from dcosmaint.errors import DcosmaintError, Refused
from dcosmaint.journal import File, Journal, Newer, Sink, mend, read
from dcosmaint.model import Node, Progress, Roll, Work
from dcosmaint.ports import Lease
from dcosmaint.rolls import ENDED, in_flight, loose, unfinished

FIRST = b'{"at": '
"""How a journal begins: of what else stands in one without a whole line nobody knows what it was."""

MEND = (
    "Put back a copy of that file, or mend it. `dcosmaint doctor` and `dcosmaint nodes` show what its roll may have"
    " left; once that is seen to by hand, move the file out of this folder"
)


class Unfit(Refused):
    """A journal in this folder that nobody can go on with: it is damaged, or another cluster's."""

    def __init__(self, roll_id: str, says: str, *, loose: bool, shown: Journal | None = None) -> None:
        """`loose`: whether its roll may have left nodes in flight. `shown`: what can be read of it."""
        super().__init__(says)
        self.roll_id, self.loose, self.shown = roll_id, loose, shown


class Shelf:
    """The journals of one cluster. A roll's id begins with its time, so their order is their age."""

    def __init__(self, folder: Path, cluster: str) -> None:
        self._folder, self._cluster = folder, cluster
        self.passed: dict[str, Unfit] = {}
        """Journals that were passed over so far, by the ids of their rolls."""

    def journal(self, roll_id: str) -> Path:
        return self._folder / f"{roll_id}.jsonl"

    def workspace(self, roll_id: str) -> Path:
        """Where a roll keeps plans, programs' words and host keys."""
        return self._folder / roll_id

    def ids(self) -> tuple[str, ...]:
        """Newest first."""
        return tuple(sorted((path.stem for path in self._folder.glob("*.jsonl")), reverse=True))

    def load(self, roll_id: str) -> Journal:
        """A journal to read: nothing can be appended to it. Raises `Refused` where there is none, or an `Unfit` one."""
        path = self.journal(roll_id)
        if not path.exists():
            known = ", ".join(self.ids()[:3]) or "none"
            raise Refused(
                f"there is no roll {roll_id} in {self._folder} (the newest: {known}). Nothing was touched. One that was"
                " killed before it began has no journal: `dcosmaint unlock` takes away the lock that it left"
            )
        journal = Journal(_Closed(), _Nobody(), lambda: 0.0)
        self._replay(journal, roll_id)
        return journal

    def newest(self, wanted: Callable[[Roll, Progress], bool]) -> Journal | None:
        """Raises `Unfit` at a journal before it whose roll may have left nodes in flight."""
        return next((journal for journal in self._all() if wanted(journal.roll, journal.progress)), None)

    def blank(self) -> tuple[str, ...]:
        """Journals that are younger than every roll that began, and were cut off before their first line was whole."""
        return tuple(takewhile(self._torn, self.ids()))

    def to_end(self, roll_id: str) -> bool:
        """Whether it has begun by a journal here, and has not ended. Raises `Unfit` where that can't be told."""
        if not self.journal(roll_id).exists() or self._torn(roll_id):
            return False
        try:
            return self.load(roll_id).progress.over not in ENDED
        except Unfit as error:
            if error.loose:
                raise
            return False

    def may_be_loose(self, roll_id: str) -> bool:
        """Whether it has left nodes or cordons in flight, as far as its journal can be read (R2)."""
        if not self.journal(roll_id).exists():
            return False
        try:
            return not self._torn(roll_id) and loose(self.load(roll_id).progress)
        except Unfit as error:
            return error.loose
        except (DcosmaintError, OSError):
            return True

    def left(self) -> tuple[Journal, ...]:
        """Every roll that can be gone on with and has nodes or cordons in flight, newest first."""
        return tuple(journal for journal in self._all(lenient=True) if in_flight(journal.roll, journal.progress))

    def known(self) -> tuple[Journal, ...]:
        """Every roll that can be gone on with, newest first."""
        return tuple(self._all(lenient=True))

    def to_resume(self) -> Journal | None:
        """The roll to go on with: one with nodes in flight, else the newest, unless that is done.

        An older one that was stopped between two nodes is gone on with by its id only: it would bring an old AMI.
        """
        last = self.newest(lambda roll, progress: True)
        return self.newest(in_flight) or (last if last and unfinished(last.roll, last.progress) else None)

    def of(self, instance: str) -> tuple[Roll, ...]:
        """Every roll that had this instance as a target, newest first."""
        return tuple(journal.roll for journal in self._all() if instance in journal.roll.targets)

    def cordoned_by(self, node: Node) -> Roll | None:
        """The newest roll that had to do with this node, if it left it under a cordon of its own."""
        last = self.newest(lambda roll, progress: _left_as(node, roll, progress) is not None)
        return last.roll if last and _left_as(node, last.roll, last.progress) else None

    def create(
        self, roll_id: str, lease: Lease, now: Callable[[], float], alone: AbstractContextManager[Any]
    ) -> Journal:
        return Journal(File.create(self.journal(roll_id)), lease, now, alone)

    def open(self, roll_id: str, lease: Lease, now: Callable[[], float], alone: AbstractContextManager[Any]) -> Journal:
        """A journal to go on with. The half line that a kill left is cut off first. Raises `Unfit`."""
        path = self.journal(roll_id)
        mend(path)
        journal = Journal(File(path), lease, now, alone)
        self._replay(journal, roll_id)
        return journal

    def _all(self, *, lenient: bool = False) -> Iterator[Journal]:
        """Those that can be gone on with, newest first; unless lenient, no loose one is passed over."""
        for roll_id in self.ids():
            try:
                if not self._torn(roll_id):
                    yield self.load(roll_id)
            except Unfit as error:
                if error.loose and not lenient:
                    raise
                self.passed[roll_id] = error

    def _torn(self, roll_id: str) -> bool:
        """Whether it was cut off before its first line was whole, and nothing beside it says that more was done."""
        data = self.journal(roll_id).read_bytes()
        begins = data.startswith(FIRST) or FIRST.startswith(data)
        return begins and b"\n" not in data and not self.workspace(roll_id).exists()

    def _replay(self, journal: Journal, roll_id: str) -> None:
        """Any journal of a cluster may be the one that is not fit, so it is named."""
        path = self.journal(roll_id)
        try:
            journal.replay(read(path))
        except Newer as error:
            raise Unfit(roll_id, f"{path}: {error}", loose=not _ending(path)) from error
        except Refused as error:
            raise self._damaged(roll_id, str(error)) from error
        of = journal.roll.cluster
        if of != self._cluster:
            raise Unfit(
                roll_id,
                f"{path} is the journal of a roll of cluster {of}, and this is {self._cluster}: its nodes are not here."
                f" Nothing was touched. Go on with it at {of}, and move the file to where its configuration keeps"
                " journals; if the cluster is the same and has another name now, give it its old one until that roll"
                " has ended",
                loose=in_flight(journal.roll, journal.progress),
                shown=journal,
            )

    def _damaged(self, roll_id: str, says: str) -> Unfit:
        over = _ending(self.journal(roll_id))
        if over:
            known = f"Its last line says that the roll is over ({over})"
        else:
            known = "What its roll has in flight is not known"
        if self.workspace(roll_id).exists():
            known += f"; the roll's own folder, {self.workspace(roll_id)}, lies beside it"
        return Unfit(roll_id, f"{self.journal(roll_id)}: {says.rstrip('.')}. {known}. {MEND}", loose=not over)


def _ending(path: Path) -> str:
    """The event of the last line, where that ends a roll; else ""."""
    with suppress(ValueError, RecursionError, AttributeError):
        *_, last = read(path)
        event = json.loads(last).get("event")
        return event if event in ENDED else ""
    return ""


def _left_as(node: Node, roll: Roll, progress: Progress) -> bool | None:
    """Whether a roll has left this node cordoned; None where it has not to do with it.

    An undrain that was cut short leaves it as it found it.
    """
    if node.agent_id in progress.steered:
        return True
    flight = next((f for f in progress.flights.values() if f.node.instance.id == node.instance.id), None)
    if flight and roll.work is not Work.UNDRAIN:
        return flight.cordoned
    if any(ended.instance_id == node.instance.id for ended in progress.ended):
        return roll.work is Work.DRAIN
    return None


class _Closed(Sink):
    def write(self, line: str) -> None:
        raise DcosmaintError(f"a journal that was opened to be read was written to: {json.dumps(line)}")


class _Nobody(Lease):
    def check(self) -> None:
        raise DcosmaintError("a journal that was opened to be read has no lease")
