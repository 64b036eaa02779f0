"""A plan for people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from dcosmaint.blast import blast
from dcosmaint.cli.blast_text import shown
from dcosmaint.cli.risks import told
from dcosmaint.model import Node, Work, counted
from dcosmaint.plan import Plan, unaccepted


def show(plan: Plan, console: Console) -> None:
    console.print(Group(*_parts(plan)))


def _parts(plan: Plan) -> Iterator[RenderableType]:
    roll, batches = plan.roll, plan.forecast.batches
    amis = ", ".join(f"{group} → {ami or '(to be baked)'}" for group, ami in roll.images.items())
    yield Text(
        f"{roll.work} of cluster {roll.cluster}: {len(plan.targets)} of {counted(len(plan.inventory.nodes), 'node')}",
        "bold",
    )
    if amis:
        yield Text(f"AMI: {amis}")
    yield from _manner(plan)
    yield from _radius(plan)
    if batches:
        yield _batches(plan)
        yield from _price(plan)
    yield from _caps(plan)
    if roll.work is not Work.UNDRAIN:
        yield from _frameworks(plan)
    for instance, left in roll.left.items():
        yield Text(f"{instance} joins again: {', '.join(each.balancer.name for each in left)}")
    yield from _warned(plan)
    for sentence in unaccepted(plan.blockers):
        yield Text(f"BLOCKED: {sentence}", "bold red")


def _warned(plan: Plan) -> Iterator[Text]:
    if plan.stuck:
        ended = f"{len(plan.forecast.ends)} of {counted(len(plan.targets), 'node')} came to their end in it"
        yield Text(f"REHEARSAL STUCK: {ended}, and the roll may stop there as well", "bold yellow")
    yield from (Text(f"stuck on {each.rule}: {each}", "yellow") for each in plan.stuck)
    for late in (each for each in plan.forecast.left if each.rule == "deadline"):
        yield Text(f"no turn in the rehearsal: {late}", "yellow")
    for warning in plan.warnings:
        yield Text(f"warning: {warning.subject}: {warning.message}", "yellow")
    for risk in told(plan.roll.policy.accepted, plan.taken):
        yield Text(f"RISK TAKEN: {risk}", "bold yellow")
    if plan.exposed:
        yield Text(f"terraform-exposed: any plain apply would replace {', '.join(plan.exposed)}", "yellow")


def _radius(plan: Plan) -> Iterator[RenderableType]:
    """Of one node, what it takes away; of a roll, its batches say that."""
    work, deadline = plan.roll.work, plan.roll.policy.deadline
    if work in (Work.DRAIN, Work.REPLACE):
        yield from (shown(blast(plan.roll, plan.inventory, node), work) for node in plan.targets)
    if work is Work.UNDRAIN:
        yield Text("its docker and agent start again and our cordon is lifted: nothing goes away")
    if deadline:
        yield Text(f"deadline: no node starts {timedelta(seconds=round(deadline))} after the beginning, or later")


def _frameworks(plan: Plan) -> Iterator[Text]:
    """Who else has tasks on the targets, and what becomes of them."""
    fates, limit = plan.roll.policy.frameworks, timedelta(seconds=round(plan.roll.policy.waits.tasks))
    for name in sorted({name for node in plan.targets for name in node.frameworks}):
        on = [f"{node.address} ({node.frameworks[name]})" for node in plan.targets if name in node.frameworks]
        fate = fates.get(name, "refuse")
        when = f", for {limit}: its nodes' turn comes when they have none (not rehearsed)" if fate == "wait" else ""
        yield Text(f"tasks of {name} on {', '.join(on)}: {fate}{when}", "bold yellow" if fate == "ignore" else "")


def _batches(plan: Plan) -> Table:
    nodes = {node.address: node for node in plan.inventory.nodes}
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("batch", "nodes", "away at once", "why not more"):
        table.add_column(name, overflow="fold")
    for batch in plan.forecast.batches:
        lines = [_node(nodes[address]) if address in nodes else address for address in batch.nodes]
        lost = [f"{service} {count} of cap {plan.roll.policy.cap(service)}" for service, count in batch.lost.items()]
        table.add_row(str(batch.number), "\n".join(lines), "\n".join(lost) or "nothing", batch.why)
    return table


def _node(node: Node) -> str:
    """As surveyed now: a member that moves in the meantime is not foreseen here."""
    members = f"  carries {', '.join(map(str, node.members))}" if node.members else ""
    behind = ", ".join(each.balancer.name for each in node.instance.balancers)
    return f"{node.address} {node.private_ip}{members}{f'  behind {behind}' if behind else ''}"


def _price(plan: Plan) -> Iterator[RenderableType]:
    forecast = plan.forecast
    took = timedelta(seconds=round(forecast.seconds))
    moves, batches = counted(forecast.member_moves, "member move"), counted(len(forecast.batches), "batch", "batches")
    yield Text(f"rehearsed on a pretend copy: {batches}, {moves}, {took} of its time")
    if forecast.assumes:
        yield Text(f"that assumes: {'; '.join(forecast.assumes)}")
    fewest, because = max(plan.bounds(), key=lambda bound: bound[0])
    yield Text(f"no order needs fewer than {counted(fewest, 'batch', 'batches')}: {because}")


def _manner(plan: Plan) -> Iterator[RenderableType]:
    """Said where it is not what most clusters see."""
    manner = plan.roll.manner
    if (manner.last or manner.leaks) and plan.roll.work is not Work.UNDRAIN:
        why = f": {manner.because}" if manner.because else ""
        yield Text(f"order {manner.order}, cordon {manner.cordon}{why}")


def _caps(plan: Plan) -> Iterator[RenderableType]:
    caps = ", ".join(f"{service} {cap}" for service, cap in plan.caps.items())
    if caps:
        yield Text(f"caps (most members lost or held at once): {caps}")
    policy = plan.roll.policy
    if plan.roll.work is Work.ROLL:
        yield Text(f"canary {policy.canary}, then a soak of {timedelta(seconds=round(policy.soak))}; {policy.strategy}")
