"""Tasks of frameworks that nobody here knows how to move: another Marathon, Metronome, Spark, and what else there is.

Their operator says what becomes of them: `refuse` (as long as nothing is said), `wait` for one-shot jobs, and `ignore`
for what its own framework starts again elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from dcosmaint.model import Finding, Inventory, Node, Refusal, Roll, counted
from dcosmaint.planner.case import Case, no

WAITED = "framework"
"""The rule that such a node waits by."""


def refused(roll: Roll, inventory: Inventory, node: Node) -> Iterator[Finding]:
    for name, count in node.frameworks.items():
        if roll.policy.frameworks.get(name, "refuse") == "refuse":
            message = (
                f"runs {counted(count, 'task')} of {name}, which nobody here knows how to move: move them, exclude the"
                f" node, or set policy.frameworks.{name} to wait or ignore"
            )
            yield Finding("unknown-framework", node.address, message)


def waited(case: Case, node: Node) -> Refusal | None:
    """The turn of its node comes when it has none. Other nodes go first, and as long as they do nobody is impatient."""
    for name in case.roll.policy.waited:
        if count := node.frameworks.get(name, 0):
            says = f"{counted(count, 'task')} of {name} on {node.address}, and policy.frameworks.{name} is wait"
            return no(WAITED, node, says)
    return None


def given_up(roll: Roll, refusal: Refusal) -> Refusal:
    """What is to be done, once a roll waits no longer for tasks that never end."""
    if refusal.rule != WAITED:
        return refusal
    cure = f"end them, or leave the node out by `dcosmaint resume --exclude {refusal.node}`"
    says = f"nobody had a turn for {roll.policy.waits.tasks:.0f} s (policy.waits.tasks): {cure}"
    return replace(refusal, says=f"{refusal.says}; {says}; `dcosmaint resume` alone waits anew")


def ignored(roll: Roll, node: Node) -> Iterator[Finding]:
    """Said of each node before anything begins."""
    for name, count in node.frameworks.items():
        if roll.policy.frameworks.get(name) == "ignore":
            message = (
                f"{counted(count, 'task')} of it GO DOWN with {node.address}, since policy.frameworks.{name} is ignore"
            )
            yield Finding("framework-ignored", name, message)


def misspelt(roll: Roll, inventory: Inventory) -> Iterator[Finding]:
    """What is said of a framework that is not there, or that is an SDK service, holds for nobody."""
    services = {service.name for service in inventory.services}
    for name in sorted({*roll.policy.frameworks} & services):
        message = f"is named in policy.frameworks and is a service: say it by services.{name}.replace"
        yield Finding("unknown-framework", name, message)
    for name in sorted({*roll.policy.frameworks} - {*inventory.frameworks} - services):
        message = f"is named in policy.frameworks, and Mesos knows no framework of that name: {_some(inventory)}"
        yield Finding("unknown-framework", name, message)


def _some(inventory: Inventory) -> str:
    there = sorted({*inventory.frameworks} - {service.name for service in inventory.services})
    return f"there are {', '.join(there)}" if there else "there are services only"
