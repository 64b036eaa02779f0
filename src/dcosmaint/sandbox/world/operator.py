"""What an operator may ask of a Mesos master that ends what runs: to drain an agent, and to give one up for ever."""

from __future__ import annotations

from functools import partial

from dcosmaint.sandbox.world import master
from dcosmaint.sandbox.world.faults import Rejected
from dcosmaint.sandbox.world.ground import Ground
from dcosmaint.sandbox.world.master import Master
from dcosmaint.sandbox.world.state import Agent, Drain
from dcosmaint.sandbox.world.systemd import Systemd

DRAINING, GONE = "drained by the operator", "Agent has been marked gone"


class Operator:
    def __init__(self, ground: Ground, master: Master, systemd: Systemd) -> None:
        self._ground = ground
        self._master = master
        self._systemd = systemd
        master.told_of = self._registered

    def drain(self, agent_id: str, drain: Drain, by: str = "operator") -> None:
        """Its tasks are killed, and no patience helps them: the default command executor does not look at it."""
        agent = self._ground.agents.get(agent_id)
        if agent is None or not agent.listed:
            raise Rejected(400, "Unknown agent")
        self._ground.tell(by, "drain", agent.machine, mark_gone=drain.mark_gone)
        agent.deactivated, agent.drain = True, drain
        self._master.changes += 1
        self._drain(agent)

    def _drain(self, agent: Agent) -> None:
        """One that does not answer is drained once it is back."""
        for task in list(agent.tasks.values()) if agent.connected else []:
            self._ground.clock.after(self._ground.chance.within((0.5, 3.0)), partial(self._kill, agent, task.id))
        if not agent.tasks:
            self._drained(agent)

    def _kill(self, agent: Agent, task_id: str) -> None:
        task = agent.tasks.get(task_id)
        if task and agent.drain and agent.connected:
            self._master.end(task, "TASK_KILLED", DRAINING)
            if not agent.tasks:
                self._drained(agent)

    def _drained(self, agent: Agent) -> None:
        self._master.changes += 1
        if agent.drain and agent.drain.mark_gone:
            self.mark_gone(agent.id)

    def _registered(self, agent: Agent) -> None:
        if agent.drain:
            self._drain(agent)

    def mark_gone(self, agent_id: str, by: str = "operator") -> None:
        """Refused for one that has unregistered: the master remembers only whom it lost, or gave up."""
        agent = self._ground.agents.get(agent_id)
        if agent is None or not (agent.listed or agent.unreachable or agent.gone):
            raise Rejected(404, f"Agent '{agent_id}' not found")
        if agent.gone:
            return
        self._ground.tell(by, "agent-gone", agent.machine, how="marked gone", state=agent.machine.state)
        agent.gone, drain = True, agent.drain
        self._master.forget(agent, GONE)
        self._master.remove(agent, GONE, master.GONE)
        agent.drain = drain  # asked to reactivate it, the master still says that it drains
        if agent.machine.agent_id == agent.id:
            self._systemd.shut_down(agent.machine)
