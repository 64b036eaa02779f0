"""The ways to keep work off an agent of a World."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dcosmaint.errors import Fatal
from dcosmaint.model import Agent, Apart, Cordon, Method, Resources
from dcosmaint.sandbox.world import Rejected, Size, World
from dcosmaint.sandbox.world import state as true
from dcosmaint.sandbox.world.followers import ROLE, rolls
from dcosmaint.sandbox.world.reservations import Piece


class Cordons:
    """As `adapters/` has them; each call is one of Mesos."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._cordon: Mapping[Method, Callable[[str, Cordon], None]] = {
            "deactivate": self._deactivate,
            "reserve": self._reserve,
        }
        self._uncordon: Mapping[Method, Callable[[str, Cordon], None]] = {
            "deactivate": self._reactivate,
            "reserve": self._unreserve,
        }

    def cordon(self, agent_id: str, how: Cordon) -> None:
        self._cordon[how.method](agent_id, how)

    def uncordon(self, agent_id: str, how: Cordon) -> None:
        self._uncordon[how.method](agent_id, how)

    def stands(self, agent: Agent, how: Cordon) -> bool:
        if how.method == "deactivate":
            return agent.deactivated
        followed = self._world.followers.follows(agent.id)
        return followed and agent.active and agent.open.cpus < 0.01 and agent.open.mem < 32.0

    def lifted(self, agent_id: str, how: Cordon) -> bool:
        if how.method == "deactivate":
            agent = self._world.ground.agents.get(agent_id)
            return agent is None or not agent.deactivated or agent.draining
        there = rolls(self._world.reservations.agent(agent_id))
        return not self._world.followers.follows(agent_id) and not set(how.rolls) & set(there)

    # ---- deactivation

    def _deactivate(self, agent_id: str, how: Cordon) -> None:
        try:
            self._world.master.deactivate(agent_id)
        except Rejected as error:
            if error.status == 501:
                raise Fatal(f"agent {agent_id} can't be cordoned: {error} (DC/OS 2.0)") from error
            raise

    def _reactivate(self, agent_id: str, how: Cordon) -> None:
        agent = self._world.ground.agents.get(agent_id)
        if agent is not None and agent.deactivated:
            self._world.master.reactivate(agent_id)

    # ---- reservation

    def _reserve(self, agent_id: str, how: Cordon) -> None:
        self._world.followers.follow(self._world.reservations.agent(agent_id), how.rolls[0])

    def _unreserve(self, agent_id: str, how: Cordon) -> None:
        """Each entry as the master shows it."""
        self._world.followers.leave(agent_id)
        agent = self._world.reservations.agent(agent_id)
        for layers, size in list(agent.set_apart.items()):
            if layers[-1].role.rpartition("/")[2] == ROLE and dict(layers[-1].labels).get("roll", "") in how.rolls:
                kinds = (("cpus", size.cpus), ("mem", size.mem))
                pieces = [Piece(name, value, layers) for name, value in kinds if value]
                self._world.reservations.unreserve(agent, pieces, by="tool")


def left(agent: true.Agent) -> Resources:
    """What could still be set apart of it."""
    free = agent.free
    return Resources(max(0.0, round(free.cpus, 3)), max(0.0, round(free.mem, 3)), max(0.0, round(free.disk, 3)))


def apart(agent: true.Agent) -> tuple[Apart, ...]:
    found: dict[str, Size] = {}
    for layers, size in agent.set_apart.items():
        if layers[-1].role.rpartition("/")[2] == ROLE:
            roll = dict(layers[-1].labels).get("roll", "")
            found[roll] = found.get(roll, Size()) + size
    return tuple(sorted(Apart(roll, size.cpus, size.mem) for roll, size in found.items()))
