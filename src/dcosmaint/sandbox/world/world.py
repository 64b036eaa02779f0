"""One pretend cluster: its parts, and the ways to build it and to make it go wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dcosmaint.sandbox.world.balancers import Balancers
from dcosmaint.sandbox.world.chance import Chance
from dcosmaint.sandbox.world.clock import EPOCH, Clock
from dcosmaint.sandbox.world.cloud import Cloud
from dcosmaint.sandbox.world.followers import Followers
from dcosmaint.sandbox.world.ground import Ground
from dcosmaint.sandbox.world.jobs import Jobs
from dcosmaint.sandbox.world.kafka import Broker, SdkService, TopicPartition
from dcosmaint.sandbox.world.log import EventLog
from dcosmaint.sandbox.world.maintenance import Maintenance
from dcosmaint.sandbox.world.marathon import Marathon
from dcosmaint.sandbox.world.master import Master
from dcosmaint.sandbox.world.old_scheduler import OldScheduler
from dcosmaint.sandbox.world.operator import Operator
from dcosmaint.sandbox.world.packer import Packer
from dcosmaint.sandbox.world.reservations import Reservations
from dcosmaint.sandbox.world.scheduler import ServiceScheduler
from dcosmaint.sandbox.world.shape import AppShape, JobsShape, KafkaShape, NodeShape, ServiceShape, Shape, Size
from dcosmaint.sandbox.world.state import Agent, App, Machine, Task
from dcosmaint.sandbox.world.systemd import Systemd
from dcosmaint.sandbox.world.terraform import Terraform
from dcosmaint.sandbox.world.volumes import Volume, new_volume, role_of

Copies = tuple[str, int, tuple[int, ...]]
"""One partition: topic, number, the broker indexes that are in sync."""

DISK = Size(disk=10240.0)


class World:
    """Nothing in it moves but by `advance`. `log` is what happened, and `ground` what is true."""

    def __init__(self, shape: Shape | None = None, began: float = EPOCH) -> None:
        """An empty cluster: add to it, or let `build` do so. `began`: its first moment, for a World in real time."""
        self.shape = shape or Shape()
        self.clock = Clock(began)
        self._log = EventLog(self.clock)
        chance = Chance(self.shape.seed)
        self.ground = Ground(self.shape, self.clock, chance, self._log)
        self.master = Master(self.ground)
        self.systemd = Systemd(self.ground, self.master)
        self.reservations = Reservations(self.ground, self.master)
        self.followers = Followers(self.ground, self.master, self.reservations)
        self.maintenance = Maintenance(self.ground)
        self.master.away = self.maintenance.away
        self.operator = Operator(self.ground, self.master, self.systemd)
        self.cloud = Cloud(self.ground, self.systemd)
        self.marathon = Marathon(self.ground, self.master)
        self.balancers = Balancers(self.ground)
        self.terraform = Terraform(self.ground, self.cloud, self.balancers)
        self.packer = Packer(self.ground, self.cloud)
        self.schedulers: dict[str, ServiceScheduler] = {}
        self.jobs: dict[str, Jobs] = {}
        self.faults = self.ground.faults
        self.cluster_id = chance.uuid()

    # ---- time

    @property
    def now(self) -> float:
        return self.clock.now

    def advance(self, to: float) -> None:
        self.clock.advance(to)

    def at(self, seconds: float, effect: Callable[[], None]) -> None:
        """Have something happen that many seconds from now: a fault, say."""
        self.clock.after(seconds, effect)

    @property
    def log(self) -> list[str]:
        return self._log.lines

    def note(self, what: str, **facts: str) -> None:
        """Write into the log what nobody did that the World knows."""
        self._log.write("time", what, **facts)

    # ---- building

    def add_node(self, shape: NodeShape) -> Agent:
        """A node that is up: its instance runs and its agent is registered."""
        machine = self.cloud.add(shape)
        machine.state, machine.docker, machine.process = "running", True, True
        machine.agent_id = shape.agent_id
        machine.launched_at -= 30 * 86400.0
        self.terraform.state[machine.address] = machine.id
        self.terraform.attachments.found(machine)
        self.terraform.images.setdefault(machine.group, machine.ami)
        agent = self.master.register(machine)
        agent.registered_at -= 29 * 86400.0
        return agent

    def add_service(
        self, shape: ServiceShape, on: Sequence[str], scheduler_on: str, copies: Sequence[Copies] | None = None
    ) -> SdkService:
        """A service whose pod n runs on the agent `on[n]`; `copies` are a Kafka's partitions where they are known."""
        framework = self.master.framework(shape.name, role_of(shape.name), aware=shape.api != "brokers")
        service = SdkService(shape, framework)
        kind = OldScheduler if shape.api == "brokers" else ServiceScheduler
        scheduler = kind(self.ground, self.master, service)
        self.master.subscribe(service.framework, scheduler)
        for index, agent_id in enumerate(on):
            self._add_broker(scheduler, index, agent_id)
        spread = _spread(shape) if isinstance(shape, KafkaShape) else ()
        for topic, number, isr in spread if copies is None else copies:
            service.partitions.append(TopicPartition(topic, number, isr, list(isr), isr[0] if isr else -1))
        self.ground.services[shape.name] = service
        self.schedulers[shape.name] = scheduler
        app = AppShape(service.app_id, 1, size=Size(0.5, 1024.0))
        self.marathon.add(App(app, _labels(shape)), [self.ground.agents[scheduler_on]])
        self.marathon.watch(service.app_id, scheduler.own_task)
        return service

    def _add_broker(self, scheduler: ServiceScheduler, index: int, agent_id: str) -> None:
        service = scheduler.service
        pod, task_name = service.shape.pods[index], service.shape.task
        name = f"{pod}-{task_name}" if task_name else pod
        task = Task(scheduler.task_id(name), name, service.name, agent_id, service.shape.size)
        self.master.run(task)
        broker = Broker(index, pod, service.shape.size, task, scheduler.volume(pod, agent_id, 0))
        self.ground.agents[agent_id].reserve(f"{service.name}/{pod}", broker.size, broker.volume)
        service.brokers.append(broker)

    def add_app(self, shape: AppShape, on: Sequence[str]) -> App:
        app = App(shape)
        self.marathon.add(app, [self.ground.agents[agent_id] for agent_id in on])
        return app

    def add_jobs(self, shape: JobsShape, on: Sequence[str]) -> Jobs:
        """A framework of one-shot jobs, one of which has begun on each of these agents."""
        self.jobs[shape.name] = jobs = Jobs(self.ground, self.master, shape)
        for agent_id in on:
            jobs.run(agent_id)
        return jobs

    def begin(self) -> None:
        """Write the first line of the log: what the cluster is. Call it once, when it is built."""
        ground = self.ground
        nodes = [
            {"instance": m.id, "address": m.address, "agent": m.agent_id, "public": m.public, "ami": m.ami}
            for m in ground.machines.values()
        ]
        services = {name: [broker.pod for broker in s.brokers] for name, s in ground.services.items()}
        apps = {app.id: app.shape.instances for app in ground.apps.values()}
        apart = {name: s.shape.apart for name, s in ground.services.items() if s.shape.apart}
        self.log.clear()
        balancers = {
            b.shape.name: [m.address for m in ground.machines.values() if b.called(m) in b.targets]
            for b in ground.balancers.values()
        }
        more = {name: what for name, what in (("apart", apart), ("balancers", balancers)) if what}
        began = self.ground.clock.began
        self._log.write("time", "cluster", began=began, nodes=nodes, services=services, apps=apps, **more)

    # ---- what others may do to it

    def machine(self, instance_id: str) -> Machine:
        return self.ground.machines[instance_id]

    def node(self, address: str) -> Machine:
        """The machine that Terraform's state has at an address."""
        return self.ground.machines[self.terraform.state[address]]

    def leave_volume(self, agent_id: str, framework: str, role: str = "", size: Size = DISK) -> Volume:
        """Data that a framework keeps on an agent without any task there; Mesos need not know the framework at all."""
        agent = self.ground.agents[agent_id]
        key = f"{framework}/left-{len(agent.volumes)}"
        volume = new_volume(framework, role or role_of(framework), "data", key, agent_id)
        agent.reserve(key, size, volume)
        self.master.changes += 1
        return volume

    def crash(self, service: str, pod: str) -> None:
        self.schedulers[service].crash(pod)

    def respread(self, app_id: str) -> None:
        """Somebody kills one instance of an app, for Marathon to look for a better place for it."""
        self.master.end(self.ground.apps[app_id].tasks[-1], "TASK_KILLED", "killed by an operator")

    def vanish(self, instance_id: str) -> None:
        """Somebody else terminates an instance."""
        self.machine(instance_id).protected = False
        self.cloud.terminate(instance_id, by="operator")


def _spread(shape: KafkaShape) -> list[Copies]:
    """Replicas one after the other around the brokers, as Kafka assigns them."""
    found, start = [], 0
    for topic in shape.topics:
        for number in range(topic.partitions):
            isr = tuple(sorted((start + step) % shape.brokers for step in range(topic.replication)))
            found.append((topic.name, number, isr))
            start += 1
    return found


def _labels(shape: ServiceShape) -> dict[str, str]:
    """What the package's template writes on the scheduler's app."""
    labels = {
        "DCOS_PACKAGE_NAME": shape.package,
        "DCOS_PACKAGE_FRAMEWORK_NAME": shape.name,
        "DCOS_SERVICE_NAME": shape.name,
        "DCOS_SERVICE_PORT_INDEX": "0",
        "DCOS_SERVICE_SCHEME": "http",
        "MARATHON_SINGLE_INSTANCE_APP": "true",
    }
    if shape.api == "brokers":
        return {**labels, "DCOS_MIGRATION_API_VERSION": "v1", "DCOS_MIGRATION_API_PATH": "/v1/plan"}
    return {**labels, "DCOS_COMMONS_API_VERSION": "v1", "DCOS_COMMONS_UNINSTALL": "true"}
