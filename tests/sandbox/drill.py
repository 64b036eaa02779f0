"""One node replaced by hand, through the ports, as a careful operator would: what the World lets pass in silence.

Run as a program it prints the World's log, so that two processes can be compared.
"""

from __future__ import annotations

from collections.abc import Callable

from dcosmaint.model import DEACTIVATION, Instance, Member
from dcosmaint.sandbox.faces import in_process
from dcosmaint.sandbox.world import Shape, World, build
from dcosmaint.site import Site

ADDRESS = "aws_instance.dcos_agent_node[3]"  # two brokers, of two services


def until(world: World, holds: Callable[[], bool], patience: float = 3600.0) -> None:
    """Let time pass until something is true."""
    end = world.now + patience
    while not holds():
        assert world.now < end, "it did not come true"
        world.advance(world.now + 1.0)


def instance_at(site: Site, address: str) -> Instance:
    placed = next(p for p in site.terraform.placed() if p.address == address)
    return site.ec2.instances([placed.instance_id])[0]


def whole(world: World, service: str) -> bool:
    scheduler = world.schedulers[service]
    return not scheduler.service.lost and scheduler.recovery == "COMPLETE"


def move(world: World, site: Site, name: str, agent: str) -> None:
    service, _, pod = name.rpartition("/")
    site.acts.services.replace(Member(service, pod))
    until(world, lambda: name not in world.ground.pods_on(agent))
    until(world, lambda: whole(world, service))


def drain(world: World, site: Site, address: str) -> None:
    instance, agent = instance_at(site, address), world.node(address).agent_id
    site.acts.mesos.cordon(agent, DEACTIVATION)
    for name in world.ground.pods_on(agent):
        move(world, site, name, agent)
    site.acts.units.stop_docker(instance)
    site.acts.units.hold_agent(instance, lasting=False)
    site.acts.units.signal_agent(instance)
    until(world, lambda: not site.units.look(instance).process)
    site.acts.units.stop_agent(instance)


def replace_node(world: World, site: Site, address: str, ami: str, *, registered: bool = True) -> None:
    drain(world, site, address)
    old = instance_at(site, address)
    site.acts.ec2.terminate(old.id)
    until(world, lambda: site.ec2.instances([old.id])[0].state == "terminated")
    site.acts.terraform.plan([address], (), {group(address): ami})
    until(world, lambda: not busy(site))
    site.acts.terraform.apply()
    until(world, lambda: not busy(site))
    if not registered:
        return
    until(world, lambda: world.node(address).agent_id in {a.id for a in site.mesos.agents().listed})


def busy(site: Site) -> bool:
    child = site.terraform.child()
    return child is not None and child.running


def group(address: str) -> str:
    return address.partition("[")[0]


def newest_ami(world: World) -> str:
    return list(world.cloud.amis)[-1]


def drilled(seed: int = 0) -> World:
    world = build(Shape(seed=seed))
    replace_node(world, in_process(world, seed, failures=0.0), ADDRESS, newest_ami(world))
    return world


if __name__ == "__main__":
    print(*drilled(seed=5).log, sep="\n")
