"""Whoever a checkup is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dcosmaint.checkup.check import Check
from dcosmaint.model import Policy
from dcosmaint.site import Site


def nobody() -> str:
    return ""


def default(fleet: int) -> Policy:
    return Policy()


@dataclass(frozen=True)
class Patient:
    """A cluster that may be ill: ports of its site may raise any of our errors, at once and always."""

    site: Site
    own: tuple[Check, ...] = ()  # of what no port shows: logins, programs, files
    acts: tuple[Check, ...] = ()  # of what our logins may do, once it is seen that they may look
    never: tuple[str, ...] = ()  # names of nodes that are never touched
    policy: Callable[[int], Policy] = default  # of a roll over a fleet of so many nodes
    holder: Callable[[], str] = nobody  # who holds the lock, and since when; "" when nobody does
