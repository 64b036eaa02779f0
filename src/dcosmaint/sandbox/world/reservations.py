"""What an operator sets apart on an agent: a role's share that only its frameworks are offered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from dcosmaint.sandbox.world.faults import Rejected
from dcosmaint.sandbox.world.ground import Ground
from dcosmaint.sandbox.world.layers import Layer, Layers
from dcosmaint.sandbox.world.master import Master
from dcosmaint.sandbox.world.shape import Size
from dcosmaint.sandbox.world.state import Agent

SHARED = (Layer("STATIC", "slave_public"),)
"""What everything on a public agent is reserved for from its start."""

KINDS = ("cpus", "mem", "disk")

WRITTEN = 0.065
"""Seconds until an agent has on its disk what the master shows at once. What it has not, a restart loses."""


@dataclass(frozen=True)
class Piece:
    """A quantity of one resource, in the words in which the master speaks of it: `cpus(reservations: [(…)]):2`."""

    name: str
    value: float
    layers: Layers = ()

    def __str__(self) -> str:
        marks = ",".join(map(str, self.layers))
        return f"{self.name}{f'(reservations: [{marks}])' if marks else ''}:{self.value:.3f}".rstrip("0").rstrip(".")

    @property
    def unreserved(self) -> Piece:
        """What it is cut out of."""
        return replace(self, layers=self.layers[:-1])


class Reservations:
    """All or nothing over the pieces of one call."""

    def __init__(self, ground: Ground, master: Master) -> None:
        self._ground = ground
        self._master = master

    def agent(self, agent_id: str) -> Agent:
        agent = self._ground.agents.get(agent_id)
        if agent is None or not agent.listed or agent.recovering:
            raise Rejected(400, "No agent found with specified ID")
        return agent

    def reserve(self, agent: Agent, pieces: Sequence[Piece], by: str = "operator") -> None:
        """Of what is free: what a task uses is not, and an offer that is out is taken back."""
        base = SHARED if agent.machine.public else ()
        fits = all(piece.layers[:-1] == base and piece.name in KINDS for piece in pieces)
        if not fits or not agent.free.covers(_sum(pieces)):
            raise _lacking(agent, base, [piece.unreserved for piece in pieces])
        self._change(agent, pieces, 1, by)

    def unreserve(self, agent: Agent, pieces: Sequence[Piece], by: str = "operator") -> None:
        """Role, principal and labels have to be those of the reservation."""
        for layers in dict.fromkeys(piece.layers for piece in pieces):
            wanted = [piece for piece in pieces if piece.layers == layers]
            known = all(piece.name in KINDS for piece in wanted)
            if not known or not agent.set_apart.get(layers, Size()).covers(_sum(wanted)):
                raise _lacking(agent, SHARED if agent.machine.public else (), pieces)
        self._change(agent, pieces, -1, by)
        self._master.room()

    def _change(self, agent: Agent, pieces: Sequence[Piece], sign: Literal[1, -1], by: str) -> None:
        rolls = sorted({value for piece in pieces for key, value in piece.layers[-1].labels if key == "roll"})
        self._ground.tell(by, "reserve" if sign > 0 else "unreserve", agent.machine, rolls=rolls)
        for piece in pieces:
            had, more = agent.set_apart.pop(piece.layers, Size()), _sum([piece])
            change = more if sign > 0 else Size() - more
            now = (had + change).counted
            if now != Size():
                agent.set_apart[piece.layers] = now
            agent.unsaved.append((piece.layers, change))
            self._ground.clock.after(WRITTEN, partial(_written, agent, agent.unsaved[-1]))
        if sign < 0:
            self._master.free(agent, _sum(pieces))
        self._master.changes += 1


def _written(agent: Agent, change: tuple[Layers, Size]) -> None:
    if agent.connected:
        agent.unsaved = [other for other in agent.unsaved if other is not change]


def _lacking(agent: Agent, base: Layers, wanted: Iterable[Piece]) -> Rejected:
    """It names the whole pool first."""
    pods = [
        ((Layer("DYNAMIC", volume.role, volume.principal, (("resource_id", key.replace("/", "__")),)),), size)
        for key, size in agent.reserved.items()
        if (volume := agent.volumes[key])
    ]
    shares = [(base, agent.free), *agent.set_apart.items(), *pods]
    pool = "; ".join(str(piece) for layers, size in shares for piece in _pieces(size, layers))
    return Rejected(409, f"{pool} does not contain {'; '.join(map(str, wanted))}")


def _pieces(size: Size, layers: Layers) -> list[Piece]:
    found = zip(KINDS, (size.cpus, size.mem, size.disk), strict=True)
    return [Piece(name, value, layers) for name, value in found if value]


def _sum(pieces: Iterable[Piece]) -> Size:
    """Of the kinds that the World counts."""
    total = Size()
    for piece in pieces:
        if piece.name in KINDS:
            total += Size(**{piece.name: round(piece.value, 3)})
    return total
