"""The order of the steps. Read this file and you know what the tool does to a cluster.

Once a roll: bake-image, swap-image. Then for each node, in batches that `planner.admit` allows:
cordon-agent, replace-brokers, leave-balancers, move-apps, stop-docker, stop-agent, empty-work-dir, terminate-instance,
apply-terraform, await-agent, join-balancers, verify-agent. What a cordon that is not airtight asks for beside:
replace-fallen, end-window.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from dcosmaint.journal import Journal
from dcosmaint.model import Instance, Work
from dcosmaint.planner.work_dirs import outlives
from dcosmaint.ports import Step
from dcosmaint.seat import Seat
from dcosmaint.site import Site
from dcosmaint.steps.apply_terraform import ApplyTerraform
from dcosmaint.steps.await_agent import AwaitAgent, new_instance
from dcosmaint.steps.bake_image import BakeImage
from dcosmaint.steps.cordon_agent import CordonAgent
from dcosmaint.steps.empty_work_dir import EmptyWorkDir
from dcosmaint.steps.end_window import EndWindow
from dcosmaint.steps.join_balancers import JoinBalancers
from dcosmaint.steps.kept import Kept, Steady
from dcosmaint.steps.leave_balancers import LeaveBalancers, StillOut
from dcosmaint.steps.leaving import AllButFallen, CountedLost, Emptied, ForGood, Leaving
from dcosmaint.steps.lost_agent import LostAgent, MarkGone
from dcosmaint.steps.move_apps import MoveApps
from dcosmaint.steps.not_ours import Idle, LeftAlone
from dcosmaint.steps.replace_brokers import ReplaceBrokers
from dcosmaint.steps.replace_fallen import ReplaceFallen
from dcosmaint.steps.served import Served
from dcosmaint.steps.start_node import LostNode, StartAgent, StartDocker, UncordonAgent
from dcosmaint.steps.stop_agent import StopAgent
from dcosmaint.steps.stop_docker import StopDocker
from dcosmaint.steps.swap_image import RestoreImage, SwapImage
from dcosmaint.steps.terminate_instance import TerminateInstance
from dcosmaint.steps.verify_agent import VerifyAgent

Steps = tuple[Step, ...]


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
    """Its members move first, or, once it is down, last."""
    if seat.flight.gone:  # somebody else has terminated it: nothing there can be cordoned, asked or stopped
        return (_lost(MarkGone, seat), *move_members(seat), *lose_node(seat))
    if seat.roll.manner.last:
        return (*cordon_node(seat), *stop_node(seat), *move_members(seat))
    return (*cordon_node(seat), *move_members(seat), *stop_node(seat), *move_fallen(seat))


def replace_node(seat: Seat) -> Steps:
    """The same around a new node: where members move last, it stands there to take them."""
    roll, site = seat.roll, seat.site
    verify = VerifyAgent(roll, site, seat.slots)
    back = seat.flight.gone and outlives(seat.flight.node, roll.policy)  # what is on its work dir comes with it
    if not (roll.manner.last or back):
        return (*drain_node(seat), *renew_node(seat), verify)
    stop = lose_node(seat) if seat.flight.gone else (*cordon_node(seat), *stop_node(seat))
    return (*stop, *renew_node(seat), *move_members(seat), verify)


def cordon_node(seat: Seat) -> Steps:
    """Nothing, where nothing keeps work off a node."""
    node, site, waits = seat.flight.node, seat.site, seat.roll.policy.waits
    cordon = CordonAgent(node, seat.roll.cordon, site.mesos, site.ec2, site.acts.mesos, waits)
    return () if seat.roll.manner.cordon == "none" else (cordon,)


def move_members(seat: Seat) -> Steps:
    return (_replace(ReplaceBrokers, seat),)


def move_fallen(seat: Seat) -> Steps:
    """Where a cordon leaks: its node is down, so nothing can come back to it any more."""
    return (_replace(ReplaceFallen, seat),) if seat.roll.manner.leaks else ()


def _replace(step: type[ReplaceBrokers], seat: Seat) -> ReplaceBrokers:
    node, site, acts = seat.flight.node, seat.site, seat.site.acts
    return step(node, seat.roll, site.mesos, seat.services, acts.services, acts.mesos, seat.slots, _kept(seat))


def _kept(seat: Seat) -> Steady:
    node, site, manner = seat.flight.node, seat.site, seat.roll.manner
    return Kept(node, seat.roll.cordon, site.mesos, site.acts.mesos) if manner.leaks else Steady()


def move_apps(seat: Seat) -> Steps:
    """After the load balancers: traffic for an instance ends before the instance does."""
    flight, site = seat.flight, seat.site
    move = MoveApps(
        node=flight.node,
        counts=flight.counts,
        mesos=site.mesos,
        marathon=site.marathon,
        acts=site.acts.marathon,
        slots=seat.slots,
        policy=seat.roll.policy,
    )
    return (move,) if seat.roll.moves_apps else ()


def lose_node(seat: Seat) -> Steps:
    """Its instance is gone, and not by our hand."""
    return (_leave(seat), _lost(LostAgent, seat), *end_window(seat))


def end_window(seat: Seat) -> Steps:
    """Only where the cordon is one of the machine, and would be one of the next instance at its address."""
    flight, roll, site = seat.flight, seat.roll, seat.site
    end = EndWindow(flight.node.agent_id, roll.cordon, site.mesos, site.acts.mesos, roll.policy.waits)
    return (end,) if roll.manner.stays else ()


def _lost(step: type[LostAgent], seat: Seat) -> LostAgent:
    node, site = seat.flight.node, seat.site
    return step(node, seat.roll, site.mesos, site.services, site.terraform, site.ec2, site.acts.mesos, seat.slots)


def stop_node(seat: Seat) -> Steps:
    """Load balancers send it nothing more before it goes down.

    Docker first, as operators do it by hand: safe where the cordon is airtight. A stopped docker under an agent that
    still takes offers is a black hole for every app of the cluster.
    """
    served = Served(may_leave(seat), seat.site.mesos, seat.site.marathon, seat.slots)
    idle = Idle(served, seat.site.mesos, seat.site.services, seat.slots, seat.roll.policy)
    docker, agent = _stop_docker(seat, idle), _stop_agent(seat, idle)
    agent_first = seat.roll.policy.stop_order == "agent-first" or not seat.roll.manner.airtight
    stop = (agent, docker) if agent_first else (docker, agent)
    return (_leave(seat), *move_apps(seat), *stop, *end_window(seat))


def _stop_docker(seat: Seat, leaving: Idle) -> StopDocker:
    node, site, waits = seat.flight.node, seat.site, seat.roll.policy.waits
    return StopDocker(node, site.mesos, leaving, site.ec2, site.units, site.acts.units, waits)


def _stop_agent(seat: Seat, leaving: Idle) -> StopAgent:
    site = seat.site
    return StopAgent(
        node=seat.flight.node,
        counts=seat.flight.counts,
        lasting=seat.roll.work is Work.DRAIN,
        mesos=site.mesos,
        leaving=leaving,
        cordon=_kept(seat),
        marathon=site.marathon,
        ec2=site.ec2,
        units=site.units,
        acts=site.acts.units,
        waits=seat.roll.policy.waits,
    )


def may_leave(seat: Seat) -> Leaving:
    node, site = seat.flight.node, seat.site
    leaving: Leaving = Emptied(node, site.mesos, seat.services)
    if seat.roll.manner.last:
        leaving = CountedLost(node, site.mesos, seat.services, seat.slots)
    elif seat.roll.manner.leaks:
        leaving = AllButFallen(node, site.mesos, seat.services, seat.slots)
    if "ignore" in seat.roll.policy.moves.values():
        leaving = LeftAlone(leaving, site.services, seat.slots, seat.roll.policy)
    return StillOut(leaving, site.balancers, seat.slots)


def renew_node(seat: Seat) -> Steps:
    node, roll, site, acts = seat.flight.node, seat.roll, seat.site, seat.site.acts
    ends = ForGood(may_leave(seat), roll, seat.slots)
    return (
        *empty_work_dir(seat, ends),
        TerminateInstance(node, site.mesos, ends, site.ec2, acts.ec2, roll.policy.waits),
        ApplyTerraform(node, roll, site.terraform, site.ec2, seat.writer, seat.slots),
        AwaitAgent(roll, site.terraform, site.ec2, site.mesos, acts.mesos, acts.keys, seat.slots),
        _join(seat, partial(new_instance, node, site.terraform, site.ec2)),
    )


def empty_work_dir(seat: Seat, ends: ForGood) -> Steps:
    """Nothing, where its work dir goes with its instance, or nobody can get there any more."""
    node, site, policy = seat.flight.node, seat.site, seat.roll.policy
    empty = EmptyWorkDir(node, site.mesos, ends, site.ec2, site.units, site.acts.units, policy.waits)
    return (empty,) if outlives(node, policy) and policy.work_dir == "fresh" and not seat.flight.gone else ()


def _leave(seat: Seat) -> LeaveBalancers:
    return LeaveBalancers(seat.site.balancers, seat.site.acts.balancers, seat.slots, seat.roll.policy.waits)


def _join(seat: Seat, instance: Callable[[], Instance]) -> JoinBalancers:
    return JoinBalancers(instance, seat.site.balancers, seat.site.acts.balancers, seat.slots, seat.roll.policy.waits)


def undrain_node(seat: Seat) -> Steps:
    node, site, waits = seat.flight.node, seat.site, seat.roll.policy.waits
    if seat.flight.gone:
        return (LostNode(node, seat.slots),)
    return (
        StartDocker(node, site.ec2, site.units, site.acts.units, waits),
        StartAgent(node, site.ec2, site.units, site.acts.units, waits),
        UncordonAgent(node, seat.inherits, seat.lifts, site.mesos, site.acts.mesos, waits),
        _join(seat, lambda: node.instance),
    )


PIPELINES: Mapping[Work, Callable[[Seat], Steps]] = {
    Work.ROLL: replace_node,
    Work.REPLACE: replace_node,
    Work.ROLLBACK: replace_node,
    Work.DRAIN: drain_node,
    Work.UNDRAIN: undrain_node,
}
