"""Mesos as a World has it."""

from __future__ import annotations

from collections.abc import Mapping

from dcosmaint.errors import Fatal, Retryable
from dcosmaint.model import Agent, Agents, ClusterFacts, Cordon, Framework, Resources, Task, Volume, Window
from dcosmaint.sandbox.faces.cordons import Cordons, apart, left
from dcosmaint.sandbox.faces.kept import Kept
from dcosmaint.sandbox.faces.passage import Passage
from dcosmaint.sandbox.world import Rejected, Size
from dcosmaint.sandbox.world import state as true


class Mesos:
    """`MesosReads` and `MesosActs`. One truth is built once, however often it is asked for."""

    def __init__(self, passage: Passage) -> None:
        self._passage = passage
        self._world = passage.world
        self._built = -1
        self._listed: tuple[Agent, ...] = ()
        self._tasks: tuple[Task, ...] = ()
        self._kept: Kept[Agent] = Kept()
        self._cordons = Cordons(self._world)

    def agents(self) -> Agents:
        return self._passage.read("mesos", self._agents)

    def tasks(self) -> tuple[Task, ...]:
        return self._passage.read("mesos", self._live)

    def frameworks(self) -> tuple[Framework, ...]:
        known = self._world.master.frameworks.values()
        return self._passage.read(
            "mesos", lambda: tuple(sorted(Framework(f.name, (f.role,), f.principal) for f in known))
        )

    def facts(self) -> ClusterFacts:
        shape, release = self._world.shape, self._world.shape.release
        variant = "open" if release.variant else ""
        facts = ClusterFacts(release.dcos, release.mesos, variant, shape.masters, release.marathon)
        return self._passage.read("mesos", lambda: facts)

    def flags(self, agent_id: str) -> Mapping[str, str]:
        return self._passage.read("mesos", lambda: self._flags(agent_id))

    def windows(self) -> tuple[Window, ...]:
        return self._passage.read("mesos", self._cordons.windows)

    def cordoned(self, agent: Agent, how: Cordon) -> bool:
        """What an agent says of itself costs no call; the schedule has to be asked for."""
        if how.method != "maintenance":
            return self._cordons.stands(agent, how)
        return self._passage.read("mesos", lambda: self._cordons.scheduled(agent, how))

    def lifted(self, agent_id: str, how: Cordon) -> bool:
        return self._passage.read("mesos", lambda: self._cordons.lifted(agent_id, how))

    def cordon(self, agent_id: str, how: Cordon) -> None:
        self._passage.act("mesos", lambda: self._cordons.cordon(agent_id, how))

    def uncordon(self, agent_id: str, how: Cordon) -> None:
        self._passage.act("mesos", lambda: self._cordons.uncordon(agent_id, how))

    def mark_gone(self, agent_id: str) -> None:
        self._passage.act("mesos", lambda: self._mark_gone(agent_id))

    def _mark_gone(self, agent_id: str) -> None:
        if not self._world.shape.release.marks_gone:
            raise Fatal("Mesos does not know MARK_AGENT_GONE before 1.5")
        try:
            self._world.operator.mark_gone(agent_id, by="tool")
        except Rejected as error:
            if error.status != 404:
                raise

    def _agents(self) -> Agents:
        if self._world.faults.masterless:
            raise Rejected(503, "no agent at all: the master has just started")
        self._build()
        recovered = tuple(agent.id for agent in self._world.ground.listed if agent.recovering)
        return Agents(self._listed, recovered, self._world.now)

    def _live(self) -> tuple[Task, ...]:
        if self._world.faults.masterless:
            return ()
        self._build()
        return self._tasks

    def _build(self) -> None:
        if self._built == self._world.master.changes:
            return
        self._built = self._world.master.changes
        agents = [agent for agent in self._world.ground.listed if not agent.recovering]
        self._listed = tuple(map(self._agent, agents))
        self._tasks = tuple(_task(task) for agent in agents for task in agent.tasks.values())

    def _agent(self, agent: true.Agent) -> Agent:
        machine = agent.machine
        marks = (agent.connected, agent.deactivated, agent.draining, agent.registered_at, agent.reregistered_at)
        stands = (machine.private_ip, machine.public, machine.zone, agent.version, dict(agent.attributes))
        truth = (marks, stands, agent.size, agent.free, tuple(agent.volumes.values()), tuple(agent.set_apart.items()))
        refines = self._world.shape.release.refines
        return self._kept.get(agent.id, truth, lambda: _agent(agent, refines=refines))

    def _flags(self, agent_id: str) -> Mapping[str, str]:
        agent = self._world.ground.agents.get(agent_id)
        if agent is None or not agent.connected:
            raise Retryable(f"agent {agent_id} does not answer")
        return dict(agent.flags)


def resources(size: Size) -> Resources:
    """Mesos counts to three decimals."""
    return Resources(round(size.cpus, 3), round(size.mem, 3), round(size.disk, 3))


def _agent(agent: true.Agent, *, refines: bool) -> Agent:
    machine = agent.machine
    return Agent(
        id=agent.id,
        hostname=machine.private_ip,
        private_ip=machine.private_ip,
        active=agent.active,
        deactivated=agent.deactivated,
        draining=agent.draining,
        registered_at=max(agent.registered_at, agent.reregistered_at),
        public=machine.public,
        zone=f"aws/{machine.zone}",
        attributes=dict(agent.attributes),
        resources=resources(agent.size),
        free=Resources() if machine.public else resources(agent.free),  # all of it is reserved for slave_public
        version=agent.version,
        volumes=tuple(sorted(Volume(v.id, v.role, v.principal) for v in agent.volumes.values())),
        open=left(agent) if refines or not machine.public else Resources(),
        apart=apart(agent),
    )


def _task(task: true.Task) -> Task:
    return Task(task.id, task.name, task.agent_id, task.framework, task.state == "TASK_RUNNING")
