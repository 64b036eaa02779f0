"""The lines of a journal, and what each of them does to the progress.

A line is a decision or an irreversible act, never a poll. What it means (`onto`) is said here and nowhere else, so
lines that were just written and lines that are read back after a kill can't come to differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from pydantic import Discriminator, TypeAdapter, ValidationError

from dcosmaint.errors import Refused
from dcosmaint.lines.flight import (
    Acting,
    Begun,
    Done,
    Failed,
    Held,
    Moved,
    Moving,
    NodeDone,
    Noted,
    Released,
    Replacing,
    Slot,
)
from dcosmaint.lines.roll import (
    SCHEMA,
    Aborting,
    Admitted,
    Cordoned,
    Paused,
    RollAborted,
    RollBegun,
    RollDone,
    RollStopped,
    TakenOver,
    Uncordoned,
)
from dcosmaint.model import Progress

__all__ = [
    "SCHEMA",
    "Aborting",
    "Acting",
    "Admitted",
    "Begun",
    "Cordoned",
    "Done",
    "Failed",
    "Held",
    "Moved",
    "Moving",
    "NodeDone",
    "Noted",
    "Paused",
    "Released",
    "Replacing",
    "RollAborted",
    "RollBegun",
    "RollDone",
    "RollStopped",
    "Slot",
    "TakenOver",
    "Uncordoned",
    "What",
    "fold",
    "from_json",
    "to_json",
]

What = (
    RollBegun
    | Admitted
    | Begun
    | Replacing
    | Slot
    | Moved
    | Moving
    | Acting
    | Done
    | NodeDone
    | Released
    | Held
    | Failed
    | Noted
    | Cordoned
    | Uncordoned
    | Paused
    | TakenOver
    | Aborting
    | RollDone
    | RollStopped
    | RollAborted
)

_ADAPTER: TypeAdapter[What] = TypeAdapter(Annotated[What, Discriminator("event")])


def to_json(at: float, what: What) -> dict[str, Any]:
    fields: dict[str, Any] = _ADAPTER.dump_python(what, mode="json")
    return {"at": at, "event": fields.pop("event"), **fields}


def from_json(fields: Mapping[str, Any]) -> tuple[float, What]:
    """Raises `Refused` for what no version of ours has written."""
    try:
        rest = dict(fields)
        return float(rest.pop("at")), _ADAPTER.validate_python(rest)
    except (KeyError, TypeError, ValueError, ValidationError) as error:
        raise Refused(f"a line that this version can't read ({_detail(error)})") from error


def _detail(error: Exception) -> str:
    match error:
        case ValidationError():
            return error.errors()[0]["msg"]
        case KeyError():
            return f"it has no {error.args[0]}"
    return str(error)


def fold(progress: Progress, at: float, what: What) -> Progress:
    """The progress after one more line."""
    return replace(what.onto(progress, at), at=at)
