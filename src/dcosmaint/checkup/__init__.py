"""A checkup of one cluster: what is there, what is missing, and a remedy for each. Reads only, and takes no lock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dcosmaint.checkup.check import Check, Found, Remark, State, look, ok, red, warning
from dcosmaint.checkup.dcos import of_dcos
from dcosmaint.checkup.fleet import of_fleet
from dcosmaint.checkup.nodes import of_nodes
from dcosmaint.checkup.rolls import of_rolls
from dcosmaint.checkup.views import of_views
from dcosmaint.shelf import Shelf
from dcosmaint.site import Site

__all__ = ["Check", "Found", "Patient", "Remark", "State", "checks", "look", "nobody", "ok", "red", "warning"]


def nobody() -> str:
    return ""


@dataclass(frozen=True)
class Patient:
    """A cluster that may be ill: ports of its site may raise any of our errors, at once and always."""

    site: Site
    own: tuple[Check, ...] = ()  # of what no port shows: logins, programs, files
    acts: tuple[Check, ...] = ()  # of what our logins may do, once it is seen that they may look
    never: tuple[str, ...] = ()  # names of nodes that are never touched
    holder: Callable[[], str] = nobody  # who holds the lock, and since when; "" when nobody does


def checks(patient: Patient, shelf: Shelf, now: Callable[[], float]) -> tuple[Check, ...]:
    """Everything there is to look at, in the order in which one would go about it. `now` is this machine's clock."""
    site = patient.site
    of_cluster = (*of_dcos(site, now), *of_views(site), *of_fleet(site, now, patient.never), *of_nodes(site))
    return (*patient.own, *of_cluster, *patient.acts, *of_rolls(site.mesos, shelf, patient.holder))
