"""What goes away with a node: who on it moves or goes down, and what is left of it elsewhere. As surveyed. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from dcosmaint.model import Inventory, Member, Node, Roll, Service
from dcosmaint.model.kinds import kind_of
from dcosmaint.planner.apps import moved, moves_out, runs_short
from dcosmaint.planner.case import leaves


@dataclass(frozen=True)
class Leaving:
    """One member, and what its partitions keep while it is away."""

    member: Member
    fate: str  # moves, goes down, or left to its operator
    partitions: int | None  # that it is in sync in; None where nobody can tell, and for what has no topics
    copies: int | None  # fewest in-sync copies that one of these keeps; None where it has none


@dataclass(frozen=True)
class Share:
    """One app: how many of its running instances are on the node, and how many elsewhere."""

    app: str
    here: int
    elsewhere: int
    resident: bool  # keeps data on its nodes
    gap: bool  # nothing of it serves until it runs elsewhere
    short: bool  # no other agent could take what is here: it runs with that much less until the node is back


@dataclass(frozen=True)
class Blast:
    node: Node
    members: tuple[Leaving, ...]
    apps: tuple[Share, ...]  # first those that have a gap, then those that run short
    kept: bool | None = False  # its work dir outlives its instance, and is left as it is; None where nobody can tell

    @property
    def volumes(self) -> Mapping[str, int]:
        """Persistent volumes by those that they can belong to."""
        owners = [", ".join(one.owners) or f"nobody known (role {one.volume.role})" for one in self.node.data]
        return {owner: owners.count(owner) for owner in dict.fromkeys(owners)}

    def to_json(self) -> dict[str, Any]:
        return {
            "members": [{**asdict(one), "member": str(one.member)} for one in self.members],
            "apps": [asdict(one) for one in self.apps],
            "volumes": dict(self.volumes),
        }


def blast(roll: Roll, inventory: Inventory, node: Node) -> Blast:
    apps = tuple(sorted(_apps(roll, inventory, node), key=_turn))
    comes_back = roll.policy.work_dir == "keep" and node.work_dir_outlives
    kept = node.work_dir_apart if comes_back else False
    return Blast(node, tuple(_members(roll, inventory, node)), apps, kept)


def _members(roll: Roll, inventory: Inventory, node: Node) -> Iterator[Leaving]:
    ignored, services = leaves(node, roll.policy), {service.name: service for service in inventory.services}
    for member in node.members:
        alone = not roll.manner.last and member not in ignored  # a node moves one member of a service at a time
        away = {member.pod} if alone else {m.pod for m in node.members if m.service == member.service}
        fate = "left to its operator" if member in ignored else "goes down" if roll.manner.last else "moves"
        yield Leaving(member, fate, *_kept(services.get(member.service), member, away))


def _kept(service: Service | None, member: Member, away: set[str]) -> tuple[int | None, int | None]:
    if service is None or service.partitions is None or not kind_of(service).topics:
        return None, None
    held = [partition for partition in service.partitions if member.pod in partition.isr]
    return len(held), min((sum(pod not in away for pod in p.isr) for p in held), default=None)


def _apps(roll: Roll, inventory: Inventory, node: Node) -> Iterator[Share]:
    for app in inventory.apps:
        if here := node.apps.get(app.id, 0):
            elsewhere = len(app.on) - here
            short = runs_short(app, inventory.agents, node)
            first = moved(roll, app) and app.instances == 1 and app.restarts and not short
            serves = elsewhere or first or moves_out(roll, app, inventory.agents)
            yield Share(app.id, here, elsewhere, app.resident, not serves, short)


def _turn(share: Share) -> tuple[bool, bool, bool, str]:
    return not share.gap, share.elsewhere > 0, not share.short, share.app
