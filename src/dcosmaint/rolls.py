"""Rolls as they are begun, and what is left of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from secrets import token_hex

from dcosmaint.choice import Choice, targets
from dcosmaint.errors import Refused
from dcosmaint.model import RENEWING, Finding, Image, Inventory, Node, Policy, Progress, Roll, Work
from dcosmaint.planner.case import serving
from dcosmaint.planner.manner import manner
from dcosmaint.planner.rules import blockers as rule_blockers
from dcosmaint.ports import Ec2Reads

ENDED = ("roll-done", "roll-aborted")
"""A roll that nobody goes on with."""


@dataclass(frozen=True)
class Order:
    """What an operator wants done."""

    work: Work
    images: Mapping[str, str]
    choice: Choice
    policy: Policy
    reason: str = ""


def a_roll(roll_id: str, cluster: str, by: str, order: Order, inventory: Inventory) -> Roll:
    """The roll that does it, with what the cluster was at its start."""
    roll = Roll(
        id=roll_id,
        cluster=cluster,
        work=order.work,
        targets=targets(inventory, order.choice, order.work, order.images),
        policy=order.policy,
        images=order.images if order.work in RENEWING else {},
        named=inventory.images,
        baseline={service.name: service.partitions or () for service in inventory.services},
        serving=serving(inventory),
        running={app.id: len(app.on) for app in inventory.apps},
        reason=order.reason,
        by=by,
    )
    return replace(roll, manner=manner(roll, inventory))


def blockers(roll: Roll, inventory: Inventory, ec2: Ec2Reads) -> tuple[Finding, ...]:
    """Everything that stands in the way, all at once, before anything is touched (R13)."""
    aimed = [node for node in inventory.nodes if node.instance.id in roll.targets]
    return (*rule_blockers(roll, inventory), *dict.fromkeys(_images(roll, aimed, ec2)))


def _images(roll: Roll, aimed: list[Node], ec2: Ec2Reads) -> Iterator[Finding]:
    known = {ami: ec2.image(ami) for ami in sorted({roll.images.get(node.group, "") for node in aimed} - {""})}
    for node in aimed:
        ami = roll.images.get(node.group, "")
        if ami:
            yield from _image(ami, known[ami], node)


def _image(ami: str, image: Image | None, node: Node) -> Iterator[Finding]:
    if image is None:
        yield Finding("image", ami, "does not exist in this account and region, or is not shared with it")
    elif image.state != "available":
        yield Finding("image", ami, f"is {image.state}, not available")
    elif image.architecture != node.instance.architecture:
        has, wants = image.architecture, node.instance.architecture
        yield Finding("image", ami, f"is built for {has}, and the instances of {node.group} are {wants}")


def new_id() -> str:
    """A roll's id: its time to the millisecond, so that ids sort by age, and four digits for two at once."""
    now = datetime.now(UTC)
    return f"{now:%Y%m%dT%H%M%S}{now.microsecond // 1000:03}Z-{token_hex(2)}"


def unfinished(roll: Roll, progress: Progress) -> bool:
    """Whether a resume would have something to do."""
    return progress.over not in ENDED


def in_flight(roll: Roll, progress: Progress) -> bool:
    """Whether nodes or cordons of this roll are in a state that only its own resume ends well."""
    return loose(progress)


def loose(progress: Progress) -> bool:
    return progress.over not in ENDED and bool(progress.flights or progress.steered)


def reverts(roll: Roll, progress: Progress) -> Mapping[str, str]:
    """Group → AMI that Terraform named before this roll, where the roll made it name another."""
    return roll.edited if "swap-image" in progress.prepared else {}


def before(progress: Progress) -> Mapping[str, str]:
    """Group → the AMI that its replaced nodes had. Raises `Refused` where they had several: Terraform names one."""
    amis: dict[str, str] = {}
    for ended in (ended for ended in progress.ended if ended.ami):
        if amis.setdefault(ended.group, ended.ami) != ended.ami:
            raise Refused(
                f"nodes of {ended.group} had {amis[ended.group]} and {ended.ami} before, and a group has one AMI in"
                " Terraform: bring them back by `dcosmaint roll --ami AMI --only NODE`, one AMI after the other."
            )
    return amis
