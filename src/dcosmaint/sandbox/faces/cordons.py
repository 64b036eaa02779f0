"""The ways to keep work off an agent of a World."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from dcosmaint.errors import Fatal, NodeFailed
from dcosmaint.model import Agent, Apart, Cordon, Method, Resources, Window
from dcosmaint.model.windows import in_the_way, stands, window
from dcosmaint.sandbox.world import Rejected, Size, World
from dcosmaint.sandbox.world import state as true
from dcosmaint.sandbox.world.followers import ROLE, rolls
from dcosmaint.sandbox.world.maintenance import MachineId, Planned
from dcosmaint.sandbox.world.reservations import Piece


class Cordons:
    """As `adapters/` has them; each call is one of Mesos."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._cordon: Mapping[Method, Callable[[str, Cordon], None]] = {
            "deactivate": self._deactivate,
            "reserve": self._reserve,
            "maintenance": self._schedule,
        }
        self._uncordon: Mapping[Method, Callable[[str, Cordon], None]] = {
            "deactivate": self._reactivate,
            "reserve": self._unreserve,
            "maintenance": self._unschedule,
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
        if how.method == "maintenance":
            return not self._mine(agent_id, how)
        there = rolls(self._world.reservations.agent(agent_id))
        return not self._world.followers.follows(agent_id) and not set(how.rolls) & set(there)

    def windows(self) -> tuple[Window, ...]:
        planned = self._world.maintenance.windows
        return tuple(Window(m.hostname, m.ip, each.start, each.duration) for each in planned for m in each.machines)

    def scheduled(self, agent: Agent, how: Cordon) -> bool:
        here = [window for window in self.windows() if window.on(agent.hostname, agent.private_ip)]
        return stands(here, agent.id, how.rolls, self._world.now)

    # ---- maintenance

    def _schedule(self, agent_id: str, how: Cordon) -> None:
        agent = self._world.ground.agents.get(agent_id)
        if agent is None or not agent.listed:
            raise Rejected(400, "the master does not know it now")
        ip = agent.machine.private_ip
        here = [window for window in self.windows() if window.on(ip, ip)]
        if other := in_the_way(here, how.rolls, self._world.now):
            raise NodeFailed(f"machine {ip} is in {other}: have that taken out, it is in no second one")
        if not stands(here, agent_id, how.rolls, self._world.now):
            others = [each for each in self._world.maintenance.windows if not any(_same(each, old) for old in here)]
            mine = window(how.rolls[0], agent_id, ip, ip, self._world.now)
            self._write([*others, Planned((MachineId(ip, ip),), mine.start, mine.duration)])

    def _unschedule(self, agent_id: str, how: Cordon) -> None:
        if mine := self._mine(agent_id, how):
            there = self._world.maintenance.windows
            self._write([each for each in there if not any(_same(each, old) for old in mine)])

    def _mine(self, agent_id: str, how: Cordon) -> list[Window]:
        """For it, or for another agent that its machine had before."""
        agent = self._world.ground.agents.get(agent_id)
        ip = agent.machine.private_ip if agent and agent.listed else ""
        ours = [window for window in self.windows() if any(map(window.of, how.rolls))]
        return [window for window in ours if window.about(agent_id) or window.on(ip, ip)]

    def _write(self, windows: Sequence[Planned]) -> None:
        self._world.maintenance.write(windows, by="tool")

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


def _same(planned: Planned, window: Window) -> bool:
    return (planned.start, planned.duration) == (window.start, window.duration)


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
