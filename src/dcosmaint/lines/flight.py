"""The lines about one node in flight."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from dcosmaint.lines.line import Line, change, without
from dcosmaint.model import CORDON, Ended, Flight, Member, Node, Partition, Progress


@dataclass(frozen=True)
class Begun(Line):
    """The pipeline of a node in flight begins again, with what a fresh survey says of it."""

    node: Node
    why: str
    event: Literal["begin"] = "begin"

    def onto(self, progress: Progress, at: float) -> Progress:
        node, flight = self.node, progress.flights[self.node.address]
        same = node.agent_id == flight.node.agent_id
        earlier = flight.earlier if same else (*flight.earlier, flight.node.agent_id)
        acted = tuple(act for act in flight.acted if same or act != CORDON)  # a cordon is one of an agent, by its id
        known = {each.key for each in flight.balancers}
        found = (each for each in node.instance.balancers if each.key not in known)  # those it has left stay known
        balancers = (*flight.balancers, *found)
        afresh = change(progress, node.address, node=node, done=(), acted=acted, earlier=earlier, balancers=balancers)
        return change(afresh, node.address, begins=flight.begins + 1, moving=())


@dataclass(frozen=True)
class Replacing(Line):
    """`also` is where this member is in sync now, and was not when the roll began."""

    node: str
    member: Member
    task_id: str
    also: tuple[Partition, ...] = ()
    event: Literal["replacing"] = "replacing"

    def onto(self, progress: Progress, at: float) -> Progress:
        flight = progress.flights[self.node]
        also = _also(flight, self.member, self.also)
        asked = (*flight.asked, self.member)
        return change(progress, self.node, sent=(*flight.sent, self.task_id), asked=asked, also=also)


@dataclass(frozen=True)
class Slot(Line):
    """A slot for a member that the admission did not know, or had no slot for. `also` is as in `replacing`.

    `left`: its operator looks after it, so that it keeps the slot until the node has ended.
    """

    node: str
    member: Member
    also: tuple[Partition, ...] = ()
    left: bool = False
    event: Literal["slot"] = "slot"

    def onto(self, progress: Progress, at: float) -> Progress:
        flight = progress.flights[self.node]
        kept = "leaves" if self.left else "holds"
        slots = tuple(dict.fromkeys((*getattr(flight, kept), self.member)))
        return change(progress, self.node, also=_also(flight, self.member, self.also), **{kept: slots})


@dataclass(frozen=True)
class Moved(Line):
    """The member is in sync elsewhere: its slot is free."""

    node: str
    member: Member
    event: Literal["moved"] = "moved"

    def onto(self, progress: Progress, at: float) -> Progress:
        flight = progress.flights[self.node]
        holds = tuple(member for member in flight.holds if member != self.member)
        returned = flight.asked.count(self.member) > 1  # it was moved away before: that is no step on
        return change(progress, self.node, holds=holds, begins=flight.begins if returned else 0)


@dataclass(frozen=True)
class Moving(Line):
    """The apps of which this node alone ends instances from now on. That they are whole is read after that."""

    node: str
    apps: tuple[str, ...]
    event: Literal["moving"] = "moving"

    def onto(self, progress: Progress, at: float) -> Progress:
        return change(progress, self.node, moving=self.apps)


@dataclass(frozen=True)
class Acting(Line):
    """Written before the act. Whether it arrived is asked of the world."""

    node: str  # "" for an act that concerns no single node
    act: str  # port.method
    of: tuple[str, ...] = ()
    event: Literal["acting"] = "acting"

    def onto(self, progress: Progress, at: float) -> Progress:
        if self.node not in progress.flights:
            return progress
        acted = progress.flights[self.node].acted
        return change(progress, self.node, acted=acted if self.act in acted else (*acted, self.act))


@dataclass(frozen=True)
class Done(Line):
    node: str  # "" for a step that happens once a roll
    step: str
    event: Literal["done"] = "done"

    def onto(self, progress: Progress, at: float) -> Progress:
        if not self.node:
            return replace(progress, prepared=(*progress.prepared, self.step))
        flight = progress.flights[self.node]
        done = (*flight.done, self.step)
        if self.step in flight.passed:
            return change(progress, self.node, done=done)
        return change(progress, self.node, done=done, passed=(*flight.passed, self.step), begins=0)


@dataclass(frozen=True)
class NodeDone(Line):
    node: str
    event: Literal["node-done"] = "node-done"

    def onto(self, progress: Progress, at: float) -> Progress:
        flight = progress.flights[self.node]
        node = flight.node
        ami = node.instance.ami if flight.gone or "ec2.terminate" in flight.acted else ""
        was = (ami, node.group, flight.balancers, flight.public)
        ended = Ended(self.node, node.instance.id, at, len(node.members), flight.since, *was)
        return replace(progress, flights=without(progress, self.node), ended=(*progress.ended, ended))


@dataclass(frozen=True)
class Released(Line):
    """The node is in flight no more, and as it was found but for our cordon, which is lifted as a steering one is."""

    node: str
    event: Literal["released"] = "released"

    def onto(self, progress: Progress, at: float) -> Progress:
        flight = progress.flights[self.node]
        ours = {flight.node.agent_id: self.node} if flight.cordoned else {}
        steered, places = (*progress.steered, *ours), {**progress.places, **ours}
        return replace(progress, flights=without(progress, self.node), steered=steered, places=places)


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
        return change(progress, self.node, noted=(*progress.flights[self.node].noted, self.why))


def _also(flight: Flight, member: Member, found: tuple[Partition, ...]) -> Mapping[str, tuple[Partition, ...]]:
    if not found:
        return flight.also
    return {**flight.also, member.service: (*flight.also.get(member.service, ()), *found)}


def _stop(progress: Progress, node: str, why: str) -> Progress:
    """A node keeps its slots, and moves no app; what happens once a roll stops the roll."""
    return change(progress, node, stopped=why, moving=()) if node else replace(progress, paused=why)
