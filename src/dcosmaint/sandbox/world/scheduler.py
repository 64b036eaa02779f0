"""An SDK scheduler: keeps its brokers running, replaces those that are marked, and asks nobody whether that is wise."""

from __future__ import annotations

from functools import partial

from dcosmaint.sandbox.world.faults import Rejected
from dcosmaint.sandbox.world.ground import Ground
from dcosmaint.sandbox.world.kafka import Broker, Phase, SdkService
from dcosmaint.sandbox.world.master import ALLOCATION, GONE, Master
from dcosmaint.sandbox.world.shape import KafkaShape
from dcosmaint.sandbox.world.state import Agent, Task
from dcosmaint.sandbox.world.stores import Store
from dcosmaint.sandbox.world.topics import Topics
from dcosmaint.sandbox.world.volumes import Volume, new_volume


class ServiceScheduler:
    """Of the SDK; `old_scheduler.py` is what differs before it."""

    def __init__(self, ground: Ground, master: Master, service: SdkService) -> None:
        self._ground = ground
        self._master = master
        self.service = service
        kafka = isinstance(service.shape, KafkaShape)
        self.topics: Topics | Store = Topics(ground, service) if kafka else Store(ground, service, self._whole)

    # ---- what an operator may ask

    def replace(self, pod: str, by: str = "tool") -> None:
        """Accepted whatever else goes on. Sent twice, it throws away what it began."""
        self.answer()
        broker = self.broker(pod)
        self._ground.log.write(
            by,
            "replace",
            service=self.service.name,
            pod=pod,
            task=broker.task.id,
            agent=broker.task.agent_id,
            offers=self._ground.agents[broker.task.agent_id].offers,
            recovering=broker.marked or (broker.empty and broker.task.live),  # of an earlier replace
            copies=self.topics.copies(broker),
            replicas=self.topics.replicas(broker),
            unread=0.0 if self.service.readable else round(self._ground.clock.now - self.service.unread_since, 3),
            lost=self._ground.lost,
        )
        broker.marked = True
        self.service.changes += 1
        if broker.task.live:
            delay = self._ground.chance.within(self._ground.shape.shutdown)
            self._ground.clock.after(delay, partial(self._master.end, broker.task, "TASK_KILLED", "replaced"))
        else:
            self.topics.wipe(broker)
            self._poke()

    def answer(self) -> None:
        """Raises `Rejected` while the scheduler itself is down."""
        if not self.service.up:
            raise Rejected(502, f"the scheduler of {self.service.name} does not answer")

    def broker(self, pod: str) -> Broker:
        for broker in self.service.brokers:
            if broker.pod == pod:
                return broker
        raise Rejected(404, f"Pod {pod} not found")

    @property
    def recovery(self) -> str:
        """The status of the recovery plan, folded from its phases as the SDK does it."""
        statuses = {phase.status for phase in self.service.recovery.values()}
        if statuses <= {"COMPLETE"}:
            return "COMPLETE"
        return "IN_PROGRESS" if len(statuses) > 1 else statuses.pop()

    def rejections(self, pod: str) -> list[tuple[str, str, str]]:
        """Each agent whose offer it would not take for a replaced pod, with the stage that fails, and why."""
        member = self.broker(pod)
        others = [b for b in self.service.brokers if b is not member and b.type == member.type and not b.marked]
        taken = {other.task.agent_id for other in others}
        found = []
        for agent in self._ground.listed:
            if agent.offers and agent.id in taken:
                found.append((agent.id, "PlacementRuleEvaluationStage", "MAX_PER 1: one runs there"))
            elif agent.offers and (agent.machine.public or not agent.free.covers(member.size)):
                found.append((agent.id, "ResourceEvaluationStage", "insufficient cpus, mem or disk"))
        return found

    def crash(self, pod: str) -> None:
        """A fault: the broker's process ends. It is restarted in place."""
        self._master.end(self.broker(pod).task, "TASK_FAILED", "the broker crashed")

    # ---- what the master says

    def updated(self, task: Task) -> None:
        broker = next((b for b in self.service.brokers if b.task is task), None)
        if broker is None:
            return
        self.service.changes += 1
        if task.state == "TASK_RUNNING":
            ready = partial(self._ready, broker, broker.placed)
            self._phase(broker, "STARTED")
            self._ground.clock.after(self._ground.chance.within((8.0, 25.0)), ready)
        elif not task.live:
            self.topics.leave(broker)
            broker.marked = broker.marked or (task.state == GONE and self.service.shape.learns)
            if broker.marked:
                self.topics.wipe(broker)
            facts = {"pod": broker.pod, "agent": task.agent_id, "why": task.reason, "lost": self._ground.lost}
            self._ground.log.write("sdk", "lost", service=self.service.name, **facts)
            self._poke()

    def offered(self) -> None:
        self._poke()

    def own_task(self, task: Task) -> None:
        """The scheduler's own task began to run or ended; a new one serves after its JVM and its registration."""
        if task.state == "TASK_RUNNING":
            self._ground.clock.after(self._ground.chance.within((30.0, 60.0)), partial(self._serve, task))
        elif self.service.up and not task.live:
            self.service.up = False
            self.service.changes += 1
            self._ground.log.write("time", "scheduler-down", service=self.service.name)

    def _serve(self, task: Task) -> None:
        if task.live:
            self.service.up = True
            self.service.recovery.clear()
            self.service.restarts.clear()
            self.service.changes += 1
            self._ground.log.write("time", "scheduler-up", service=self.service.name, agent=task.agent_id)
            self._poke()

    # ---- recovery

    def _poke(self) -> None:
        """An offer cycle follows, unless there is nothing to do or one is due already."""
        service = self.service
        if service.cycling or not service.up or all(broker.task.live for broker in service.brokers):
            return
        service.cycling = True
        self._ground.clock.after(self._ground.chance.within((1.0, 6.0)), self._cycle)

    def _cycle(self) -> None:
        self.service.cycling = False
        if not self.service.up:
            return
        self._tidy()
        for broker in self.service.brokers:
            self.look_after(broker)
            if not broker.task.live and not self._late(broker):
                self._recover(broker)

    def look_after(self, broker: Broker) -> None:
        """What it does for one without being asked, beside starting it in its place: nothing."""

    def _late(self, broker: Broker) -> bool:
        """What it has just given up on its old agent is all that there is, and it may take its time until that is
        offered again: to it, unless somebody else is quicker."""
        home = self._ground.agents[broker.task.agent_id]
        fits = home.offers and broker.marked and home.free.covers(broker.size)
        contested = fits and not home.offered(self._ground.clock.now).covers(broker.size)
        return contested and self._ground.chance.happens(0.5)

    def _recover(self, broker: Broker) -> None:
        service = self.service
        kind = "PERMANENT" if broker.marked else "TRANSIENT"
        phase = service.recovery.get(broker.pod)
        if service.shape.api != "brokers" and (phase is None or phase.kind != kind or phase.status != "PENDING"):
            service.recovery[broker.pod] = Phase("PENDING", kind)
            service.changes += 1
        agent = self._place(broker)
        if agent is not None:
            self._launch(broker, agent)

    def _place(self, broker: Broker) -> Agent | None:
        """A marked one goes wherever it fits, also where it came from; any other waits for its own volume."""
        if not broker.marked:
            home, key = broker.task.agent_id, self._key(broker)
            there = (a for a in self._ground.listed if home in a.ids and a.offers and key in a.reserved)
            return next(there, None)
        others = [b for b in self.service.brokers if b is not broker and b.type == broker.type]
        taken = {b.task.agent_id for b in others if not b.marked}
        fits = [a for a in self._master.takers(broker.size, public=False) if a.id not in taken]
        return self._ground.chance.one(fits) if fits else None

    def _launch(self, broker: Broker, agent: Agent) -> None:
        name = broker.task.name
        facts = {"pod": broker.pod, "agent": agent.id, "from": broker.task.agent_id, "empty": broker.marked}
        broker.task = Task(self.task_id(name), name, self.service.name, agent.id, broker.size)
        broker.placed += 1
        if broker.marked:
            self._settle(broker, agent)
        broker.marked = False
        self._phase(broker, "STARTING")
        self.service.changes += 1
        self._ground.log.write("sdk", "placed", service=self.service.name, **facts, lost=self._ground.lost)
        self._master.launch(broker.task)

    def _settle(self, broker: Broker, agent: Agent) -> None:
        """A new place: a reservation, and an empty volume on it. What was under the same name there is destroyed."""
        broker.volume = self.volume(broker.pod, agent.id, broker.placed)
        agent.reserve(self._key(broker), broker.size, broker.volume)

    def volume(self, pod: str, agent_id: str, placed: int) -> Volume:
        """A new one, for the n-th launch of a pod."""
        service = self.service
        path = "kafka-broker-data" if isinstance(service.shape, KafkaShape) else f"{pod.rpartition('-')[0]}-data"
        return new_volume(service.name, service.framework.role, path, pod, agent_id, placed)

    def _ready(self, broker: Broker, placed: int) -> None:
        if broker.placed == placed and broker.running:
            if isinstance(self.service.shape, KafkaShape) or self.service.shape.proof:
                self._complete(broker)
            self.topics.rejoin(broker)

    def _whole(self, broker: Broker) -> None:
        """A member of a store is in sync: where its readiness check waits for that, its step ends only now."""
        if not self.service.shape.proof:
            self._complete(broker)

    def _complete(self, broker: Broker) -> None:
        """Its step of the recovery has ended. After a seed was replaced, all others are restarted, one by one."""
        service = self.service
        if self._key(broker) in self._ground.faults.unfinished:
            return
        self._phase(broker, "COMPLETE")
        if broker.empty and broker.index < (service.shape.seeds or 0):
            service.restarts = [other.pod for other in service.brokers if other is not broker]
            service.recovery.update({pod: Phase("PENDING", "TRANSIENT") for pod in service.restarts})
            service.changes += 1
        if service.restarts:
            self._master.end(self.broker(service.restarts.pop(0)).task, "TASK_KILLED", "restarted")

    def _phase(self, broker: Broker, status: str) -> None:
        if broker.pod in self.service.recovery:
            self.service.recovery[broker.pod].status = status

    def _tidy(self) -> None:
        """Leftovers of earlier replaces are given back when their agent offers them."""
        homes = {self._key(b): "" if b.marked else b.task.agent_id for b in self.service.brokers}
        for agent in self._ground.listed:
            for key in [k for k in agent.reserved if homes.get(k, agent.id) not in agent.ids and agent.offers]:
                self._master.free(agent, agent.unreserve(key))
                self._master.changes += 1
                self._ground.clock.after(ALLOCATION, self._poke)  # that is offered a little later

    def _key(self, broker: Broker) -> str:
        return f"{self.service.name}/{broker.pod}"

    def task_id(self, name: str) -> str:
        """`<service with dots>__<task>__<uuid>`."""
        return f"{self.service.name.replace('/', '.')}__{name}__{self._ground.chance.uuid()}"
