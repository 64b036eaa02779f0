"""The questions about data, asked by the planner before a node starts and by replace-brokers before every replace.

All are pure and count by name: a member that is lost and held is one member, and lost for any other reason counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dcosmaint.model import Member, Partition, Pod, Policy, Progress, Roll, Service, counted
from dcosmaint.model.kinds import SEED, kind_of


@dataclass(frozen=True)
class Thin:
    """A partition that would keep too few in-sync copies."""

    partition: Partition
    left: tuple[str, ...]
    need: int

    def __str__(self) -> str:
        left = ", ".join(self.left) or "none"
        copies = counted(len(self.left), "in-sync copy", "in-sync copies")
        return f"{self.partition.name} would keep {copies} ({left}), and needs {self.need}"


def lost(service: Service, baseline: tuple[Partition, ...]) -> frozenset[Member]:
    """Members that are not proved to be in sync now. Where topics can't be read, all of them are."""
    if service.partitions is None:
        return frozenset(service.members)
    missing: set[str] = set()
    for was in baseline:
        isr = service.isr.get((was.topic, was.number))
        if isr is not None and isr != was.isr:  # a deleted topic proves nothing and needs nothing
            missing.update(pod for pod in was.isr if pod not in isr)
    return frozenset(
        pod.member
        for pod in service.pods
        if not pod.running or pod.marked or not pod.registered or pod.out_of_sync or pod.member.pod in missing
    )


def baseline(roll: Roll, progress: Progress, service: str) -> tuple[Partition, ...]:
    """Where members were in sync: when the roll began, and each of those in flight right before it was replaced."""
    return (*roll.baseline.get(service, ()), *progress.also(service))


def unknown(service: Service, member: Member, baseline: tuple[Partition, ...]) -> tuple[Partition, ...]:
    """Partitions that the member is in sync in now and that no baseline has it in, as a baseline of it alone.

    They were created, or given to it, after the roll began.
    """
    known = {(p.topic, p.number) for p in baseline if member.pod in p.isr}
    return tuple(
        Partition(p.topic, p.number, (member.pod,))
        for p in service.partitions or ()
        if member.pod in p.isr and (p.topic, p.number) not in known
    )


def unread(service: Service) -> str:
    """Why nobody knows what its members hold, or "": however many of them may be lost, none goes then (R2)."""
    return "" if service.partitions is not None else f"{service.name}: its topics can't be read"


OWN_REPLACE = 120.0
"""Seconds before a scheduler replaces a member by itself in which we leave it alone: two would throw away each other's
work."""


def left_to_scheduler(service: Service, pod: Pod) -> bool:
    """R4: whether its scheduler is about to replace a member that is down, or may have done so already (R2)."""
    if service.replaces_after is None or pod.task_id:
        return False
    return pod.down_for is None or pod.down_for > service.replaces_after - OWN_REPLACE


def over_cap(service: Service, gone: Iterable[Member], cap: int) -> str:
    """Why these members of the service can't be gone at once, or ""."""
    names = sorted(member.pod for member in set(gone) if member.service == service.name)
    if len(names) <= cap:
        return ""
    return (
        f"{service.name} would have {counted(len(names), 'member')} lost or held ({', '.join(names)}), its cap is {cap}"
    )


def together(service: Service, gone: Iterable[Member]) -> str:
    """Why these members of the service can't be gone at once whatever its cap, or ""."""
    kind = kind_of(service)
    clash = next(kind.clashes(service, gone), None)
    if clash is None:
        return ""
    one, other = (f"{pod}, a seed," if kind.role(service, pod) == SEED else pod for pod in clash)
    return f"{service.name}: {one} and {other} may not be lost or held together"


def thin(
    service: Service, leaving: Iterable[Member], gone: Iterable[Member], baseline: tuple[Partition, ...], policy: Policy
) -> Iterator[Thin]:
    """Partitions on `leaving` that would keep too few in-sync copies with every member of `gone` taken away (R14).

    One that a member was in sync in, and is not any more, is on it too.
    """
    pods = {m.pod for m in leaving if m.service == service.name}
    if not pods:
        return
    was = {(p.topic, p.number): len(p.isr) for p in baseline}
    theirs = {(p.topic, p.number) for p in baseline if pods.intersection(p.isr)}
    away = pods | {m.pod for m in gone if m.service == service.name}
    for partition in service.partitions or ():
        on_them = pods.intersection(partition.isr) or (partition.topic, partition.number) in theirs
        if not on_them and partition.isr:
            continue
        left = tuple(pod for pod in partition.isr if pod not in away)
        need = min_isr(service.name, was.get((partition.topic, partition.number), len(partition.isr)), policy)
        if len(left) < need and not policy.accepts("data-loss", service.name, f"{service.name}/{partition.topic}"):
            yield Thin(partition, left, need)


def min_isr(service: str, copies: int, policy: Policy) -> int:
    """In-sync copies that must be left of a partition that had `copies` of them."""
    return policy.min_isr.get(service, max(1, min(2, copies - 1)))


def behind(service: Service, member: Member, baseline: tuple[Partition, ...]) -> int:
    """How many partitions that can be read the member is not yet back in: what is left of its re-sync."""
    held = ((p.topic, p.number) for p in baseline if member.pod in p.isr)
    return sum(key in service.isr and member.pod not in service.isr[key] for key in held)
