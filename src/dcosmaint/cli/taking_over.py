"""From the flags of a resume to what it adds to its roll."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from dcosmaint import tighten
from dcosmaint.choice import accepted, find
from dcosmaint.cli import risk_subjects
from dcosmaint.cli.cluster import Cluster
from dcosmaint.cli.exits import NO_ANSWER, untouched
from dcosmaint.cli.risks import BLOCKERS, told
from dcosmaint.config import batch_size
from dcosmaint.journal import Journal
from dcosmaint.model import Finding, Inventory, Roll, Terms
from dcosmaint.planner.line import RULES
from dcosmaint.planner.rules import taken
from dcosmaint.survey import survey


@dataclass(frozen=True)
class Asked:
    terms: Terms
    taken: tuple[Finding, ...] = ()  # what would block the roll now, had nothing been accepted


def asked(cluster: Cluster, found: Journal, given: Mapping[str, Any]) -> Asked:
    """Raises `Usage` or `Refused` for terms that the roll can't take. The cluster is looked at only where it must."""
    terms = Terms(accepted=given["accepted"], caps=dict(given["caps"]), deadline=given["deadline"] or 0.0)
    looked, seen = Asked(terms), [risk for risk in given["accepted"] if not risk.startswith("differs=")]
    if seen or any(given[flag] for flag in ("exclude", "batch_size", "reassigned")):
        inventory = _looked(cluster, found.roll.id)
        terms = _of_cluster(terms, given, found.roll, inventory)
        looked = Asked(terms, taken(terms.onto(found.roll), inventory))
    tighten.check(found.roll, found.progress, terms)
    if terms.deadline:
        with closing(cluster.hands()) as hands:
            tighten.later(found.progress, terms, hands.now())
    return looked


def loud(found: Journal, asked: Asked) -> Iterator[str]:
    """What whoever resumes should have read before the question."""
    held = " ".join(flight.stopped for flight in found.progress.flights.values())
    unseen = {"differs", *RULES, *(rule for rule in BLOCKERS if f"{rule}=" in held)}
    yield from (f"RISK TAKEN: {risk}" for risk in told(asked.terms.accepted, asked.taken, unseen))
    if found.progress.late and not asked.terms.deadline:
        yield "note: its deadline has passed, so no node starts any more: give another one by --deadline"


def _of_cluster(terms: Terms, given: Mapping[str, Any], roll: Roll, inventory: Inventory) -> Terms:
    risk_subjects.check(given["accepted"], inventory, roll)
    size = batch_size(given["batch_size"], len(inventory.nodes)) if given["batch_size"] else None
    # A target that somebody else has replaced is in no survey, and has no other name than its instance's.
    excluded = [name if name in roll.targets else find(inventory, name).instance.id for name in given["exclude"]]
    anew = tighten.measured_anew(inventory, given["reassigned"])
    risks, out = accepted(inventory, given["accepted"]), tuple(dict.fromkeys(excluded))
    return replace(terms, accepted=risks, batch_size=size, excluded=out, baseline=anew)


def _looked(cluster: Cluster, roll_id: str) -> Inventory:
    try:
        with cluster.connect(cluster.shelf.workspace(roll_id)) as site:
            return survey(site, datetime.now(UTC).timestamp())
    except NO_ANSWER as error:
        raise untouched(error, cluster.name) from error
