"""From flags to a roll: survey, choose, plan, ask, begin. The same road for every kind of work."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import click

from dcosmaint import unended, work_dirs
from dcosmaint.choice import accepted, strangers, wanted_images
from dcosmaint.cli import drive, journals, plan_text, risk_subjects
from dcosmaint.cli.cluster import Cluster, who
from dcosmaint.cli.confirm import confirming
from dcosmaint.cli.consent import NOBODY, answerable, consent, typed_name, unanswered
from dcosmaint.cli.exits import DONE, NO_ANSWER, REFUSED, untouched
from dcosmaint.cli.jsonl import nothing
from dcosmaint.cli.options import Flags
from dcosmaint.cli.screen import screen
from dcosmaint.cli.settled import settled
from dcosmaint.cli.unlocking import claim
from dcosmaint.drained import drained_from, lifted_by, silent, told
from dcosmaint.errors import Refused, Usage
from dcosmaint.forecast import forecast
from dcosmaint.model import Inventory, Work, counted
from dcosmaint.plan import Plan, unaccepted
from dcosmaint.planner.rules import taken, warnings
from dcosmaint.rolls import Order, a_roll, blockers, new_id
from dcosmaint.survey import survey

ONE_NODE = (Work.DRAIN, Work.REPLACE, Work.UNDRAIN)
"""What goes away with the node is worth reading also where nobody is asked."""


@dataclass(frozen=True)
class Wish:
    """What a command asks for. `given` are its flags, by name."""

    work: Work
    given: Mapping[str, Any]
    changes: Mapping[str, Any] = field(default_factory=dict)  # of the policy, that come with the kind of work

    @property
    def as_json(self) -> bool:
        return bool(self.given.get("as_json"))


def carry_out(cluster: Cluster, wish: Wish) -> int:
    """Show the plan, ask, and do it. Returns the exit code."""
    if wish.work in ONE_NODE and unanswered(wish.given):
        return _shown_to_nobody(cluster, wish)
    answerable(wish.given)
    roll_id = new_id()
    with drive.held(cluster, claim(cluster, roll_id, wish.given.get("reason", ""))) as lease:
        drive.nothing_else(cluster)
        for note in journals.notes(cluster.shelf):
            click.echo(note, err=True)
        plan = make_plan(cluster, wish, roll_id)
        if not _to_do(cluster, wish, plan):
            return DONE
        consent(wish.given, lambda: typed_name(cluster.name))
        telling = drive.Telling(wish.as_json, plan.forecast, cluster.factor)
        agree = confirming(wish.given.get("confirm"))
        return drive.begin(cluster, lease, plan.roll, telling, agree)


def _shown_to_nobody(cluster: Cluster, wish: Wish) -> int:
    """Nobody can say yes: without the lock, what it was to be said to."""
    if _to_do(cluster, wish, make_plan(cluster, wish, new_id())):
        raise Usage(NOBODY)
    return DONE


def _to_do(cluster: Cluster, wish: Wish, plan: Plan) -> bool:
    """Show the plan, or say that there is nothing to do. Raises `Refused` for a plan that is blocked."""
    if idle := _idle(cluster, wish, plan):
        nothing(idle, as_json=wish.as_json)
        return False
    if not wish.as_json:
        plan_text.show(plan, screen())
    if plan.blockers:
        raise Refused(f"{_refused(plan, wish)}. Nothing was touched.")
    return True


def _idle(cluster: Cluster, wish: Wish, plan: Plan) -> str:
    """Why there is nothing to do, or ""."""
    if plan.roll.targets:
        return settled(cluster, plan)
    return "Nothing to do: no node is outdated." if wish.work is Work.ROLL else "Nothing to do."


def _refused(plan: Plan, wish: Wish) -> str:
    """Those who read JSON lines have not seen the plan."""
    count = counted(len(plan.blockers), "blocker stands", "blockers stand")
    return "\n".join([f"{count} in the way", *(unaccepted(plan.blockers) if wish.as_json else ())])


def show_plan(cluster: Cluster, wish: Wish) -> Plan:
    """Print what would happen, or why nothing would. Nothing is touched."""
    plan = make_plan(cluster, wish, new_id())
    if wish.work in ONE_NODE and not wish.as_json and (idle := _idle(cluster, wish, plan)):
        nothing(idle, as_json=False)
    elif wish.as_json:
        click.echo(json.dumps(plan.to_json(), indent=2))
    else:
        plan_text.show(plan, screen())
    return plan


def preview(cluster: Cluster, wish: Wish) -> int:
    return previewed(show_plan(cluster, wish))


def previewed(plan: Plan) -> int:
    """A rehearsal that got stuck is no good news, though a roll may begin in spite of it."""
    return REFUSED if plan.blockers or plan.stuck else DONE


def make_plan(cluster: Cluster, wish: Wish, roll_id: str) -> Plan:
    for notice in cluster.notices:
        click.echo(f"note: {notice}", err=True)
    try:
        with cluster.connect(cluster.shelf.workspace(roll_id)) as site:
            inventory = unended.told(cluster.shelf, survey(site, datetime.now(UTC).timestamp()))
            order = _order(cluster, wish, inventory)
            roll = a_roll(roll_id, cluster.name, who(), order, inventory)
            left, lifts = drained_from(cluster.shelf, roll), lifted_by(cluster.shelf, roll, inventory)
            roll = replace(roll, left=left, lifts=lifts, silent=silent(cluster.shelf, roll, inventory.nodes))
            inventory = work_dirs.told(roll, inventory, roll.targets, site.units)
            standing = (*strangers(inventory, order.choice.never), *blockers(roll, inventory, site.ec2))
            found = tuple(told(cluster.shelf, inventory, standing))
    except NO_ANSWER as error:
        raise untouched(error, cluster.name) from error
    foreseen = forecast(roll, inventory, cluster.assumed)
    return Plan(roll, inventory, foreseen, found, warnings(roll, inventory), taken(roll, inventory))


def _order(cluster: Cluster, wish: Wish, inventory: Inventory) -> Order:
    given, flags = wish.given, Flags({**wish.given, **wish.changes})
    _known(given, inventory)
    fleet = len(inventory.nodes)
    policy = flags.policy(cluster.policy(fleet), fleet)
    return Order(
        work=wish.work,
        images=wanted_images(inventory, given.get("ami", ()), bake=given.get("bake", False)),
        choice=flags.choice(cluster.exclude if wish.work is Work.ROLL else ()),
        policy=replace(policy, accepted=accepted(inventory, policy.accepted)),
        reason=given.get("reason", ""),
    )


def _known(given: Mapping[str, Any], inventory: Inventory) -> None:
    """A limit on something that does not exist would limit nothing, in silence."""
    services = [service.name for service in inventory.services]
    zones = sorted({node.instance.zone for node in inventory.nodes})
    _among("--cap", [service for service, _ in given.get("caps", ())], services)
    _among("--zone", given.get("zones", ()), zones)
    risk_subjects.check(given.get("accepted", ()), inventory)


def _among(flag: str, names: Sequence[str], there: Sequence[str]) -> None:
    if unknown := [name for name in names if name not in there]:
        raise Usage(f"{flag} {', '.join(unknown)}: there is none of that name (there are: {', '.join(there)})")
