"""survey → inventory: look at the cluster once, through the reading ports, and join what they say.

Unknown is unhealthy: what can't be joined becomes a blocker with its reason, never a guess.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from dcosmaint.model import (
    Agent,
    Agents,
    App,
    Data,
    Finding,
    Framework,
    Instance,
    Inventory,
    Node,
    Placed,
    Service,
    Task,
    Volume,
)
from dcosmaint.site import Site

T = TypeVar("T")

MARATHON = "marathon"
ALIVE = ("pending", "running", "stopping", "stopped")


@dataclass(frozen=True)
class _Parts:
    """What each port said, a moment apart."""

    agents: Agents
    tasks: tuple[Task, ...]
    frameworks: tuple[Framework, ...]
    services: tuple[Service, ...]
    apps: tuple[App, ...]
    placed: tuple[Placed, ...]
    instances: dict[str, Instance]


def survey(site: Site, now: float) -> Inventory:
    """Raises `Retryable` when a part of the cluster does not answer."""
    parts = _read(site)
    nodes = tuple(_join(parts))
    return Inventory(
        at=now,
        clock=parts.agents.at,
        nodes=nodes,
        agents=parts.agents.listed,
        services=parts.services,
        apps=parts.apps,
        facts=site.mesos.facts(),
        images=site.terraform.images(),
        blockers=(*_blockers(parts, nodes), *_carriers(nodes, site), *_exposed(site.terraform.exposed())),
        warnings=tuple(_strangers(parts, nodes)),
        frameworks=tuple(sorted({framework.name for framework in parts.frameworks})),
        windows=site.mesos.windows(),
    )


def others(tasks: Sequence[Task], services: Sequence[Service]) -> tuple[Task, ...]:
    """Tasks of frameworks that nobody here knows how to move: another Marathon, Metronome, Spark."""
    known = {MARATHON, *(service.name for service in services)}
    return tuple(task for task in tasks if task.framework not in known)


def _read(site: Site) -> _Parts:
    placed = site.terraform.placed()
    instances = site.ec2.in_full([p.instance_id for p in placed])
    return _Parts(
        agents=site.mesos.agents(),
        tasks=site.mesos.tasks(),
        frameworks=site.mesos.frameworks(),  # after the agents: whoever has a volume by then is known by now
        services=site.services.all(),
        apps=site.marathon.apps(),
        placed=placed,
        instances={instance.id: instance for instance in instances},
    )


def _join(parts: _Parts) -> Iterator[Node]:
    at = _grouped((agent.private_ip, agent) for agent in parts.agents.listed)
    load = _Load(parts)
    for placed in parts.placed:
        if instance := parts.instances.get(placed.instance_id):
            # A terminated instance has no agent: its address may be somebody else's by now.
            agents = at.get(instance.private_ip, []) if instance.state in ALIVE else []
            yield load.node(placed, instance, agents[0] if len(agents) == 1 else None)


class _Load:
    """What runs on each agent, sorted out once for all nodes."""

    def __init__(self, parts: _Parts) -> None:
        services = parts.services
        self._tasks = Counter(task.agent_id for task in parts.tasks)
        self._others = _grouped((task.agent_id, task.framework) for task in others(parts.tasks, services))
        self._members = _grouped((pod.agent_id, pod.member) for service in services for pod in service.pods)
        self._schedulers = _grouped((service.scheduler_agent, service.name) for service in services)
        self._frameworks = _grouped((role, framework) for framework in parts.frameworks for role in framework.roles)
        self._apps: dict[str, Counter[str]] = {}
        for app in parts.apps:
            for agent_id in app.on:
                self._apps.setdefault(agent_id, Counter())[app.id] += 1

    def node(self, placed: Placed, instance: Instance, agent: Agent | None) -> Node:
        if agent is None:
            return Node(placed.address, placed.group, instance, agent)
        return Node(
            placed.address,
            placed.group,
            instance,
            agent,
            members=tuple(sorted(self._members.get(agent.id, []))),
            schedulers=tuple(self._schedulers.get(agent.id, [])),
            apps=dict(self._apps.get(agent.id, {})),
            tasks=self._tasks[agent.id],
            frameworks=dict(sorted(Counter(self._others.get(agent.id, ())).items())),
            data=tuple(Data(volume, self._owners(volume)) for volume in agent.volumes),
        )

    def _owners(self, volume: Volume) -> tuple[str, ...]:
        """Those of its role; where several share one, the principal tells them apart."""
        sharing = self._frameworks.get(volume.role, [])
        same = [framework for framework in sharing if framework.principal == volume.principal]
        return tuple(sorted({framework.name for framework in same or sharing}))


def _grouped(pairs: Iterable[tuple[str, T]]) -> dict[str, list[T]]:
    groups: dict[str, list[T]] = {}
    for key, thing in pairs:
        groups.setdefault(key, []).append(thing)
    return groups


def _blockers(parts: _Parts, nodes: Sequence[Node]) -> Iterator[Finding]:
    for agent in parts.agents.recovered:
        yield Finding("recovered-agents", agent, "not re-registered since the master's failover: wait for it")
    for placed in parts.placed:
        if placed.instance_id not in parts.instances:
            yield Finding(
                "unjoined",
                placed.address,
                f"EC2 does not know {placed.instance_id}, which Terraform's state names: remove it there",
            )
    crowd = Counter(agent.private_ip for agent in parts.agents.listed)
    for node in nodes:
        if crowd[node.private_ip] > 1 and node.instance.state in ALIVE:
            says = f"{crowd[node.private_ip]} agents are listed at {node.private_ip}: stop those that are not its own"
            yield Finding("unjoined", node.address, says)


def _carriers(nodes: Sequence[Node], site: Site) -> Iterator[Finding]:
    """Nodes that others are reached through."""
    bastions = {host for node in nodes if node.private_ip for host in site.bastions(node.private_ip)}
    for node in nodes:
        if bastions and bastions.intersection(node.names):
            says = "our own SSH goes through this node: use another bastion for its turn"
            yield Finding("bastion", node.address, says)


def _exposed(groups: Sequence[str]) -> Iterator[Finding]:
    for group in groups:
        yield Finding(
            "terraform-exposed",
            group,
            "has no `lifecycle { ignore_changes = [ami] }`: while the roll is under way any plain `terraform apply`, of"
            " anybody, replaces every node that is left: add it",
            acceptable=True,
        )


def _strangers(parts: _Parts, nodes: Sequence[Node]) -> Iterator[Finding]:
    joined = {node.agent_id for node in nodes}
    for agent in parts.agents.listed:
        if agent.id not in joined:
            message = f"agent {agent.id} is at no instance of the configured Terraform groups: it is left alone"
            yield Finding("stranger", agent.private_ip, message)
