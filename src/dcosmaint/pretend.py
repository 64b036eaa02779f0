"""A pretend copy of a surveyed cluster. What a survey does not tell (how fast it re-syncs and boots) is assumed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dcosmaint.model import (
    DEACTIVATE,
    HEALTHY,
    Agent,
    App,
    Inventory,
    Node,
    Pod,
    Resources,
    Roll,
    Service,
    natural,
)
from dcosmaint.model.kinds import kind_of
from dcosmaint.planner.work_dirs import outlives
from dcosmaint.sandbox.world import AppShape, BalancerShape, KafkaShape, NodeShape, Shape, Size, StoreShape, World
from dcosmaint.sandbox.world.shape import ServiceShape

SEED = 1 << 40
"""No sandbox has it: the copy of a sandbox would else make up ids that the sandbox has made up already."""


def pretend(inventory: Inventory, roll: Roll, assumed: Shape) -> World:
    profile = "2.1" if inventory.facts.can(DEACTIVATE) else "1.11"
    shape = replace(assumed, profile=profile, services=(), apps=(), seed=SEED)
    world = World(replace(shape, same_ip=1.0) if roll.policy.work_dir == "keep" else shape)
    _add_images(world, inventory, roll)
    known = {node.agent_id for node in inventory.nodes}
    strangers = [agent for agent in inventory.agents if agent.id not in known]
    for node in inventory.nodes:
        if node.agent:
            world.add_node(_node(node, node.agent, roll))
    for number, agent in enumerate(strangers):
        world.add_node(_stranger(agent, f"stranger[{number}]"))
    _add_balancers(world, inventory)
    on = tuple(agent.id for agent in inventory.agents)
    for service in inventory.services:
        _add_service(world, service, on)
    for app in inventory.apps:
        _add_app(world, app, on)
    world.begin()
    return world


def _add_images(world: World, inventory: Inventory, roll: Roll) -> None:
    amis = {node.instance.ami for node in inventory.nodes} | {*inventory.images.values(), *roll.images.values()}
    for ami in sorted(amis - {""}):
        world.cloud.add_ami(ami, ami)
    world.terraform.images.update(inventory.images)


def _node(node: Node, agent: Agent, roll: Roll) -> NodeShape:
    """Where it is not known whether a work dir is on the volume that outlives it, that blocks the roll."""
    instance = node.instance
    return NodeShape(
        zone=instance.zone,
        public=agent.public,
        size=_size(agent.resources),
        address=node.address,
        private_ip=instance.private_ip,
        instance_id=instance.id,
        agent_id=agent.id,
        ami=instance.ami,
        volume=next(iter(instance.outlived_by), ""),
        apart=outlives(node, roll.policy),
    )


def _stranger(agent: Agent, address: str) -> NodeShape:
    """An agent outside the configured groups: it is left alone, and members may land on it."""
    return NodeShape(
        zone=agent.zone,
        public=agent.public,
        size=_size(agent.resources),
        address=address,
        private_ip=agent.private_ip,
        agent_id=agent.id,
    )


def _add_service(world: World, service: Service, agents: Sequence[str]) -> None:
    if not service.pods or not agents:
        return
    pods = sorted(service.pods, key=lambda pod: natural(pod.member.pod))
    index = {pod.member.pod: place for place, pod in enumerate(pods)}
    shape = _shape(service, pods)
    copies = [(p.topic, p.number, tuple(index[pod] for pod in p.isr if pod in index)) for p in service.partitions or ()]
    home = service.scheduler_agent if service.scheduler_agent in agents else agents[0]
    world.add_service(shape, [_home(pod, agents) for pod in pods], home, copies)


def _shape(service: Service, pods: Sequence[Pod]) -> ServiceShape:
    size = _size(pods[0].needs)
    if kind_of(service).topics:
        after = service.replaces_after
        return KafkaShape(service.name, len(pods), (), api=service.api, size=size, replaces_after=after)
    names = tuple(pod.member.pod for pod in pods)
    return StoreShape(service.name, service.kind, names, seeds=service.seeds, proof=service.asked, size=size)


def _add_balancers(world: World, inventory: Inventory) -> None:
    """How long each drains connections is not surveyed. Healthy targets that are no nodes are strangers."""
    found = [(node, each) for node in inventory.nodes if node.agent for each in node.instance.balancers]
    for balancer, port, by_ip in dict.fromkeys((each.balancer, each.port, each.by_ip) for _, each in found):
        here = [(node, each) for node, each in found if (each.balancer, each.port) == (balancer, port)]
        ours = sum(each.state == HEALTHY for _, each in here)
        mine = here[0][1]
        strangers = mine.others + (mine.state == HEALTHY) - ours
        kind = ("ip" if by_ip else "instance") if balancer.arn else "classic"
        shape = BalancerShape(balancer.name, kind, port, strangers=max(0, strangers))
        machines = [world.machine(node.instance.id) for node, _ in here]
        world.balancers.add(shape, machines, balancer.arn)


def _home(pod: Pod, agents: Sequence[str]) -> str:
    """A member that is nowhere now blocks a roll; in a rehearsal it has found a place."""
    return pod.agent_id if pod.agent_id in agents else agents[0]


def _add_app(world: World, app: App, agents: Sequence[str]) -> None:
    shape = AppShape(app.id, app.instances, unique=app.unique, public=app.public, resident=app.resident)
    world.add_app(shape, [agent for agent in app.on if agent in agents])


def _size(resources: Resources) -> Size:
    return Size(resources.cpus, resources.mem, resources.disk)
