"""The lines of a journal, and what each of them does to the progress.

A line is a decision or an irreversible act, never a poll. What it means (`onto`) is said here and nowhere else, so
lines that were just written and lines that are read back after a kill can't come to differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from pydantic import Discriminator, TypeAdapter, ValidationError

from dcosmaint.errors import Refused
from dcosmaint.model import Ended, Flight, Member, Node, Progress, Roll

SCHEMA = 1


class Line:
    """One line of a journal."""

    def onto(self, progress: Progress, at: float) -> Progress:
        """The progress after this line; the same where it only announces."""
        return progress


@dataclass(frozen=True)
class RollBegun(Line):
    roll: Roll
    schema: int = SCHEMA
    event: Literal["roll"] = "roll"


@dataclass(frozen=True)
class Admitted(Line):
    """Slots are taken for a whole admission, or not at all: one line."""

    flights: tuple[Flight, ...]
    event: Literal["admit"] = "admit"

    def onto(self, progress: Progress, at: float) -> Progress:
        ours = {flight.node.agent_id for flight in self.flights}  # from now on their own pipelines answer for them
        flights = {**progress.flights, **{flight.node.address: flight for flight in self.flights}}
        steered = tuple(agent for agent in progress.steered if agent not in ours)
        return replace(progress, flights=flights, steered=steered, batches=progress.batches + 1)


@dataclass(frozen=True)
class Begun(Line):
    """The pipeline of a node in flight begins again, with what a fresh survey says of it."""

    node: Node
    why: str
    event: Literal["begin"] = "begin"

    def onto(self, progress: Progress, at: float) -> Progress:
        return _change(progress, self.node.address, node=self.node, done=())


@dataclass(frozen=True)
class Replacing(Line):
    node: str
    member: Member
    task_id: str
    event: Literal["replacing"] = "replacing"

    def onto(self, progress: Progress, at: float) -> Progress:
        flight = progress.flights[self.node]
        return _change(progress, self.node, sent=(*flight.sent, self.task_id), asked=(*flight.asked, self.member))


@dataclass(frozen=True)
class Slot(Line):
    """A slot for a member that the admission did not know, or had no slot for."""

    node: str
    member: Member
    event: Literal["slot"] = "slot"

    def onto(self, progress: Progress, at: float) -> Progress:
        return _change(progress, self.node, holds=(*progress.flights[self.node].holds, self.member))


@dataclass(frozen=True)
class Moved(Line):
    """The member is in sync elsewhere: its slot is free."""

    node: str
    member: Member
    event: Literal["moved"] = "moved"

    def onto(self, progress: Progress, at: float) -> Progress:
        holds = tuple(member for member in progress.flights[self.node].holds if member != self.member)
        return _change(progress, self.node, holds=holds)


@dataclass(frozen=True)
class Acting(Line):
    """Written before the act. Whether it arrived is asked of the world."""

    node: str  # "" for an act that concerns no single node
    act: str  # port.method
    of: tuple[str, ...] = ()
    event: Literal["acting"] = "acting"


@dataclass(frozen=True)
class Done(Line):
    node: str  # "" for a step that happens once a roll
    step: str
    event: Literal["done"] = "done"

    def onto(self, progress: Progress, at: float) -> Progress:
        if not self.node:
            return replace(progress, prepared=(*progress.prepared, self.step))
        return _change(progress, self.node, done=(*progress.flights[self.node].done, self.step))


@dataclass(frozen=True)
class NodeDone(Line):
    node: str
    event: Literal["node-done"] = "node-done"

    def onto(self, progress: Progress, at: float) -> Progress:
        flight = progress.flights[self.node]
        ended = Ended(self.node, flight.node.instance.id, at, len(flight.node.members))
        left = {address: other for address, other in progress.flights.items() if address != self.node}
        return replace(progress, flights=left, ended=(*progress.ended, ended))


@dataclass(frozen=True)
class Held(Line):
    """No progress for longer than its patience. Never pushed on."""

    node: str
    step: str
    why: str
    event: Literal["held"] = "held"

    def onto(self, progress: Progress, at: float) -> Progress:
        return _stop(progress, self.node, f"{self.step}: {self.why}")


@dataclass(frozen=True)
class Failed(Line):
    node: str
    step: str
    why: str
    event: Literal["failed"] = "failed"

    def onto(self, progress: Progress, at: float) -> Progress:
        return _stop(progress, self.node, f"{self.step}: {self.why}")


@dataclass(frozen=True)
class Noted(Line):
    """What an operator should know of a node, and nothing waits for."""

    node: str
    why: str
    event: Literal["noted"] = "noted"

    def onto(self, progress: Progress, at: float) -> Progress:
        return _change(progress, self.node, noted=(*progress.flights[self.node].noted, self.why))


@dataclass(frozen=True)
class Cordoned(Line):
    """A steering cordon. That of a node in flight is an act of its own pipeline."""

    agent_id: str
    event: Literal["cordoned"] = "cordoned"

    def onto(self, progress: Progress, at: float) -> Progress:
        return replace(progress, steered=(*progress.steered, self.agent_id))


@dataclass(frozen=True)
class Uncordoned(Line):
    agent_id: str
    event: Literal["uncordoned"] = "uncordoned"

    def onto(self, progress: Progress, at: float) -> Progress:
        return replace(progress, steered=tuple(agent for agent in progress.steered if agent != self.agent_id))


@dataclass(frozen=True)
class Paused(Line):
    why: str
    event: Literal["paused"] = "paused"

    def onto(self, progress: Progress, at: float) -> Progress:
        return replace(progress, paused=self.why)


@dataclass(frozen=True)
class TakenOver(Line):
    """Another process goes on: what was held or paused is tried again."""

    by: str
    event: Literal["taken-over"] = "taken-over"

    def onto(self, progress: Progress, at: float) -> Progress:
        flights = {address: replace(flight, stopped="") for address, flight in progress.flights.items()}
        return replace(progress, flights=flights, paused="", over="")


@dataclass(frozen=True)
class RollDone(Line):
    event: Literal["roll-done"] = "roll-done"

    def onto(self, progress: Progress, at: float) -> Progress:
        return replace(progress, over=self.event)


@dataclass(frozen=True)
class RollStopped(Line):
    why: str
    event: Literal["roll-stopped"] = "roll-stopped"

    def onto(self, progress: Progress, at: float) -> Progress:
        return replace(progress, over=self.event)


What = (
    RollBegun
    | Admitted
    | Begun
    | Replacing
    | Slot
    | Moved
    | Acting
    | Done
    | NodeDone
    | Held
    | Failed
    | Noted
    | Cordoned
    | Uncordoned
    | Paused
    | TakenOver
    | RollDone
    | RollStopped
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
        detail = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        raise Refused(f"a line that this version can't read ({detail})") from error


def fold(progress: Progress, at: float, what: What) -> Progress:
    """The progress after one more line."""
    return replace(what.onto(progress, at), at=at)


def _stop(progress: Progress, node: str, why: str) -> Progress:
    """A node keeps its slots; what happens once a roll stops the roll."""
    return _change(progress, node, stopped=why) if node else replace(progress, paused=why)


def _change(progress: Progress, address: str, **fields: Any) -> Progress:
    flights = {**progress.flights, address: replace(progress.flights[address], **fields)}
    return replace(progress, flights=flights)
