"""The cluster that a `Shape` describes."""

from __future__ import annotations

from dataclasses import replace

from dcosmaint.sandbox.world.clock import EPOCH
from dcosmaint.sandbox.world.shape import NodeShape, Shape
from dcosmaint.sandbox.world.state import Agent, App
from dcosmaint.sandbox.world.world import World

PRIVATE = "aws_instance.dcos_agent_node"
PUBLIC = "aws_instance.dcos_public_agent_node"


def build(shape: Shape | None = None, began: float = EPOCH) -> World:
    """Nodes in turn over the zones, pods in turn over the agents, apps where there is most room, an AMI for later."""
    shape = shape or Shape()
    world = World(shape, began)
    ami = world.cloud.add_ami("dcos-agent-2023-10").id
    private, public = shape.nodes - shape.public, shape.public
    agents = [_node(world, f"{PRIVATE}[{n}]", n, ami) for n in range(private)]
    for n in range(public):
        _node(world, f"{PUBLIC}[{n}]", private + n, ami)
    machines = [machine for machine in world.ground.machines.values() if machine.public]
    for balancer in shape.balancers if machines else ():
        world.balancers.add(balancer, machines)
    for number, service in enumerate(shape.services):
        order = [agents[(3 * number + step) % len(agents)].id for step in range(len(agents))]
        world.add_service(service, [order[n % len(order)] for n in range(len(service.pods))], order[-1])
    for app_shape in shape.apps:
        _app(world, App(app_shape))
    for jobs in shape.jobs:
        world.add_jobs(jobs, [agents[number].id for number in jobs.on])
    world.cloud.add_ami("dcos-agent-2023-11")
    world.begin()
    return world


def _node(world: World, address: str, number: int, ami: str) -> Agent:
    zones = world.shape.zones
    public = address.startswith(PUBLIC)
    volume = world.ground.chance.volume_id() if world.shape.volumes else ""
    shape = NodeShape(zones[number % len(zones)], public, address=address, ami=ami, volume=volume)
    return world.add_node(replace(shape, apart=world.shape.apart(number)))


def _app(world: World, app: App) -> None:
    """One instance after the other, as Marathon would place them."""
    world.marathon.add(app, [])
    for _ in range(app.shape.instances):
        agent = world.marathon.place(app)
        if agent is not None:
            world.marathon.run(app, agent)
