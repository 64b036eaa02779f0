"""What blocks one node, whatever else is in flight. Each message ends in what its reader can do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dcosmaint.model import DRAINING, RENEWING, UNUSED, App, Finding, Inventory, Node, Roll, counted
from dcosmaint.planner import frameworks, work_dirs
from dcosmaint.planner.apps import moves_out
from dcosmaint.planner.case import leaves
from dcosmaint.planner.service_rules import services
from dcosmaint.planner.volumes import data
from dcosmaint.safety import over_cap, together

LEFT_ALONE = (UNUSED, DRAINING)
"""States of a target that no load balancer sends new traffic to."""

USELESS = ", which keeps nothing off it for the hour that its turn may take, and a machine is in one window only"

Rule = Callable[[Roll, Inventory, Node], Iterator[Finding]]


def surveyed(roll: Roll, inventory: Inventory, node: Node) -> Iterator[Finding]:
    """What the survey found already. An open Terraform harms nobody where no AMI changes."""
    for finding in inventory.blockers:
        concerns = finding.subject in (node.address, node.group) or finding.rule == "recovered-agents"
        if concerns and (finding.rule != "terraform-exposed" or roll.work in RENEWING):
            yield finding


def agent(roll: Roll, inventory: Inventory, node: Node) -> Iterator[Finding]:
    if node.agent is None:
        count = sum(agent.private_ip == node.private_ip for agent in inventory.agents)
        found = counted(count, "agent") if count else "no agent"
        message = f"Mesos lists {found} at {node.private_ip} instead of one: mend that, or exclude it"
        yield Finding("no-agent", node.address, message)
    elif node.agent.deactivated or node.agent.draining:
        yield Finding(
            "foreign-cordon",
            node.address,
            "somebody else deactivated or drains its agent: `dcos node reactivate"
            f" {node.agent_id}` if that is over, or exclude it",
        )
    elif not node.agent.active:
        message = f"agent {node.agent_id} is disconnected from the master: bring it back, or exclude it"
        yield Finding("inactive-agent", node.address, message)


def foreign_window(roll: Roll, inventory: Inventory, node: Node) -> Iterator[Finding]:
    """Somebody means to do something to that machine, perhaps right now, or forgot to take it out again."""
    for window in inventory.windows if node.agent else ():
        known = any(window.of(each) for each in roll.cordon.rolls)
        if node.agent and window.on(node.agent.hostname, node.private_ip) and not known:
            useless = roll.manner.cordon == "maintenance" and not window.keeps(inventory.clock)
            why = USELESS if useless else inventory.facts.unheeded
            message = f"is in {window}{why}: ask whose it is, and have it taken out"
            yield Finding("foreign-window", node.address, message, acceptable=not useless)


def last_public(roll: Roll, inventory: Inventory, node: Node) -> Iterator[Finding]:
    others = (a for a in inventory.agents if a.public and a.id != node.agent_id)
    serving = any(a.active and not a.deactivated and not a.draining for a in others)
    if node.agent and node.agent.public and not serving:
        yield Finding("last-public", node.address, "is the only public agent that serves: add another one first")


def instance(roll: Roll, inventory: Inventory, node: Node) -> Iterator[Finding]:
    its = node.instance
    if its.state != "running":
        yield Finding("instance-state", node.address, f"{its.id} is {its.state}, not running: start it, or exclude it")
    if its.scaling_group:
        message = f"{its.id} is in Auto Scaling group {its.scaling_group}, which replaces what it misses: detach it"
        yield Finding("scaling-group", node.address, message)
    if its.protected and roll.work in RENEWING:
        yield Finding("protected", node.address, f"{its.id} has termination protection: lift it first")


def last_target(roll: Roll, inventory: Inventory, node: Node) -> Iterator[Finding]:
    for each in node.instance.balancers:
        if not each.others and each.state not in LEFT_ALONE:
            message = f"load balancer {each.balancer.name} has no healthy target but {each.target}: add another one"
            yield Finding("last-target", node.address, f"{message}, or deregister it")


def tasks(roll: Roll, inventory: Inventory, node: Node) -> Iterator[Finding]:
    yield from frameworks.refused(roll, inventory, node)
    for app in inventory.apps:
        yield from _resident(app, node)
        down = app.id in node.apps and app.instances > 1 and set(app.on) == {node.agent_id}
        if down and not moves_out(roll, app, inventory.agents):
            message = f"has all that runs of it, {counted(len(app.on), 'instance')}, on {node.address}: spread it first"
            yield Finding("app-down", app.id, message, acceptable=True)


def _resident(app: App, node: Node) -> Iterator[Finding]:
    """Its volume stays behind, and it waits for that very node for ever."""
    if app.resident and app.id in node.apps:
        message = f"keeps data on {node.address}, and would wait for that node for ever: move it, or exclude the node"
        yield Finding("resident-tasks", app.id, message)
    elif app.resident and len(app.on) < app.instances:
        runs = (
            f"only {len(app.on)} of {counted(app.instances, 'instance')} of it run" if app.on else "nothing of it runs"
        )
        says = f"keeps data, and {runs}, so nobody knows on which node"
        yield Finding("resident-tasks", app.id, f"{says}: bring it up first")


def go_down(roll: Roll, inventory: Inventory, node: Node) -> Iterator[Finding]:
    """R1, where members go down with their node: several of one service are lost at once."""
    down = node.members if roll.manner.last else leaves(node, roll.policy)
    for service in inventory.services:
        if says := over_cap(service, down, roll.policy.cap(service.name)):
            message = f"{says} when the node goes down: move one of them by hand, or allow as many"
            yield Finding("cap", node.address, message)
        if says := together(service, down):
            yield Finding("together", node.address, f"{says}, and go down with the node: move one of them by hand")


NODE_RULES: tuple[Rule, ...] = (
    surveyed,
    agent,
    foreign_window,
    last_public,
    last_target,
    instance,
    tasks,
    data,
    work_dirs.undecided,
    work_dirs.forgotten,
    services,
    go_down,
)
