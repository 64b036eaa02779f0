"""The lines about the roll as a whole."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal, Self

from dcosmaint.lines.line import Line
from dcosmaint.model import CORDON, Flight, Progress, Roll, Terms
from dcosmaint.redaction import redacted

SCHEMA = 9
"""Form of the lines. 1 knew no `released`, `aborting`, `roll-aborted`, and would call a journal with them damaged.

2 knew no `manner`: a tool of that form would replace the members of every node first. 3 knew no `deadline` and no
`frameworks`: it would start nodes after the one, and take down the tasks of the other. 4 knew no `work_dir`: it would
leave the one that is to be emptied to the next instance. 5 knew no cordon but Mesos's own: it would leave
behind what is set apart. 6 knew no `moving`. 7 knew no agents that are marked gone: it would replace what its
scheduler may be about to replace by itself. 8 knew no `work_dir_apart`: it would wait for the old agent of a node whose
work dir has gone with its instance, as is still done for a flight that was admitted under that form."""


@dataclass(frozen=True)
class RollBegun(Line):
    roll: Roll
    schema: int = SCHEMA
    event: Literal["roll"] = "roll"

    def onto(self, progress: Progress, at: float) -> Progress:
        deadline = self.roll.policy.deadline
        return replace(progress, until=at + deadline) if deadline else progress

    def clean(self) -> Self:
        return replace(self, roll=replace(self.roll, reason=redacted(self.roll.reason)))


@dataclass(frozen=True)
class Admitted(Line):
    """Slots are taken for a whole admission, or not at all: one line."""

    flights: tuple[Flight, ...]
    event: Literal["admit"] = "admit"

    def onto(self, progress: Progress, at: float) -> Progress:
        ours = {flight.node.agent_id for flight in self.flights}  # from now on their own pipelines answer for them
        new = {flight.node.address: self._begun(flight, progress, at) for flight in self.flights}
        flights = {**progress.flights, **new}
        steered = tuple(agent for agent in progress.steered if agent not in ours)
        return replace(progress, flights=flights, steered=steered, batches=progress.batches + 1)

    def _begun(self, flight: Flight, progress: Progress, at: float) -> Flight:
        """A node under a steering cordon is cordoned by us already."""
        return replace(flight, since=at, acted=(CORDON,) if flight.node.agent_id in progress.steered else ())


@dataclass(frozen=True)
class Cordoned(Line):
    """A steering cordon. That of a node in flight is an act of its own pipeline."""

    agent_id: str
    where: str = ""  # its node's address, or its private IP where it is no node of ours
    event: Literal["cordoned"] = "cordoned"

    def onto(self, progress: Progress, at: float) -> Progress:
        places = {**progress.places, self.agent_id: self.where}
        return replace(progress, steered=(*progress.steered, self.agent_id), places=places)


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
    """Another process goes on: what was held or paused is tried again, on terms that may have changed."""

    by: str
    terms: Terms = field(default_factory=Terms)
    event: Literal["taken-over"] = "taken-over"

    def onto(self, progress: Progress, at: float) -> Progress:
        flights = {address: self._afresh(flight) for address, flight in progress.flights.items()}
        undone = ("swap-image", "restore-image") if progress.reverting else ()  # by the abort that it was
        prepared = tuple(step for step in progress.prepared if step not in undone)
        afresh = replace(progress, flights=flights, prepared=prepared, paused="", over="")
        return replace(afresh, aborting=False, reverting=False, until=self.terms.until(progress.until, at))

    def _afresh(self, flight: Flight) -> Flight:
        """A kill in between is no reason to count anew how often it began again; that somebody looked at it is one."""
        also = {service: self.terms.kept(service, also) for service, also in flight.also.items()}
        return replace(flight, stopped="", also=also, begins=0 if flight.stopped else flight.begins)


@dataclass(frozen=True)
class Aborting(Line):
    """Another process brings the roll to a clean end, the shortest way."""

    by: str
    hold: bool = False  # a replace or a node that is under way is left as it is
    revert: bool = False  # Terraform names again what it named before
    event: Literal["aborting"] = "aborting"

    def onto(self, progress: Progress, at: float) -> Progress:
        why = f"the roll is being aborted by {self.by}"
        left = "left as it is by the abort" if self.hold else ""
        flights = {
            a: replace(f, stopped=left if f.busy else "", begins=0 if f.stopped else f.begins)
            for a, f in progress.flights.items()
        }
        prepared = tuple(step for step in progress.prepared if step != "restore-image")
        aborting = replace(progress, flights=flights, prepared=prepared, paused=why, aborting=True, over="")
        return replace(aborting, reverting=self.revert)


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


@dataclass(frozen=True)
class RollAborted(Line):
    """Nobody goes on with this roll. Flights that are left are held for good, and somebody was told so."""

    by: str
    event: Literal["roll-aborted"] = "roll-aborted"

    def onto(self, progress: Progress, at: float) -> Progress:
        return replace(progress, over=self.event)
