"""Somebody who sets apart whatever becomes free of an agent, a moment after it did: a cordon where Mesos has none."""

from __future__ import annotations

from functools import partial

from dcosmaint.sandbox.world.ground import Ground
from dcosmaint.sandbox.world.layers import Layer, Layers
from dcosmaint.sandbox.world.master import Master
from dcosmaint.sandbox.world.reservations import SHARED, Piece, Reservations
from dcosmaint.sandbox.world.state import Agent

ROLE = "dcosmaint"
EVERY = 0.1
"""Seconds between two of their looks. Who looks less often than the allocator runs comes too late half of the time."""


class Followers:
    """Of one process: they end with it, and what they have set apart stays."""

    def __init__(self, ground: Ground, master: Master, reservations: Reservations) -> None:
        self._ground, self._reservations = ground, reservations
        self._followed: dict[str, str] = {}  # agent id → the roll
        self.every = EVERY
        master.freed_of = self._freed

    def follow(self, agent: Agent, roll: str) -> None:
        self._followed[agent.id] = roll
        self._fill(agent)

    def leave(self, agent_id: str) -> None:
        self._followed.pop(agent_id, None)

    def abandon(self) -> None:
        """Their process ends."""
        self._followed.clear()

    def follows(self, agent_id: str) -> bool:
        return agent_id in self._followed

    def _freed(self, agent: Agent) -> None:
        if agent.id in self._followed:
            self._ground.clock.after(self.every, partial(self._fill, agent))

    def _fill(self, agent: Agent) -> None:
        """All cpus and memory that are left. Never a 0: a master from 1.6 on dies of it."""
        roll = self._followed.get(agent.id)
        if roll is None or not (agent.listed and agent.active) or not self.can(agent):
            return
        left = (("cpus", agent.free.cpus), ("mem", agent.free.mem))
        pieces = [Piece(name, round(value, 3), layers(agent, roll)) for name, value in left if value >= 0.001]
        if pieces and not nearly_full(agent):
            self._reservations.reserve(agent, pieces, by="tool")

    def can(self, agent: Agent) -> bool:
        """What an agent has reserved itself can be cut up from Mesos 1.4 on."""
        return self._ground.shape.release.refines or not agent.machine.public


def nearly_full(agent: Agent) -> bool:
    """Whether the allocator offers nobody what is left."""
    return agent.free.cpus < 0.01 and agent.free.mem < 32.0


def layers(agent: Agent, roll: str) -> Layers:
    marks = (("roll", roll),)
    if agent.machine.public:
        return (*SHARED, Layer("DYNAMIC", f"{SHARED[0].role}/{ROLE}", labels=marks))
    return (Layer("DYNAMIC", ROLE, labels=marks),)


def rolls(agent: Agent) -> dict[str, Layers]:
    """Whose reservations are there, as the master or the agent's disk has it."""
    found = {}
    for layers in (*agent.set_apart, *agent.on_disk):
        if layers[-1].role.rpartition("/")[2] == ROLE:
            found[dict(layers[-1].labels).get("roll", "")] = layers
    return found
