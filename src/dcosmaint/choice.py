"""Which nodes an operator means, by whatever name and filter. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from dcosmaint.errors import Usage
from dcosmaint.model import Finding, Inventory, Node, Work


@dataclass(frozen=True)
class Choice:
    """What the command line said of nodes. Names are those of `Node.names`."""

    only: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    never: tuple[str, ...] = ()  # what the configuration excludes; those that are no node's are told by `strangers`
    zones: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    limit: int | None = None


def find(inventory: Inventory, name: str) -> Node:
    """The one node of that name. Raises `Usage` for a name that means none, or several."""
    if why := nobody(inventory, name):
        raise Usage(f"{name} {why}")
    return next(node for node in inventory.nodes if name in node.names)


def nobody(inventory: Inventory, name: str) -> str:
    """Why a name is not the one of one node; "" where it is."""
    found = [node for node in inventory.nodes if name in node.names]
    if len(found) > 1:
        addresses = ", ".join(node.address for node in found)
        return f"means {len(found)} nodes ({addresses}): name one by its instance id or Terraform address"
    if name in inventory.facts.masters:
        return "is a master: dcosmaint replaces agent nodes only"
    return "" if found else f"is the name of no node.{_near(name, inventory)} `dcosmaint nodes` lists them all"


def strangers(inventory: Inventory, never: Sequence[str]) -> Iterator[Finding]:
    """Names in policy.exclude that keep nobody out: the node that was meant would be replaced."""
    for name in dict.fromkeys(never):
        if why := nobody(inventory, name):
            yield Finding("unknown-node", name, f"stands in policy.exclude, and {why}")


def accepted(inventory: Inventory, risks: Sequence[str]) -> tuple[str, ...]:
    """`RULE=NODE` with the node's Terraform address, by which findings call it, in the place of another name."""
    addresses = {name: node.address for node in inventory.nodes for name in node.names}
    said = (risk.partition("=") for risk in risks)
    return tuple(f"{rule}{sign}{addresses.get(subject, subject)}" for rule, sign, subject in said)


def _near(name: str, inventory: Inventory) -> str:
    names = sorted({other for node in inventory.nodes for other in node.names})
    near = get_close_matches(name, names, n=3)
    return f" Did you mean {' or '.join(near)}?" if near else ""


def excluded(inventory: Inventory, choice: Choice) -> frozenset[str]:
    """Instance ids that the operator left out, by name, by zone, by role, or by naming others."""
    out = {find(inventory, name).instance.id for name in choice.exclude}
    only = {find(inventory, name).instance.id for name in choice.only}
    return frozenset(
        node.instance.id
        for node in inventory.nodes
        if node.instance.id in out
        or any(name in choice.never for name in node.names)
        or (only and node.instance.id not in only)
        or (choice.zones and node.instance.zone not in choice.zones)
        or (choice.roles and role(node) not in choice.roles)
    )


def _emptied(choice: Choice) -> Usage:
    """For a choice that leaves all of `only` out. A fleet that is up to date looks the same otherwise."""
    said = {"--exclude": choice.exclude, "policy.exclude": choice.never, "--zone": choice.zones, "--role": choice.roles}
    flags = " and ".join(flag for flag, given in said.items() if given)
    return Usage(f"nothing of --only is left after {flags}: {', '.join(choice.only)}")


def role(node: Node) -> str:
    """private or public; unknown while Mesos does not list its agent."""
    return node.agent.role if node.agent else "unknown"


def outdated(node: Node, images: Mapping[str, str]) -> bool:
    """Whether its AMI is not the wanted one. One that is still to be baked is nobody's yet."""
    return node.instance.ami != images.get(node.group, node.instance.ami)


def targets(inventory: Inventory, choice: Choice, work: Work, images: Mapping[str, str]) -> tuple[str, ...]:
    """Instance ids to work on, in the survey's order. A roll, or its rollback, takes outdated nodes only.

    Raises `Usage` where none of those that were named is left.
    """
    if work is Work.BAKE:
        return ()
    left_out = excluded(inventory, choice)
    if choice.only and all(node.instance.id in left_out for node in inventory.nodes):
        raise _emptied(choice)
    wanted = [
        node.instance.id
        for node in inventory.nodes
        if node.instance.id not in left_out and (work not in (Work.ROLL, Work.ROLLBACK) or outdated(node, images))
    ]
    return tuple(wanted[: choice.limit])


def wanted_images(inventory: Inventory, given: Sequence[str], *, bake: bool) -> Mapping[str, str]:
    """The AMI of each group: `AMI` for all, `GROUP=AMI` for one; those not named keep what Terraform names.

    "" is the AMI that the roll bakes. Raises `Usage` for a group that does not exist.
    """
    if bake and given:
        raise Usage("--ami and --bake exclude each other: name an AMI, or have one baked")
    images = dict.fromkeys(inventory.images, "") if bake else dict(inventory.images)
    for word in given:
        group, _, ami = word.rpartition("=")
        if not ami:
            raise Usage(f"--ami {word!r} names no AMI: write its id, or --bake to have one baked")
        if group and group not in images:
            raise Usage(f"--ami {word}: no configured group is called {group} (there are: {', '.join(images)})")
        images.update(dict.fromkeys([group] if group else images, ami))
    return images
