"""From the flags of a resume to what it adds to its roll."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from dcosmaint import tighten
from dcosmaint.choice import find
from dcosmaint.cli.cluster import Cluster
from dcosmaint.cli.exits import NO_ANSWER, untouched
from dcosmaint.cli.risks import MEANING
from dcosmaint.config import batch_size
from dcosmaint.journal import Journal
from dcosmaint.model import Inventory, Roll, Terms
from dcosmaint.survey import survey


def asked_terms(cluster: Cluster, found: Journal, given: Mapping[str, Any]) -> Terms:
    """Raises `Usage` or `Refused` for terms that the roll can't take. The cluster is looked at only where it must."""
    terms = Terms(accepted=given["accepted"], caps=dict(given["caps"]), deadline=given["deadline"] or 0.0)
    if given["exclude"] or given["batch_size"] or given["reassigned"]:
        terms = _of_cluster(terms, given, found.roll, _looked(cluster, found.roll.id))
    tighten.check(found.roll, found.progress, terms)
    if terms.deadline:
        with closing(cluster.hands()) as hands:
            tighten.later(found.progress, terms, hands.now())
    return terms


def loud(found: Journal, terms: Terms) -> Iterator[str]:
    """What whoever resumes should have read before the question."""
    for risk in terms.accepted:
        yield f"RISK TAKEN: {risk}: {MEANING[risk.partition('=')[0]]}"
    if found.progress.late and not terms.deadline:
        yield "note: its deadline has passed, so no node starts any more: give another one by --deadline"


def _of_cluster(terms: Terms, given: Mapping[str, Any], roll: Roll, inventory: Inventory) -> Terms:
    size = batch_size(given["batch_size"], len(inventory.nodes)) if given["batch_size"] else None
    # A target that somebody else has replaced is in no survey, and has no other name than its instance's.
    excluded = [name if name in roll.targets else find(inventory, name).instance.id for name in given["exclude"]]
    anew = tighten.measured_anew(inventory, given["reassigned"])
    return replace(terms, batch_size=size, excluded=tuple(dict.fromkeys(excluded)), baseline=anew)


def _looked(cluster: Cluster, roll_id: str) -> Inventory:
    try:
        with cluster.connect(cluster.shelf.workspace(roll_id)) as site:
            return survey(site, datetime.now(UTC).timestamp())
    except NO_ANSWER as error:
        raise untouched(error, cluster.name) from error
