"""What is said as a roll goes on. The base says nothing; how a line looks is its heir's business."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

EventName = Literal[
    "roll-begin",
    "batch-begin",
    "step-begin",
    "waiting",
    "step-done",
    "step-failed",
    "node-done",
    "node-held",
    "batch-done",
    "warning",
    "cordoned",
    "uncordoned",
    "roll-done",
    "roll-stopped",
]


@dataclass(frozen=True)
class Event:
    """One thing that happened, in the words of the operator's contract."""

    at: float
    event: EventName
    node: str = ""
    step: str = ""
    batch: int | None = None
    fields: dict[str, Any] = field(default_factory=dict)


class Reporter:
    """Says nothing."""

    def say(self, event: Event) -> None: ...
