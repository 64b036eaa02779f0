"""drain of a node that is drained, undrain of one that never was, or that somebody else has cordoned (R8).

Found out before anything is planned or asked.
"""

from __future__ import annotations

from dcosmaint.cli.cluster import Cluster
from dcosmaint.cli.exits import NO_ANSWER, untouched
from dcosmaint.drained import left_so
from dcosmaint.errors import NodeFailed, Refused
from dcosmaint.model import Node, Units, Work, marks
from dcosmaint.plan import Plan
from dcosmaint.shelf import Shelf


def settled(cluster: Cluster, plan: Plan) -> str:
    """Why there is nothing to do, or "". Raises `Refused` for a node that does not say how its units are."""
    if plan.roll.work not in (Work.DRAIN, Work.UNDRAIN):
        return ""
    try:
        with cluster.connect(cluster.shelf.workspace(plan.roll.id)) as site:
            looked = [(node, site.units.look(node.instance)) for node in plan.targets]
    except NO_ANSWER as error:
        raise untouched(error, cluster.name) from error
    except NodeFailed as error:
        raise Refused(f"{error}. Nothing was touched.") from error
    for node, units in looked:
        if plan.roll.work is Work.UNDRAIN and (who := _stranger(cluster.shelf, node, units)):
            raise Refused(
                f"{node.address} ({node.private_ip}): {who}, and only a cordon of a roll that is known here is lifted:"
                f" `dcos node reactivate {node.agent_id}` if that is over. Nothing was touched."
            )
    said = [_said(plan, node, units) for node, units in looked]
    if not all(said):
        return ""
    for warning in plan.warnings if plan.roll.work is Work.UNDRAIN else ():
        raise Refused(f"{warning.subject} is not drained, and takes no work: {warning.message}. Nothing was touched.")
    return "\n".join(f"{says}{_by(cluster.shelf, node)}" for says, (node, _) in zip(said, looked, strict=True))


def _by(shelf: Shelf, node: Node) -> str:
    left = left_so(shelf, node)
    return f" It is {left}." if left else ""


def _stranger(shelf: Shelf, node: Node, units: Units) -> str:
    """Who else took the agent out of use, or "". Our hold on its unit says that a drain of ours did."""
    if node.agent and node.agent.draining:
        return f"somebody else drains its agent {node.agent_id}"
    if node.agent and node.agent.deactivated and not units.held and not shelf.cordoned_by(node):
        return f"somebody else cordoned its agent {node.agent_id}"
    return ""


def _marked(plan: Plan, node: Node) -> bool:
    """Whether an earlier roll that is known here has left something there under its name."""
    lifts, agent = plan.roll.lifts, node.agent
    if agent is None:
        return False
    return bool(marks(agent, plan.inventory.windows, lifts))


def _said(plan: Plan, node: Node, units: Units) -> str:
    work = plan.roll.work
    stopped = not (units.docker or units.shims or units.agent or units.process)
    serves = node.agent is not None and node.agent.active and not node.agent.deactivated and not node.agent.draining
    if work is Work.DRAIN and stopped and units.lasting and node.agent is None:
        return (
            f"Nothing to do: {node.address} ({node.private_ip}) is drained already, and stays so over a reboot."
            f" `dcosmaint undrain {node.private_ip}` brings it back."
        )
    if (
        work is Work.UNDRAIN
        and units.docker
        and units.process
        and not units.held
        and serves
        and not _marked(plan, node)
    ):
        return f"Nothing to do: {node.address} ({node.private_ip}) is not drained; its agent is active."
    return ""
