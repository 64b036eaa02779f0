"""What blocks a roll, each by its name. A rule that may be accepted says so; all others need the world to change.

Asked of every target before anything is touched, and of every node again when its turn comes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from dcosmaint.model import Finding, Inventory, Node, Progress, Roll, Service, Work
from dcosmaint.planner.case import Case
from dcosmaint.planner.places import homeless
from dcosmaint.safety import thin

Rule = Callable[[Roll, Inventory, Node], Iterator[Finding]]


def blockers(roll: Roll, inventory: Inventory) -> tuple[Finding, ...]:
    """Everything that stands in the way, all at once."""
    found: dict[Finding, None] = {}
    targets = [node for node in inventory.nodes if node.instance.id in roll.targets]
    for finding in _of_cluster(roll, inventory, targets):
        found[finding] = None
    for node in targets:
        for finding in of_node(roll, inventory, node):
            found[finding] = None
        for finding in _placeless(roll, inventory, node):
            found[finding] = None
    return tuple(found)


def of_node(roll: Roll, inventory: Inventory, node: Node, steered: Sequence[str] = ()) -> Iterator[Finding]:
    """What blocks one node. `steered` are agents under a cordon of ours."""
    if roll.work is Work.UNDRAIN:
        return
    if node.agent and node.agent_id in steered:
        node = replace(node, agent=replace(node.agent, deactivated=False))
    for rule in _NODE_RULES:
        for finding in rule(roll, inventory, node):
            if not (finding.acceptable and roll.policy.accepts(finding.rule, finding.subject)):
                yield finding


def _of_cluster(roll: Roll, inventory: Inventory, targets: Sequence[Node]) -> Iterator[Finding]:
    names = {node.address for node in targets} | {node.group for node in targets}
    for finding in inventory.blockers:
        concerned = finding.subject in names or finding.rule == "recovered-agents"
        if concerned and not (finding.acceptable and roll.policy.accepts(finding.rule, finding.subject)):
            yield finding
    if not inventory.facts.airtight_cordon and roll.work is not Work.UNDRAIN:
        mesos = inventory.facts.mesos_version
        yield Finding(
            "no-deactivate",
            f"Mesos {mesos}",
            "has no DEACTIVATE_AGENT (1.9, DC/OS 2.0): a replaced member may land on the node it came from, and no"
            " other way to cordon is built yet",
        )
    yield from _last_public(roll, inventory, targets)
    if roll.work is not Work.UNDRAIN:
        yield from _incomplete(inventory)


def _last_public(roll: Roll, inventory: Inventory, targets: Sequence[Node]) -> Iterator[Finding]:
    serving = [agent for agent in inventory.agents if agent.public and agent.active]
    for node in targets:
        if node.agent and node.agent.public and len(serving) < 2 and roll.work is not Work.UNDRAIN:
            yield Finding("last-public", node.address, "is the only public agent: add another one first")


def _agent(roll: Roll, inventory: Inventory, node: Node) -> Iterator[Finding]:
    if node.agent is None:
        yield Finding(
            "no-agent", node.address, f"Mesos lists no agent at {node.private_ip}: bring it back or exclude it"
        )
    elif node.agent.deactivated or node.agent.draining:
        yield Finding(
            "foreign-cordon",
            node.address,
            "somebody else deactivated or drains its agent: `dcos node reactivate"
            f" {node.agent_id}` if that is over, or exclude it",
        )
    elif not node.agent.active:
        yield Finding("inactive-agent", node.address, f"agent {node.agent_id} is disconnected from the master")


def _instance(roll: Roll, inventory: Inventory, node: Node) -> Iterator[Finding]:
    instance = node.instance
    if instance.state != "running":
        yield Finding("instance-state", node.address, f"{instance.id} is {instance.state}, not running")
    if roll.work is Work.DRAIN:
        return
    if instance.scaling_group:
        yield Finding("scaling-group", node.address, f"{instance.id} is in Auto Scaling group {instance.scaling_group}")
    if instance.load_balancers:
        named = ", ".join(instance.load_balancers)
        yield Finding(
            "load-balancer", node.address, f"{instance.id} gets traffic from {named}, which is not drained yet"
        )
    if instance.protected:
        yield Finding("protected", node.address, f"{instance.id} has termination protection: lift it first")


def _tasks(roll: Roll, inventory: Inventory, node: Node) -> Iterator[Finding]:
    for framework in node.unknown:
        yield Finding(
            "unknown-framework", node.address, f"runs tasks of {framework}, which nobody here knows how to move"
        )
    for app in inventory.apps:
        if app.id not in node.apps:
            continue
        if app.resident:
            yield Finding(
                "resident-tasks", app.id, f"keeps data on {node.address}: it would wait for that node for ever"
            )
        if app.instances > 1 and set(app.on) == {node.agent_id}:
            message = f"has all of its {len(app.on)} running instances on {node.address}"
            yield Finding("app-down", app.id, message, acceptable=True)


def _services(roll: Roll, inventory: Inventory, node: Node) -> Iterator[Finding]:
    for service in inventory.services:
        if any(member.service == service.name for member in node.members):
            yield from _service(roll, service, node)


def _service(roll: Roll, service: Service, node: Node) -> Iterator[Finding]:
    if service.trouble:
        yield Finding("service-trouble", service.name, service.trouble)
    elif service.kind != "kafka":
        yield Finding("service-unsupported", service.name, f"is a {service.kind}: only Kafka can be moved yet")
    elif service.partitions is None:
        yield Finding(
            "topics-unreadable", service.name, "its topics can't be read, so nobody knows what a replace loses"
        )
    else:
        for partition in service.partitions:
            if not partition.isr or not partition.leader:
                yield Finding(
                    "partition-offline", f"{service.name}/{partition.topic}", f"{partition.name} has no leader"
                )
        yield from _copies(roll, service, node)


def _copies(roll: Roll, service: Service, node: Node) -> Iterator[Finding]:
    baseline = roll.baseline.get(service.name, ())
    for member in node.members:
        for worst in thin(service, [member], [member], baseline, roll.policy):
            message = f"{worst} without {member.pod}, whose volume a replace wipes"
            yield Finding("data-loss", f"{service.name}/{worst.partition.topic}", message, acceptable=True)


def _placeless(roll: Roll, inventory: Inventory, node: Node) -> Iterator[Finding]:
    if roll.work is Work.UNDRAIN:
        return
    for member in homeless(Case(roll, inventory, Progress()), node):
        yield Finding("no-place", str(member), f"no other agent could take it when {node.address} is replaced (R6)")


def _incomplete(inventory: Inventory) -> Iterator[Finding]:
    for service in inventory.services:
        if {service.deploy, service.recovery} != {"COMPLETE"}:
            message = f"deploy plan {service.deploy}, recovery plan {service.recovery}: let it end first"
            yield Finding("plan-incomplete", service.name, message)


_NODE_RULES: tuple[Rule, ...] = (_agent, _instance, _tasks, _services)
