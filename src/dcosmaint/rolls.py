"""Rolls as they are begun, found and taken over. Where a roll's files are is said here and nowhere else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path
from secrets import token_hex
from typing import Any

from dcosmaint import work_dirs
from dcosmaint.choice import Choice, targets
from dcosmaint.errors import DcosmaintError, Refused
from dcosmaint.journal import File, Journal, Sink, mend, read
from dcosmaint.model import RENEWING, Finding, Image, Inventory, Node, Policy, Progress, Roll, Work
from dcosmaint.planner.case import serving
from dcosmaint.planner.manner import manner
from dcosmaint.planner.rules import blockers as rule_blockers
from dcosmaint.ports import Ec2Reads, Lease
from dcosmaint.site import Site

ENDED = ("roll-done", "roll-aborted")
"""A roll that nobody goes on with."""


@dataclass(frozen=True)
class Order:
    """What an operator wants done."""

    work: Work
    images: Mapping[str, str]
    choice: Choice
    policy: Policy
    reason: str = ""


def a_roll(roll_id: str, cluster: str, by: str, order: Order, inventory: Inventory) -> Roll:
    """The roll that does it, with what the cluster was at its start."""
    roll = Roll(
        id=roll_id,
        cluster=cluster,
        work=order.work,
        targets=targets(inventory, order.choice, order.work, order.images),
        policy=order.policy,
        images=order.images if order.work in RENEWING else {},
        named=inventory.images,
        baseline={service.name: service.partitions or () for service in inventory.services},
        serving=serving(inventory),
        running={app.id: len(app.on) for app in inventory.apps},
        reason=order.reason,
        by=by,
    )
    return replace(roll, manner=manner(roll, inventory))


def blockers(roll: Roll, inventory: Inventory, site: Site) -> tuple[Finding, ...]:
    """Everything that stands in the way, all at once, before anything is touched (R13)."""
    aimed = [node for node in inventory.nodes if node.instance.id in roll.targets]
    kept = work_dirs.blockers(roll, aimed, site.units)
    return (*rule_blockers(roll, inventory), *dict.fromkeys(_images(roll, aimed, site.ec2)), *kept)


def _images(roll: Roll, aimed: list[Node], ec2: Ec2Reads) -> Iterator[Finding]:
    known = {ami: ec2.image(ami) for ami in sorted({roll.images.get(node.group, "") for node in aimed} - {""})}
    for node in aimed:
        ami = roll.images.get(node.group, "")
        if ami:
            yield from _image(ami, known[ami], node)


def _image(ami: str, image: Image | None, node: Node) -> Iterator[Finding]:
    if image is None:
        yield Finding("image", ami, "does not exist in this account and region, or is not shared with it")
    elif image.state != "available":
        yield Finding("image", ami, f"is {image.state}, not available")
    elif image.architecture != node.instance.architecture:
        has, wants = image.architecture, node.instance.architecture
        yield Finding("image", ami, f"is built for {has}, and the instances of {node.group} are {wants}")


def new_id() -> str:
    """A roll's id: its time to the millisecond, so that ids sort by age, and four digits for two at once."""
    now = datetime.now(UTC)
    return f"{now:%Y%m%dT%H%M%S}{now.microsecond // 1000:03}Z-{token_hex(2)}"


class Shelf:
    """The journals of one cluster, in one folder. A roll's id begins with its time, so their order is their age."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def journal(self, roll_id: str) -> Path:
        return self._folder / f"{roll_id}.jsonl"

    def workspace(self, roll_id: str) -> Path:
        """Where a roll keeps plans, programs' words and host keys."""
        return self._folder / roll_id

    def ids(self) -> tuple[str, ...]:
        """Newest first."""
        return tuple(sorted((path.stem for path in self._folder.glob("*.jsonl")), reverse=True))

    def load(self, roll_id: str) -> Journal:
        """A journal to read: nothing can be appended to it. Raises `Refused` for one that can't be understood."""
        journal = Journal(_Closed(), _Nobody(), lambda: 0.0)
        path = self.journal(roll_id)
        if not path.exists():
            known = ", ".join(self.ids()[:3]) or "none"
            raise Refused(f"there is no roll {roll_id} in {self._folder} (the newest: {known}). Nothing was touched.")
        _replay(journal, path)
        return journal

    def newest(self, wanted: Callable[[Roll, Progress], bool]) -> Journal | None:
        for roll_id in self.ids():
            journal = self._try(roll_id)
            if journal and wanted(journal.roll, journal.progress):
                return journal
        return None

    def blank(self) -> tuple[str, ...]:
        """Journals that are younger than every roll that began, and were cut off before their first line was whole."""
        return tuple(takewhile(lambda roll_id: self._try(roll_id) is None, self.ids()))

    def may_be_loose(self, roll_id: str) -> bool:
        """Whether it has left nodes or cordons in flight, as far as its journal can be read (R2)."""
        if not self.journal(roll_id).exists():
            return False
        try:
            journal = self._try(roll_id)
        except (DcosmaintError, OSError):
            return True
        return journal is not None and loose(journal.progress)

    def left(self) -> tuple[Journal, ...]:
        """Every roll that has nodes or cordons in flight, newest first."""
        found = (self._try(roll_id) for roll_id in self.ids())
        return tuple(journal for journal in found if journal and in_flight(journal.roll, journal.progress))

    def to_resume(self) -> Journal | None:
        """The roll to go on with: one with nodes in flight, else the newest, unless that is done.

        An older one that was stopped between two nodes is gone on with by its id only: it would bring an old AMI.
        """
        last = self.newest(lambda roll, progress: True)
        return self.newest(in_flight) or (last if last and unfinished(last.roll, last.progress) else None)

    def of(self, instance: str) -> tuple[Roll, ...]:
        """Every roll that had this instance as a target, newest first."""
        found = (self._try(roll_id) for roll_id in self.ids())
        return tuple(journal.roll for journal in found if journal and instance in journal.roll.targets)

    def cordoned_by(self, node: Node) -> Roll | None:
        """The newest roll that had to do with this node, if it left it under a cordon of its own."""
        last = self.newest(lambda roll, progress: _left_as(node, roll, progress) is not None)
        return last.roll if last and _left_as(node, last.roll, last.progress) else None

    def _try(self, roll_id: str) -> Journal | None:
        """None for a journal that was cut off before its first line was whole: nothing was done behind it."""
        if not any(True for _ in read(self.journal(roll_id))):
            return None
        return self.load(roll_id)

    def create(
        self, roll_id: str, lease: Lease, now: Callable[[], float], alone: AbstractContextManager[Any]
    ) -> Journal:
        return Journal(File.create(self.journal(roll_id)), lease, now, alone)

    def open(self, roll_id: str, lease: Lease, now: Callable[[], float], alone: AbstractContextManager[Any]) -> Journal:
        """A journal to go on with. The half line that a kill left is cut off first."""
        path = self.journal(roll_id)
        mend(path)
        journal = Journal(File(path), lease, now, alone)
        _replay(journal, path)
        return journal


def unfinished(roll: Roll, progress: Progress) -> bool:
    """Whether a resume would have something to do."""
    return progress.over not in ENDED


def in_flight(roll: Roll, progress: Progress) -> bool:
    """Whether nodes or cordons of this roll are in a state that only its own resume ends well."""
    return loose(progress)


def loose(progress: Progress) -> bool:
    return progress.over not in ENDED and bool(progress.flights or progress.steered)


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


def reverts(roll: Roll, progress: Progress) -> Mapping[str, str]:
    """Group → AMI that Terraform named before this roll, where the roll made it name another."""
    return roll.edited if "swap-image" in progress.prepared else {}


def before(progress: Progress) -> Mapping[str, str]:
    """Group → the AMI that its replaced nodes had. Raises `Refused` where they had several: Terraform names one."""
    amis: dict[str, str] = {}
    for ended in (ended for ended in progress.ended if ended.ami):
        if amis.setdefault(ended.group, ended.ami) != ended.ami:
            raise Refused(
                f"nodes of {ended.group} had {amis[ended.group]} and {ended.ami} before, and a group has one AMI in"
                " Terraform: bring them back by `dcosmaint roll --ami AMI --only NODE`, one AMI after the other."
            )
    return amis


def _replay(journal: Journal, path: Path) -> None:
    """Any journal of a cluster may be the one that can't be read, so it is named."""
    try:
        journal.replay(read(path))
    except Refused as error:
        raise Refused(f"{path}: {error}") from error


class _Closed(Sink):
    def write(self, line: str) -> None:
        raise DcosmaintError(f"a journal that was opened to be read was written to: {json.dumps(line)}")


class _Nobody(Lease):
    def check(self) -> None:
        raise DcosmaintError("a journal that was opened to be read has no lease")
