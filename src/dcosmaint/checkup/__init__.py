"""A checkup of one cluster: what is there, what is missing, and a remedy for each. Reads only, and takes no lock."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from dcosmaint.checkup.check import Check, Found, Remark, State, look, ok, red, warning
from dcosmaint.checkup.dcos import of_dcos
from dcosmaint.checkup.fleet import of_fleet
from dcosmaint.checkup.nodes import of_nodes
from dcosmaint.checkup.patient import Patient, nobody
from dcosmaint.checkup.plan import of_plan
from dcosmaint.checkup.rolls import of_rolls
from dcosmaint.checkup.views import of_views
from dcosmaint.shelf import Shelf
from dcosmaint.survey import survey

__all__ = ["Check", "Found", "Patient", "Remark", "State", "checks", "look", "nobody", "ok", "red", "warning"]


def checks(patient: Patient, shelf: Shelf, now: Callable[[], float]) -> tuple[Check, ...]:
    """Everything there is to look at, in the order in which one would go about it. `now` is this machine's clock."""
    site = patient.site
    seen = cache(lambda: survey(site, now()))  # it reads the whole cluster: once for all who ask
    of_nodes_below = (*of_fleet(site, shelf, seen, patient.never), *of_plan(patient, shelf, seen), *of_nodes(site))
    of_its_rolls = of_rolls(site.mesos, shelf, patient.holder)
    return (*patient.own, *of_dcos(site, now), *of_views(site), *of_nodes_below, *patient.acts, *of_its_rolls)
