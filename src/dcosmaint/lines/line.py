"""What every line has, and how progress changes by one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dcosmaint.model import Flight, Progress


class Line:
    """One line of a journal."""

    def onto(self, progress: Progress, at: float) -> Progress:
        """The progress after this line; the same where it only announces."""
        return progress


def without(progress: Progress, address: str) -> dict[str, Flight]:
    return {other: flight for other, flight in progress.flights.items() if other != address}


def change(progress: Progress, address: str, **fields: Any) -> Progress:
    flights = {**progress.flights, address: replace(progress.flights[address], **fields)}
    return replace(progress, flights=flights)
