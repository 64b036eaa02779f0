"""Where a pipeline goes on, and how often it may begin again. Pure: both are asked of what the journal tells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dcosmaint.model import Flight
from dcosmaint.ports import Step

BEGINS = 3
"""How often a node begins again without getting any further: by then it is no accident, and nothing here ends it."""


def recurs(flight: Flight, why: str) -> str:
    """Why a node does not begin again for this reason, and what to do; "" where it does."""
    if flight.begins < BEGINS:
        return ""
    return (
        f"{why}. It has begun again {flight.begins} times for the like without getting any further: somebody else (a"
        " script, another tool, a colleague) takes back what is done here. Find out who, end that, then resume"
    )


def ahead(steps: Sequence[Step], done: Sequence[str]) -> Iterator[Step]:
    """Those behind the last one that is done.

    One before it that is not done was unknown to the version that went past it: its time is over.
    """
    last = max((n for n, step in enumerate(steps, 1) if step.name in done), default=0)
    yield from steps[last:]
