"""What blocks a roll, each by its name. A rule that may be accepted says so; all others need the world to change.

Asked of every target before anything is touched, and of every node again when its turn comes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from dcosmaint.model import RENEWING, Finding, Inventory, Node, Progress, Roll, Work, kept_off
from dcosmaint.model.kinds import proved
from dcosmaint.planner import apps, frameworks, work_dirs
from dcosmaint.planner.case import Case, leaves, moving
from dcosmaint.planner.manner import best_effort, unfit
from dcosmaint.planner.node_rules import NODE_RULES
from dcosmaint.planner.places import homeless
from dcosmaint.planner.service_rules import by_itself, word_only

NO_PLACE = "no-place"
AWAY, IN_FLIGHT = "away", "in-flight"
LAST = (
    ", or set policy.order to auto or replace-last: it is then replaced once a new node stands in the place of its own"
)


def blockers(roll: Roll, inventory: Inventory) -> tuple[Finding, ...]:
    """Everything that stands in the way, all at once (R13). Bringing a node back takes nothing from anybody."""
    targets = [node for node in inventory.nodes if node.instance.id in roll.targets]
    if not targets:
        return ()
    if roll.work is Work.UNDRAIN:
        return tuple(finding for finding in inventory.blockers if finding.rule == IN_FLIGHT)
    found, case = [*unfit(roll, inventory), *_of_cluster(roll, inventory)], Case(roll, inventory, Progress())
    for node in targets:
        found += [*of_node(roll, inventory, node), *_placeless(case, node)]
        if roll.work is Work.DRAIN:  # it stays away: the next one's members have to do without it
            case = case.choose(node)
    return tuple(dict.fromkeys(_or_last(roll, inventory, found)))


def of_node(roll: Roll, inventory: Inventory, node: Node, steered: Sequence[str] = ()) -> Iterator[Finding]:
    """What blocks one node. `steered` are agents under a cordon of ours."""
    if roll.work is Work.UNDRAIN:
        return
    if node.agent and node.agent_id in steered:  # Mesos calls no deactivated agent active, connected or not
        node = replace(node, agent=replace(node.agent, deactivated=False, active=True))
    for rule in NODE_RULES:
        for finding in rule(roll, inventory, node):
            if not (finding.acceptable and roll.policy.accepts(finding.rule, finding.subject)):
                yield finding


def taken(roll: Roll, inventory: Inventory) -> tuple[Finding, ...]:
    """What would block the roll, had its operator accepted nothing."""
    targets = [node for node in inventory.nodes if node.instance.id in roll.targets]
    careful = replace(roll, policy=replace(roll.policy, accepted=()))
    found = {f: None for node in targets for f in of_node(careful, inventory, node)} if roll.policy.accepted else {}
    left = {finding for node in targets if found for finding in of_node(roll, inventory, node)}
    return tuple(finding for finding in found if finding not in left)


def _of_cluster(roll: Roll, inventory: Inventory) -> Iterator[Finding]:
    joined = {node.address for node in inventory.nodes}
    for finding in inventory.blockers:
        if finding.rule in (AWAY, IN_FLIGHT) or (finding.rule == "unjoined" and finding.subject not in joined):
            yield finding
    for service in inventory.services:
        if {service.deploy, service.recovery} != {"COMPLETE"} and not roll.policy.ignores(service.name):
            message = f"deploy plan {service.deploy}, recovery plan {service.recovery}: let it end first"
            yield Finding("plan-incomplete", service.name, message)


def warnings(roll: Roll, inventory: Inventory) -> tuple[Finding, ...]:
    """What its operator should have read before such a roll begins, although it blocks nothing."""
    targets = [node for node in inventory.nodes if node.instance.id in roll.targets]
    if roll.work is Work.UNDRAIN:
        return tuple(finding for node in targets for finding in _stays_shut(roll, inventory, node))
    found = [*best_effort(roll, inventory), *_misspelt(roll, inventory), *frameworks.misspelt(roll, inventory)]
    found += [*work_dirs.ordered(roll, targets), *apps.short(roll, inventory, targets)]
    found += apps.gathering(roll, inventory, targets)
    for service in inventory.services:
        found += by_itself(roll, service, targets)
    for node in targets:
        found += _warnings(roll, inventory, node)
    return tuple(dict.fromkeys(found))


def _misspelt(roll: Roll, inventory: Inventory) -> Iterator[Finding]:
    """What is said of a service that is not there holds for nobody: its real namesake is treated as any other."""
    there = {service.name for service in inventory.services}
    policy = roll.policy
    for name in sorted({*policy.caps, *policy.min_isr, *policy.moves} - there):
        message = f"is named in the configuration or by --cap, and no service is called so: there are {_some(there)}"
        yield Finding("unknown-service", name, message)


def _some(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def _warnings(roll: Roll, inventory: Inventory, node: Node) -> Iterator[Finding]:
    for member in leaves(node, roll.policy):
        lost = "goes down with" if roll.work is Work.DRAIN else "goes down, and its volume is lost, with"
        message = (
            f"{lost} {node.address}, since services.{member.service}.replace is ignore: pod replace of {member.pod} is"
            " yours once that node is gone, and no node starts before it that would break its service's cap"
        )
        yield Finding("ignored", str(member), message)
    yield from _left_over(roll, node)
    yield from frameworks.ignored(roll, node)
    carried = {member.service for member in moving(node, roll.policy)}
    for service in inventory.services:
        taken = roll.policy.accepts("no-proof", service.name)  # else it blocks, and is told as that
        if service.name in carried and taken and not proved(service):
            yield Finding("no-proof", service.name, word_only(service))


def _left_over(roll: Roll, node: Node) -> Iterator[Finding]:
    """Nobody is offered it. It goes with the instance; a drained node would come back with it."""
    for apart in node.agent.apart if node.agent else ():
        if apart.roll != roll.id:
            yield Finding("left-apart", node.address, f"{apart}: `dcosmaint doctor` says more")


def _stays_shut(roll: Roll, inventory: Inventory, node: Node) -> Iterator[Finding]:
    """What an undrain will wait for in the end."""
    seen = (inventory.windows, roll.lifts, inventory.clock, inventory.facts.unheeded)
    for says in kept_off(node.agent, *seen) if node.agent else ():
        yield Finding("kept-off", node.address, says)


def _placeless(case: Case, node: Node) -> Iterator[Finding]:
    for member in homeless(case, node):
        message = f"no other agent could take it when {node.address} is emptied: add a node, or make room on one"
        yield Finding(NO_PLACE, str(member), message)


def _or_last(roll: Roll, inventory: Inventory, found: Sequence[Finding]) -> Iterator[Finding]:
    """Who has no place has one where members are replaced last; it is said if nothing else stands against that."""
    placeless = roll.work in RENEWING and any(finding.rule == NO_PLACE for finding in found)
    last = replace(roll, manner=replace(roll.manner, order="replace-last"))
    helps = placeless and set(found).issuperset(blockers(last, inventory))
    for finding in found:
        also = LAST if helps and finding.rule == NO_PLACE else ""
        yield replace(finding, message=f"{finding.message}{also}")
