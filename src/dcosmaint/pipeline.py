"""The order of the steps. Read this file and you know what the tool does to a cluster.

Once a roll: bake-image, swap-image. Then for each node, in batches that `planner.admit` allows:
cordon-agent, replace-brokers, leave-balancers, stop-docker, stop-agent, terminate-instance, apply-terraform,
await-agent, join-balancers, verify-agent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from dcosmaint.journal import Journal
from dcosmaint.model import Flight, Instance, Roll, Work
from dcosmaint.ports import Step
from dcosmaint.site import Site
from dcosmaint.steps.apply_terraform import ApplyTerraform
from dcosmaint.steps.await_agent import AwaitAgent, new_instance
from dcosmaint.steps.bake_image import BakeImage
from dcosmaint.steps.cordon_agent import CordonAgent
from dcosmaint.steps.join_balancers import JoinBalancers
from dcosmaint.steps.leave_balancers import LeaveBalancers
from dcosmaint.steps.ours import Ours
from dcosmaint.steps.replace_brokers import ReplaceBrokers
from dcosmaint.steps.slots import Slots
from dcosmaint.steps.start_node import StartAgent, StartDocker, UncordonAgent
from dcosmaint.steps.stop_agent import LostAgent, StopAgent
from dcosmaint.steps.stop_docker import StopDocker
from dcosmaint.steps.swap_image import RestoreImage, SwapImage
from dcosmaint.steps.terminate_instance import TerminateInstance
from dcosmaint.steps.verify_agent import VerifyAgent
from dcosmaint.steps.writer import Writer

Steps = tuple[Step, ...]


@dataclass(frozen=True)
class Seat:
    """What the pipeline of one node is built of. The site's acts are logged under this node's name."""

    flight: Flight
    roll: Roll
    site: Site
    slots: Slots
    writer: Writer

    @property
    def services(self) -> Ours:
        return Ours(self.site.services, self.roll.policy)


def prepare_image(journal: Journal, site: Site) -> Steps:
    """Once a roll, before the first node. An aborted roll starts none; it may put back what Terraform named."""
    roll, progress = journal.roll, journal.progress
    if progress.aborting:
        before = replace(roll, images=roll.edited)
        restore = RestoreImage(before, site.ec2, site.terraform, site.acts.terraform, journal)
        return (restore,) if progress.reverting else ()
    bake = BakeImage(roll, site.ec2, site.packer, site.acts.packer)
    if roll.work is Work.BAKE:
        return (bake,)
    swap = SwapImage(roll, site.ec2, site.terraform, site.acts.terraform)
    baked = "" in roll.images.values()
    return (bake, swap) if baked else (swap,) if roll.images else ()


def drain_node(seat: Seat) -> Steps:
    node, site, waits = seat.flight.node, seat.site, seat.roll.policy.waits
    cordon = CordonAgent(node, site.mesos, site.ec2, site.acts.mesos, waits)
    move = ReplaceBrokers(node, seat.roll, site.mesos, seat.services, site.acts.services, seat.slots)
    leave = LeaveBalancers(site.balancers, site.acts.balancers, seat.slots, waits)
    if seat.flight.gone:  # somebody else has terminated it: nothing there can be cordoned, asked or stopped
        return (move, leave, LostAgent(node, site.mesos, waits))
    docker = StopDocker(node, site.mesos, seat.services, site.ec2, site.units, site.acts.units, waits)
    agent = StopAgent(
        node=node,
        counts=seat.flight.counts,
        lasting=seat.roll.work is Work.DRAIN,
        mesos=site.mesos,
        services=seat.services,
        marathon=site.marathon,
        ec2=site.ec2,
        units=site.units,
        acts=site.acts.units,
        waits=waits,
    )
    # Docker first, as operators do it by hand: safe because the cordon is airtight. A stopped docker under an agent
    # that still takes offers is a black hole for every app of the cluster.
    stop = (agent, docker) if seat.roll.policy.stop_order == "agent-first" else (docker, agent)
    return (cordon, move, leave, *stop)


def replace_node(seat: Seat) -> Steps:
    node, roll, site = seat.flight.node, seat.roll, seat.site
    return (
        *drain_node(seat),
        TerminateInstance(node, roll, site.mesos, seat.services, site.ec2, site.acts.ec2, seat.slots),
        ApplyTerraform(node, roll, site.terraform, site.ec2, seat.writer),
        AwaitAgent(node, site.terraform, site.ec2, site.mesos, site.acts.keys, roll.policy.waits),
        _join(seat, partial(new_instance, node, site.terraform, site.ec2)),
        VerifyAgent(roll, site, seat.slots),
    )


def _join(seat: Seat, instance: Callable[[], Instance]) -> JoinBalancers:
    return JoinBalancers(instance, seat.site.balancers, seat.site.acts.balancers, seat.slots, seat.roll.policy.waits)


def undrain_node(seat: Seat) -> Steps:
    node, site, waits = seat.flight.node, seat.site, seat.roll.policy.waits
    return (
        StartDocker(node, site.units, site.acts.units, waits),
        StartAgent(node, site.units, site.acts.units, waits),
        UncordonAgent(node, site.mesos, site.acts.mesos, waits),
        _join(seat, lambda: node.instance),
    )


PIPELINES: Mapping[Work, Callable[[Seat], Steps]] = {
    Work.ROLL: replace_node,
    Work.REPLACE: replace_node,
    Work.ROLLBACK: replace_node,
    Work.DRAIN: drain_node,
    Work.UNDRAIN: undrain_node,
}
