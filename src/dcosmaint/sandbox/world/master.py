"""The Mesos master: agents come and go, frameworks launch tasks on those that take offers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from dcosmaint.sandbox.world.events import Events, Scheduler
from dcosmaint.sandbox.world.faults import Rejected
from dcosmaint.sandbox.world.ground import Ground
from dcosmaint.sandbox.world.shape import Size
from dcosmaint.sandbox.world.state import Agent, Framework, Machine, Task

ALLOCATION = 1.0
"""Seconds between two rounds of the allocator: what became free is offered to nobody before the next one."""

GONE = "TASK_GONE_BY_OPERATOR"
UNREACHABLE_AFTER = 300.0
"""Seconds until a disconnected agent is taken off the list: 20 pings of 15 s on DC/OS."""


class Master:
    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self.id = ground.chance.uuid()
        self.frameworks: dict[str, Framework] = {}
        self._schedulers: dict[str, Scheduler] = {}
        self.events = Events()
        self.told_of: Callable[[Agent], None] = lambda _agent: None  # whoever registers
        self.away: Callable[[Machine], bool] = lambda _machine: False  # whether a window of its machine has begun
        self.freed_of: Callable[[Agent], None] = lambda _agent: None  # an agent of which something became free
        self.changes = 0

    @property
    def version(self) -> str:
        return self._ground.shape.release.mesos

    # ---- frameworks and tasks

    def framework(self, name: str, role: str, *, aware: bool = True) -> Framework:
        framework = Framework(f"{self.id}-{len(self.frameworks):04d}", name, role, aware)
        self.frameworks[name] = framework
        return framework

    def subscribe(self, framework: Framework, scheduler: Scheduler) -> None:
        self._schedulers[framework.name] = scheduler

    def launch(self, task: Task) -> None:
        """A framework took an offer. The task runs a little later, if its agent lets it."""
        task.launched_at = self._ground.clock.now
        self._ground.agents[task.agent_id].tasks[task.id] = task
        self.events.tell("TASK_ADDED", task)
        self.changes += 1
        self._ground.clock.after(self._ground.chance.within((2.0, 8.0)), lambda: self._start(task))

    def run(self, task: Task) -> None:
        """The task has long been running: how a cluster begins."""
        task.launched_at = task.running_at = self._ground.clock.now - 86400.0
        task.state = "TASK_RUNNING"
        self._ground.agents[task.agent_id].tasks[task.id] = task

    def _start(self, task: Task) -> None:
        agent = self._ground.agents[task.agent_id]
        if not task.live:
            return
        if task.docker and not agent.machine.docker:
            if agent.offers:
                self._ground.tell("marathon", "black-hole", agent.machine, task=task.name)
            self.end(task, "TASK_FAILED", "docker is not running")
            return
        if not agent.connected:
            self._ground.clock.after(5.0, lambda: self._start(task))  # it is heard of when the agent is back
            return
        task.state, task.running_at = "TASK_RUNNING", self._ground.clock.now
        self.events.tell("TASK_UPDATED", task)
        self.changes += 1
        self._schedulers[task.framework].updated(task)

    def end(self, task: Task, state: str, reason: str) -> None:
        """A live task ends, and its framework hears of it."""
        if not task.live:
            return
        task.state, task.reason, task.ended_at = state, reason, self._ground.clock.now
        agent = self._ground.agents[task.agent_id]
        agent.tasks.pop(task.id, None)
        if task.loose or task.framework == "marathon":
            self.free(agent, task.size)
        completed = self.frameworks[task.framework].completed
        completed.append(task)
        del completed[:-100]
        self.events.tell("TASK_UPDATED", task)
        self.changes += 1
        self._schedulers[task.framework].updated(task)

    def takers(self, size: Size, *, public: bool, mindful: bool = False) -> list[Agent]:
        """Agents with an offer that fits, in the order of their registration.

        `mindful`: whoever asks takes none of a machine that is about to go away.
        """
        there = [agent for agent in self._ground.listed if agent.offers and agent.machine.public == public]
        if mindful:
            there = [agent for agent in there if not self.away(agent.machine)]
        now = self._ground.clock.now
        return [agent for agent in there if (agent.offered(now) if agent.freed else agent.free).covers(size)]

    def free(self, agent: Agent, size: Size) -> None:
        """It is offered with the next round of the allocator."""
        now, began = self._ground.clock.now, self._ground.clock.began
        agent.freed.append((now + ALLOCATION - (now - began) % ALLOCATION, size))
        self.freed_of(agent)

    def room(self) -> None:
        """Somewhere something became free: all frameworks get offers."""
        self.changes += 1
        for scheduler in self._schedulers.values():
            scheduler.offered()

    # ---- agents

    def register(self, machine: Machine) -> Agent:
        """An agent process says hello: under the id in its work dir, or under a new one."""
        ground, now = self._ground, self._ground.clock.now
        agent = self._known(machine)
        added, back = agent is None or not agent.listed, machine.installed
        if agent is None:
            agent = self._admit(machine)
        else:
            agent.machine, machine.installed = machine, True
            agent.registered_at = agent.registered_at if agent.listed else now
            agent.reregistered_at = now
        ground.tell("mesos", "agent-registered", machine, old=back, ami=machine.ami)
        agent.set_apart, agent.unsaved = agent.on_disk, []
        agent.listed = agent.connected = True
        agent.recovering = agent.unreachable = False
        if added:
            self.events.tell("AGENT_ADDED", agent)
        self.told_of(agent)
        self.freed_of(agent)
        self.room()
        return agent

    def admits(self, machine: Machine) -> bool:
        """Not one that was marked gone: that is told to shut down, at each of its starts.

        An agent whose work dir is of one at another address, or with more than it has, ends by itself at each of them.
        """
        agent = self._known(machine)
        if agent is None or agent.machine is machine:
            return agent is None or not agent.gone
        wants = self._ground.faults.attributes.get(machine.address, agent.attributes) == agent.attributes
        fits = self._ground.faults.sizes.get(machine.address, machine.size).covers(agent.size)
        return wants and fits and not agent.gone and agent.machine.private_ip == machine.private_ip

    def _known(self, machine: Machine) -> Agent | None:
        """The agent that its work dir tells of."""
        return None if machine.emptied or machine.forgotten else self._ground.agents.get(machine.agent_id)

    def _admit(self, machine: Machine) -> Agent:
        ground, address = self._ground, machine.address
        old = None if machine.emptied else ground.agents.get(machine.agent_id)
        if not machine.agent_id or machine.emptied or machine.forgotten:
            machine.agent_id, machine.emptied, machine.forgotten = f"{self.id}-S{len(ground.agents)}", False, False
        machine.installed = True
        agent = Agent(machine.agent_id, machine, ground.clock.now, ground.faults.sizes.get(address, machine.size))
        agent.version = self.version
        agent.attributes = ground.faults.attributes.get(address, machine.attributes)
        agent.flags = {"cgroups_enable_cfs": "true", **ground.faults.flags.get(address, {})}
        ground.agents[agent.id], agent.ids = agent, (agent.id,)
        if old:
            self._inherit(agent, old)
        return agent

    def _inherit(self, agent: Agent, old: Agent) -> None:
        """Reservations and volumes are in meta/resources, whoever the agent is."""
        agent.ids = (*old.ids, agent.id)
        agent.reserved, agent.volumes, agent.set_apart = old.reserved, old.volumes, old.on_disk
        old.reserved, old.volumes = {}, {}

    def unregister(self, agent_id: str) -> None:
        """The agent says goodbye: gone at once, and with it every mark of a deactivation."""
        agent = self._ground.agents[agent_id]
        if agent.listed:
            self._ground.tell("mesos", "agent-gone", agent.machine, how="unregistered")
            self.remove(agent, "the agent unregistered")
            self.events.tell("AGENT_REMOVED", agent)

    def disconnect(self, agent_id: str) -> None:
        """Its connection broke. Nobody is told anything for five minutes."""
        agent = self._ground.agents.get(agent_id)
        if agent is None or not agent.listed or not agent.connected:
            return
        agent.connected = False
        self.changes += 1
        since = self._ground.clock.now
        self._ground.clock.after(UNREACHABLE_AFTER, lambda: self._unreachable(agent, since))

    def _unreachable(self, agent: Agent, since: float) -> None:
        if agent.listed and not agent.connected and agent.reregistered_at <= since:
            silent = round(since - self._ground.clock.began, 3)
            self._ground.tell("mesos", "agent-gone", agent.machine, how="unreachable", silent=silent)
            agent.unreachable, deactivated = True, agent.deactivated
            self.remove(agent, "health check timed out", "TASK_UNREACHABLE")
            agent.deactivated = deactivated  # the registry keeps that with the id

    def remove(self, agent: Agent, reason: str, state: str = "TASK_LOST") -> None:
        """`state`: of its tasks, for those frameworks that are told apart what became of them."""
        agent.listed = agent.connected = agent.deactivated = agent.recovering = False
        agent.drain = None
        self.changes += 1
        for task in list(agent.tasks.values()):
            self.end(task, state if self.frameworks[task.framework].aware else "TASK_LOST", reason)

    def forget(self, agent: Agent, reason: str) -> None:
        """An agent that could not be reached is gone for good: what ran there is, too."""
        for framework in self.frameworks.values():
            for task in framework.completed:
                if task.agent_id == agent.id and task.state == "TASK_UNREACHABLE":
                    task.state, task.reason, task.ended_at = GONE, reason, self._ground.clock.now
                    self.events.tell("TASK_UPDATED", task)
                    self._schedulers[framework.name].updated(task)
        self.changes += 1

    def deactivate(self, agent_id: str, by: str = "tool") -> None:
        if not self._ground.shape.release.deactivates:
            raise Rejected(501, "Mesos does not know DEACTIVATE_AGENT before 1.9")
        agent = self._ground.agents.get(agent_id)
        if agent is None or not agent.listed:
            raise Rejected(400, "Unknown agent")
        self._ground.tell(by, "cordon-again" if agent.deactivated else "deactivate", agent.machine)
        agent.deactivated = True
        self.changes += 1

    def reactivate(self, agent_id: str, by: str = "tool") -> None:
        agent = self._ground.agents.get(agent_id)
        if agent is None or not agent.deactivated:
            raise Rejected(400, "Agent is not deactivated")  # what Mesos says of one that it does not know, too
        self._ground.tell(by, "reactivate", agent.machine)
        agent.deactivated, agent.drain = False, None
        self.room()

    def fail_over(self) -> None:
        """Another master leads: every agent is recovered from the registry until it re-registers."""
        self.events.end()
        self._ground.led_since = self._ground.clock.now
        for agent in self._ground.listed:
            agent.recovering = True
            delay = self._ground.chance.within((1.0, 40.0))
            self._ground.clock.after(delay, partial(self._back, agent))
        self.changes += 1

    def _back(self, agent: Agent) -> None:
        if agent.recovering and agent.connected:
            agent.recovering, agent.reregistered_at = False, self._ground.clock.now
            self.room()
