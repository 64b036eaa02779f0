"""What outlives an instance comes to the next one: with an agent's work dir its identity, reservations and volumes.

EC2 tells which volumes it keeps, and the node whether its work dir is on the root file system, which nobody inherits.
"""

from __future__ import annotations

from collections.abc import Iterator

from dcosmaint.model import KEEP_IDENTITY, RENEWING, Finding, Inventory, Node, Policy, Roll, counted

RULE = "work-dir"


def outlives(node: Node, policy: Policy) -> bool:
    """Whether something is to be done about its work dir, as ordered."""
    return bool(policy.work_dir and node.instance.outlived_by)


def asked(roll: Roll, node: Node) -> bool:
    """Whether the node has to be asked where its work dir is, since nobody has said what becomes of it."""
    return roll.work in RENEWING and bool(node.instance.outlived_by) and not roll.policy.work_dir


def undecided(node: Node, *, begun: bool) -> Finding:
    """Its work dir is on a device of its own. `begun`: the roll has begun already."""
    message = (
        f"keeps the work dir of its agent on a volume of its own, and {_kept(node)} when {node.instance.id} is"
        f" terminated: the next instance would come up as the old agent. {_remedy(node, begun=begun)}"
    )
    return Finding(RULE, node.address, message)


def unknown(node: Node, why: Exception, *, begun: bool) -> Finding:
    """R2."""
    message = (
        f"{_kept(node)} when {node.instance.id} is terminated, and nobody can tell whether the work dir of its agent is"
        f" there: {why}. See to it, or else: {_remedy(node, begun=begun)}"
    )
    return Finding(RULE, node.address, message)


def forgotten(roll: Roll, inventory: Inventory, node: Node) -> Iterator[Finding]:
    """Before Mesos 1.5 an agent that was told to leave takes the link to its identity away as it ends."""
    keep = roll.work in RENEWING and roll.policy.work_dir == "keep" and outlives(node, roll.policy)
    if keep and not inventory.facts.can(KEEP_IDENTITY):
        message = (
            f"{_kept(node)}, and an agent of Mesos {inventory.facts.mesos_version} that was told to leave comes back"
            f" under a new id, also with its work dir ({KEEP_IDENTITY.origin} keeps it): set nodes.work_dir to fresh"
        )
        yield Finding(RULE, node.address, message)


def ordered(roll: Roll, nodes: list[Node]) -> Iterator[Finding]:
    """Said of all nodes together before anything begins: data that is thrown away, or an identity that comes back."""
    found = [node for node in nodes if roll.work in RENEWING and outlives(node, roll.policy)]
    if found:
        yield Finding(RULE, f"{counted(len(found), 'node')} with volumes that EC2 keeps", WORDS[roll.policy.work_dir])


WORDS = {
    "fresh": "where the work dir of an agent is on one, it is emptied right before its instance is terminated",
    "keep": "where the work dir of an agent is on one, it is to come back under its old id, at its old address",
}
"""By what was ordered."""


def _remedy(node: Node, *, begun: bool) -> str:
    """A roll that has begun goes on with what was configured then."""
    if not begun:
        return "Set nodes.work_dir to fresh or to keep"
    return (
        "This roll began without nodes.work_dir, and no resume reads it: `dcosmaint resume --exclude"
        f" {node.instance.id}` goes on without the node, and a roll that begins with nodes.work_dir set takes it"
    )


def _kept(node: Node) -> str:
    return f"EC2 keeps {', '.join(node.instance.outlived_by)}"
