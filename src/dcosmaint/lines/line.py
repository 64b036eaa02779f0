"""What every line has, and how progress changes by one."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, Self

from dcosmaint.model import Flight, Progress
from dcosmaint.redaction import redacted

SAID = ("why", "of")
"""Fields that hold words of others, and nothing that anybody looks for again."""


@dataclass(frozen=True)
class Line:
    """One line of a journal."""

    def onto(self, progress: Progress, at: float) -> Progress:
        """The progress after this line; the same where it only announces."""
        return progress

    def clean(self) -> Self:
        """The same without the secrets that others may have put into words.

        Names and ids stay, also where one is a secret's twin: a resume knows slots and replaces by nothing else (R4).
        """
        words: dict[str, Any] = {f.name: getattr(self, f.name) for f in fields(self) if f.name in SAID}
        clean = {name: _clean(said) for name, said in words.items()}
        return replace(self, **clean) if clean != words else self


def _clean(words: str | tuple[str, ...]) -> str | tuple[str, ...]:
    return redacted(words) if isinstance(words, str) else tuple(map(redacted, words))


def without(progress: Progress, address: str) -> dict[str, Flight]:
    return {other: flight for other, flight in progress.flights.items() if other != address}


def change(progress: Progress, address: str, **fields: Any) -> Progress:
    flights = {**progress.flights, address: replace(progress.flights[address], **fields)}
    return replace(progress, flights=flights)
