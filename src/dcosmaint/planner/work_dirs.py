"""What outlives an instance comes to the next one: with an agent's work dir its identity, reservations and volumes.

EC2 tells which volumes it keeps, and the node whether its work dir is on the root file system, which nobody inherits.
"""

from __future__ import annotations

from collections.abc import Iterator

from dcosmaint.model import KEEP_IDENTITY, RENEWING, Finding, Inventory, Node, Policy, Roll, counted

RULE = "work-dir"


def outlives(node: Node, policy: Policy) -> bool:
    """Whether something is to be done about its work dir, as ordered."""
    return bool(policy.work_dir) and node.work_dir_outlives


def unasked(roll: Roll, node: Node) -> bool:
    """Whether it has to be asked where its work dir is: it will be terminated, and has not told yet."""
    return roll.work in RENEWING and bool(node.instance.outlived_by) and node.work_dir_apart is None


def unknown(node: Node, why: Exception) -> Finding:
    """R2: whatever becomes of work dirs, nobody knows what there is to wait for on the next instance."""
    message = (
        f"{_kept(node)} when {node.instance.id} is terminated, and nobody can tell whether the work dir of its agent is"
        f" there: {why}. See to it, or exclude it"
    )
    return Finding(RULE, node.address, message)


def undecided(roll: Roll, inventory: Inventory, node: Node) -> Iterator[Finding]:
    """Nobody has said what becomes of its work dir."""
    if node.work_dir_apart and not roll.policy.work_dir:
        message = (
            f"keeps the work dir of its agent on a volume of its own, and {_kept(node)} when {node.instance.id} is"
            " terminated: the next instance would come up as the old agent. Set nodes.work_dir to fresh or to keep"
        )
        yield Finding(RULE, node.address, f"{message}. {_begun(node)}")


def forgotten(roll: Roll, inventory: Inventory, node: Node) -> Iterator[Finding]:
    """Before Mesos 1.5 an agent that was told to leave takes the link to its identity away as it ends."""
    keep = node.work_dir_apart and roll.policy.work_dir == "keep"
    if keep and not inventory.facts.can(KEEP_IDENTITY):
        message = (
            f"{_kept(node)}, and an agent of {inventory.facts.named('Mesos')} that was told to leave comes back"
            f" under a new id, also with its work dir ({KEEP_IDENTITY.origin} keeps it): set nodes.work_dir to fresh"
        )
        yield Finding(RULE, node.address, f"{message}. {_begun(node)}")


def ordered(roll: Roll, nodes: list[Node]) -> Iterator[Finding]:
    """Said of all nodes together before anything begins: data that is thrown away, or an identity that comes back."""
    found = [node for node in nodes if node.work_dir_apart]
    if found and roll.policy.work_dir:
        subject = f"{counted(len(found), 'node')} with the work dir of an agent on volumes that EC2 keeps"
        yield Finding(RULE, subject, WORDS[roll.policy.work_dir])


WORDS = {
    "fresh": "it is emptied right before the instance is terminated",
    "keep": "it is to come back, and the agent under its old id, at its old address",
}
"""By what was ordered."""


def _begun(node: Node) -> str:
    """It goes on with what was configured then."""
    way = f"`dcosmaint resume --exclude {node.instance.id}` goes on without the node"
    return f"A roll that has begun does not read that: {way}"


def _kept(node: Node) -> str:
    return f"EC2 keeps {', '.join(node.instance.outlived_by)}"
