"""What a plan of a roll of every node would be refused for: asked of its own rules, on the survey of the checkup."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial

from dcosmaint import unended
from dcosmaint.checkup.check import Check, Remark, ok, red
from dcosmaint.checkup.dcos import listed
from dcosmaint.checkup.fleet import SURVEY
from dcosmaint.checkup.nodes import ENOUGH
from dcosmaint.checkup.patient import Patient
from dcosmaint.choice import Choice
from dcosmaint.drained import told
from dcosmaint.model import Finding, Inventory, Roll, Work, counted
from dcosmaint.planner.work_dirs import RULE as WORK_DIR
from dcosmaint.ports import UnitReads
from dcosmaint.rolls import Order, a_roll, blockers
from dcosmaint.shelf import Shelf
from dcosmaint.work_dirs import told as asked

NUMBERED = re.compile(r"\S*\d\S*")

TOLD = frozenset(
    {
        "foreign-cordon",
        "in-flight",
        "inactive-agent",
        "instance-state",
        "no-agent",
        "not-in-sync",
        "partition-offline",
        "plan-incomplete",
        "service-trouble",
        "topics-unreadable",
    }
)
"""Rules whose facts other checks tell as red, also where no survey can be made."""


def of_plan(patient: Patient, shelf: Shelf, seen: Callable[[], Inventory]) -> tuple[Check, ...]:
    return (Check("plan", partial(_blocked, patient, shelf, seen), "see to what is red above", needs=SURVEY),)


def _blocked(patient: Patient, shelf: Shelf, seen: Callable[[], Inventory]) -> Iterator[Remark]:
    inventory = unended.told(shelf, _untold(seen()))
    roll = _of_all(inventory, patient)
    inventory = _asked(roll, inventory, patient.site.units)
    found = blockers(roll, inventory, patient.site.ec2)
    left = [finding for finding in found if finding.rule not in TOLD]
    yield from _remarks(told(shelf, inventory, left))
    if not left:
        nothing = "nothing else" if found else "nothing"
        yield ok(f"{nothing} blocks a roll of {counted(len(roll.targets), 'node')} by the rules of a plan")


def _untold(inventory: Inventory) -> Inventory:
    """Without what other checks tell of it, whether or not it blocks a roll."""
    foreign = tuple(window for window in inventory.windows if not window.ours)
    return replace(inventory, blockers=(), windows=foreign)


def _of_all(inventory: Inventory, patient: Patient) -> Roll:
    """To an AMI that is still to be baked, so that every node is outdated; those in use, their own check looks at."""
    images, policy = {node.group: "" for node in inventory.nodes}, patient.policy(len(inventory.nodes))
    return a_roll("doctor", "", "", Order(Work.ROLL, images, Choice(never=patient.never), policy), inventory)


def _asked(roll: Roll, inventory: Inventory, units: UnitReads) -> Inventory:
    """With what its nodes say of their work dirs. Where several are silent, no other is asked."""
    for target in roll.targets:
        inventory = asked(roll, inventory, (target,), units)
        if sum(finding.rule == WORK_DIR for finding in inventory.blockers) == ENOUGH:
            break
    return inventory


def _remarks(findings: Iterable[Finding]) -> Iterator[Remark]:
    """What differs of one subject in its numbers alone, such as partitions, is told by the first of it.

    Subjects of which the same is said share a remark.
    """
    of_subject: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in findings:
        kind = NUMBERED.sub("", finding.message)
        of_subject.setdefault((finding.rule, finding.subject, kind), []).append(finding)
    alike: dict[tuple[str, str], list[tuple[Finding, int]]] = {}
    for found in of_subject.values():
        alike.setdefault((found[0].rule, found[0].message), []).append((found[0], len(found)))
    yield from map(_remark, alike.values())


def _remark(found: list[tuple[Finding, int]]) -> Remark:
    first, _ = found[0]
    whose = [f"{each.subject} (the first of {count})" if count > 1 else each.subject for each, count in found]
    flags = " ".join(f"--accept {each.rule}={each.subject}" for each, _ in found)
    says = f"{first.rule}: {listed(whose)}: {first.message}"
    return red(says, f"that, or take the risk: `{flags}`" if first.acceptable else "")
