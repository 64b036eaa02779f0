"""survey → inventory: look at the cluster once, through the reading ports, and join what they say.

Unknown is unhealthy: what can't be joined becomes a blocker with its reason, never a guess.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from dcosmaint.model import Agent, Agents, App, Finding, Instance, Inventory, Member, Node, Placed, Service, Task
from dcosmaint.site import Site

MARATHON = "marathon"
ALIVE = ("pending", "running", "stopping", "stopped")


@dataclass(frozen=True)
class _Parts:
    """What each port said, a moment apart."""

    agents: Agents
    tasks: tuple[Task, ...]
    services: tuple[Service, ...]
    apps: tuple[App, ...]
    placed: tuple[Placed, ...]
    instances: dict[str, Instance]


def survey(site: Site, now: float) -> Inventory:
    """Raises `Retryable` when a part of the cluster does not answer."""
    parts = _read(site)
    nodes = tuple(_join(placed, parts) for placed in parts.placed if placed.instance_id in parts.instances)
    return Inventory(
        at=now,
        nodes=nodes,
        agents=parts.agents.listed,
        services=parts.services,
        apps=parts.apps,
        facts=site.mesos.facts(),
        images=site.terraform.images(),
        blockers=(*_blockers(parts, nodes, site.bastions), *_exposed(site.terraform.exposed())),
        warnings=tuple(_strangers(parts, nodes)),
    )


def _read(site: Site) -> _Parts:
    placed = site.terraform.placed()
    instances = site.ec2.instances([p.instance_id for p in placed])
    return _Parts(
        agents=site.mesos.agents(),
        tasks=site.mesos.tasks(),
        services=site.services.all(),
        apps=site.marathon.apps(),
        placed=placed,
        instances={instance.id: instance for instance in instances},
    )


def _join(placed: Placed, parts: _Parts) -> Node:
    instance = parts.instances[placed.instance_id]
    bare = Node(placed.address, placed.group, instance, agent=None)
    agents = _at(instance, parts.agents.listed)
    return _furnish(replace(bare, agent=agents[0]), agents[0].id, parts) if len(agents) == 1 else bare


def _at(instance: Instance, listed: Sequence[Agent]) -> tuple[Agent, ...]:
    """The agents at an instance's address. A terminated one has none: its address may be somebody else's by now."""
    if instance.state not in ALIVE:
        return ()
    return tuple(agent for agent in listed if agent.private_ip == instance.private_ip)


def _furnish(node: Node, agent_id: str, parts: _Parts) -> Node:
    here = [task for task in parts.tasks if task.agent_id == agent_id]
    known = {MARATHON, *(service.name for service in parts.services)}
    return replace(
        node,
        members=_members(agent_id, parts.services),
        schedulers=tuple(service.name for service in parts.services if service.scheduler_agent == agent_id),
        apps={app.id: count for app in parts.apps if (count := app.on.count(agent_id))},
        tasks=len(here),
        unknown=tuple(sorted({task.framework for task in here} - known)),
    )


def _members(agent_id: str, services: Sequence[Service]) -> tuple[Member, ...]:
    return tuple(sorted(pod.member for service in services for pod in service.pods if pod.agent_id == agent_id))


def _blockers(parts: _Parts, nodes: Sequence[Node], bastions: Sequence[str]) -> Iterator[Finding]:
    for agent in parts.agents.recovered:
        yield Finding("recovered-agents", agent, "known to the master, and not re-registered since its failover")
    for placed in parts.placed:
        if placed.instance_id not in parts.instances:
            yield Finding(
                "unjoined", placed.address, f"EC2 does not know {placed.instance_id}, which Terraform's state names"
            )
    crowd = Counter(agent.private_ip for agent in parts.agents.listed)
    for node in nodes:
        if crowd[node.private_ip] > 1 and node.instance.state in ALIVE:
            yield Finding("unjoined", node.address, f"{crowd[node.private_ip]} agents are listed at {node.private_ip}")
        if {node.private_ip, node.instance.id, *node.names} & set(bastions):
            yield Finding(
                "bastion", node.address, "our own SSH goes through this node: use another bastion for its turn"
            )


def _exposed(groups: Sequence[str]) -> Iterator[Finding]:
    for group in groups:
        yield Finding(
            "terraform-exposed",
            group,
            "has no `lifecycle { ignore_changes = [ami] }`: while the roll is under way any plain `terraform apply`, of"
            " anybody, replaces every node that is left",
            acceptable=True,
        )


def _strangers(parts: _Parts, nodes: Sequence[Node]) -> Iterator[Finding]:
    joined = {node.agent_id for node in nodes}
    for agent in parts.agents.listed:
        if agent.id not in joined:
            message = f"agent {agent.id} is at no instance of the configured Terraform groups: it is left alone"
            yield Finding("stranger", agent.private_ip, message)
