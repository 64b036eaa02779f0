"""The World of a served cluster: its nodes are those that terraform has made, everything else is as its shape says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dcosmaint.sandbox.served.aws import Image
from dcosmaint.sandbox.world import AppShape, NodeShape, Shape, World
from dcosmaint.sandbox.world.state import App


def found(shape: Shape, nodes: Sequence[NodeShape], images: Sequence[Image], began: float) -> World:
    """Pods in turn over the agents, the rest where there is room. `began`: its first moment, since the epoch."""
    world = World(shape, began)
    for image in images:
        world.cloud.add_ami(image.name, image.id)
    agents = [world.add_node(replace(node, apart=shape.apart(number))) for number, node in enumerate(nodes)]
    public = [agent.machine for agent in agents if agent.machine.public]
    for balancer in shape.balancers if public else ():
        world.balancers.add(balancer, public)
    private = [agent.id for agent in agents if not agent.machine.public]
    for number, service in enumerate(shape.services):
        order = [private[(3 * number + step) % len(private)] for step in range(len(private))]
        world.add_service(service, [order[n % len(order)] for n in range(len(service.pods))], order[-1])
    for app in shape.apps:
        _place(world, app)
    for jobs in shape.jobs:
        world.add_jobs(jobs, [private[number % len(private)] for number in jobs.on])
    world.begin()
    return world


def _place(world: World, shape: AppShape) -> None:
    app = App(shape)
    world.marathon.add(app, [])
    for _ in range(shape.instances):
        if agent := world.marathon.place(app):
            world.marathon.run(app, agent)
