"""The moment after which nobody starts. It comes by the clock of the journal's lines."""

from __future__ import annotations

from dcosmaint.model import Node, Progress, Refusal
from dcosmaint.planner.case import Case, no


def deadline(case: Case, node: Node) -> Refusal | None:
    """Counted from the roll's beginning, or from the resume that set it."""
    why = expired(case.progress, case.inventory.at)
    return no("deadline", node, why, final=True) if why else None


def expired(progress: Progress, at: float) -> str:
    """Why nobody starts at that time any more, or ""."""
    return "the deadline of this roll has passed" if progress.until is not None and at >= progress.until else ""
