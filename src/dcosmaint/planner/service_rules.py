"""What blocks a node for the members of SDK services on it: whose they are to move, and what proves that they moved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dcosmaint.model import Finding, Inventory, Member, Node, Partition, Policy, Roll, Service
from dcosmaint.model.kinds import kind_of, proved
from dcosmaint.safety import Away, Thin, thin


def services(roll: Roll, inventory: Inventory, node: Node) -> Iterator[Finding]:
    for service in inventory.services:
        if not any(member.service == service.name for member in node.members):
            continue
        if roll.policy.moves.get(service.name) == "refuse":
            message = f"is not moved by us, as services.{service.name}.replace says: exclude its nodes"
            yield Finding("service-refused", service.name, message)
            continue
        if not roll.policy.ignores(service.name):
            yield from _service(service, node, roll.policy)
        if kind_of(service).topics:  # data before all else: a volume is wiped or lost, whoever moves its member
            yield from _topics(roll, service, node)


def _service(service: Service, node: Node, policy: Policy) -> Iterator[Finding]:
    if service.trouble:  # what can't be asked tells neither its pods nor its kind
        yield Finding("service-trouble", service.name, f"{service.trouble}: see to it, or exclude its nodes")
        return
    if doubt := _doubt(service, policy):
        message = (
            f"is of kind {service.kind}, and {doubt}: exclude its nodes, or set services.{service.name}.replace to auto"
        )
        yield Finding("service-unsupported", service.name, message, acceptable=True)
    if not proved(service):
        message = f"{word_only(service)}: give services.{service.name}.in_sync a command that tells more"
        yield Finding("no-proof", service.name, message, acceptable=True)
    for pod in service.pods:
        if pod.out_of_sync and pod.member in node.members:
            message = f"is not in sync, says services.{service.name}.in_sync ({pod.out_of_sync}): let it catch up first"
            yield Finding("not-in-sync", str(pod.member), message)


def _doubt(service: Service, policy: Policy) -> str:
    """Why its members are moved only if its operator wants it so, or ""."""
    kind = kind_of(service)
    if policy.moves.get(service.name) == "auto":
        return ""
    if strange := kind.strange(service):
        return kind.doubt or f"{strange[0]} is of a type that its kind does not have"
    return kind.doubt


def by_itself(roll: Roll, service: Service, nodes: Sequence[Node]) -> Iterator[Finding]:
    """A warning: whose members go down with their nodes, and are replaced by somebody else if that takes long."""
    falls = roll.manner.last or roll.policy.ignores(service.name)
    here = any(member.service == service.name for node in nodes for member in node.members)
    if service.replaces_after is not None and falls and here:
        message = (
            f"its scheduler itself replaces a broker that is down for {service.replaces_after:g} s, whatever copies"
            " others have: one whose node takes so long is left to it. Set ENABLE_REPLACEMENT of its app to false for"
            " the time of the roll, and no broker waits for that"
        )
        yield Finding("replaces-itself", service.name, message)


def word_only(service: Service) -> str:
    care = kind_of(service).care
    word = "has nothing but its scheduler's word that a replaced member is whole"
    return f"{word}, and {care}" if care else word


def _topics(roll: Roll, service: Service, node: Node) -> Iterator[Finding]:
    baseline = roll.baseline.get(service.name, ())
    if service.partitions is None:
        why = service.unread or "its scheduler's log says why"
        message = f"its topics can't be read, so nobody knows what a replace loses: {why}"
        yield Finding("topics-unreadable", service.name, message)
    for partition in service.partitions or ():
        if not partition.isr or not partition.leader:
            subject = f"{service.name}/{partition.topic}"
            yield Finding("partition-offline", subject, f"{partition.name} has no leader: bring its brokers back first")
    yield from _start(service, baseline)
    yield from _idle(service, node, baseline)
    yield from _copies(roll, service, node)


def _start(service: Service, baseline: Sequence[Partition]) -> Iterator[Finding]:
    """Who is in sync is told by the roll's start alone: a broker that was behind then is counted as lost by nobody."""
    if service.partitions and not baseline:
        message = (
            "had no topics that could be read when this roll was planned, so nobody knows when a broker is in sync"
        )
        yield Finding("no-baseline", service.name, f"{message} again: exclude its nodes, or begin another roll")
    copies = {
        topic: [len(p.isr) for p in baseline if p.topic == topic] for topic in sorted({p.topic for p in baseline})
    }
    for topic, counts in copies.items():
        if min(counts) < max(counts):
            message = f"had {min(counts)} to {max(counts)} in-sync copies of its partitions when this roll was planned"
            says = f"{message}, so some broker was behind: let it catch up, then plan anew"
            yield Finding("under-replicated", f"{service.name}/{topic}", says, acceptable=True)


def _idle(service: Service, node: Node, baseline: Sequence[Partition]) -> Iterator[Finding]:
    """A broker that was in sync nowhere may be a new one, or one that lost everything: no copies tell it apart."""
    busy = {pod for partition in baseline for pod in partition.isr}
    for member in node.members if baseline else ():
        if member.service == service.name and member.pod not in busy:
            message = (
                "was in sync in no partition when this roll was planned, so nobody would see it behind: see that it is"
                " meant to hold nothing, or let it catch up, then plan anew"
            )
            yield Finding("broker-idle", str(member), message, acceptable=True)


def _copies(roll: Roll, service: Service, node: Node) -> Iterator[Finding]:
    """R14, for each member alone, or for those that go down together."""
    baseline = roll.baseline.get(service.name, ())
    own = [member for member in node.members if member.service == service.name]
    together = roll.manner.last or roll.policy.ignores(service.name)
    for leaving in [own] if together else [[member] for member in own]:
        for worst in thin(service, Away(leaving), baseline, roll.policy):
            subject, cure = f"{service.name}/{worst.partition.topic}", _cure(worst, node, leaving)
            yield Finding("data-loss", subject, f"{worst}{cure}", acceptable=not worst.shared)


def _cure(worst: Thin, node: Node, leaving: Sequence[Member]) -> str:
    if worst.shared:
        return f", and all of them go down with {node.address}: move all but one of them to other nodes first"
    pods = " and ".join(member.pod for member in leaving)
    return f" without {pods}, whose volume a replace wipes: give the topic more replicas"
