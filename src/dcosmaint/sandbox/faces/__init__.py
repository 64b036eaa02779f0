"""Every port of a site on one World, in process: on virtual time, or at somebody else's pace."""

from __future__ import annotations

from collections.abc import Callable

from dcosmaint.sandbox.faces.balancers import Balancers
from dcosmaint.sandbox.faces.cloud import Ec2
from dcosmaint.sandbox.faces.marathon import Health, Marathon
from dcosmaint.sandbox.faces.mesos import Mesos
from dcosmaint.sandbox.faces.nodes import Nodes
from dcosmaint.sandbox.faces.passage import Paced, Passage, Stepped
from dcosmaint.sandbox.faces.programs import Packer, Terraform
from dcosmaint.sandbox.faces.services import Services
from dcosmaint.sandbox.world import World
from dcosmaint.site import Acts, Site


def in_process(world: World, seed: int = 0, *, slow: bool = True, failures: float = 0.002) -> Site:
    """A site on virtual time, for `VirtualHands(world)`.

    `slow`: each call takes a moment. `failures`: how often a call, or only its answer, gets lost.
    """
    return _site(Stepped(world, seed, slow=slow, failures=failures))


def paced(world: World, now: Callable[[], float]) -> Site:
    """A site for threads: before each call the World catches up with `now`, seconds since the epoch.

    Build the World with `began=now()`, so that it has not slept for years.
    """
    return _site(Paced(world, now))


def _site(passage: Passage) -> Site:
    mesos, services, nodes, ec2 = Mesos(passage), Services(passage), Nodes(passage), Ec2(passage)
    balancers, terraform, packer = Balancers(passage), Terraform(passage), Packer(passage)
    marathon = Marathon(passage)
    return Site(
        mesos=mesos,
        services=services,
        marathon=marathon,
        health=Health(passage),
        units=nodes,
        ec2=ec2,
        balancers=balancers,
        terraform=terraform,
        packer=packer,
        acts=Acts(mesos, services, marathon, nodes, ec2, balancers, terraform, packer, nodes),
    )
