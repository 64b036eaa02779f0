"""The questions about data, asked by the planner before a node starts and by replace-brokers before every replace.

All are pure and count by name: a member that is lost and held is one member, and lost for any other reason counts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from dcosmaint.model import Member, Partition, Pod, Policy, Progress, Roll, Service, counted
from dcosmaint.model.kinds import SEED, kind_of


@dataclass(frozen=True)
class Away:
    """Members that would be away at the same time, and by whose doing."""

    leaving: Collection[Member]  # by what is asked about
    held: Collection[Member] = ()  # by us as well, at other nodes
    lost: Collection[Member] = ()  # for whatever reason


@dataclass(frozen=True)
class Thin:
    """A partition that would keep too few in-sync copies."""

    partition: Partition
    left: tuple[str, ...]
    need: int
    ours: tuple[str, ...]  # pods with a copy of it that we would have away at once

    @property
    def shared(self) -> bool:
        """Whether it is for us to take one after the other: nobody's to accept (R14)."""
        return len(self.ours) > 1

    def __str__(self) -> str:
        left = ", ".join(self.left) or "none"
        copies = counted(len(self.left), "in-sync copy", "in-sync copies")
        together = f": {' and '.join(self.ours)} may not be away together" if self.shared else ""
        return f"{self.partition.name} would keep {copies} ({left}), and needs {self.need}{together}"


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


def back(service: Service, held: Iterable[Member], baseline: Iterable[Partition]) -> Service:
    """As it will be once all members that are held are in sync again."""
    pods = _pods(service, held)
    if not pods or service.partitions is None:
        return service
    shares = _shares(pods, baseline)
    mended = (replace(p, isr=tuple(sorted({*p.isr, *shares.get((p.topic, p.number), ())}))) for p in service.partitions)
    return replace(service, partitions=tuple(mended))


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
    service: Service, away: Away, baseline: tuple[Partition, ...], policy: Policy, also: Iterable[Partition] = ()
) -> Iterator[Thin]:
    """Partitions on those that leave which would keep too few in-sync copies with everybody away (R14).

    One that a member was in sync in, and is not any more, is on it too; `also` tells that of what the baseline lacks.
    Of a topic that is given up, what one member takes with it may be lost, and what several of ours share may not.
    """
    leaving, held, lost = (_pods(service, members) for members in (away.leaving, away.held, away.lost))
    if not leaving:
        return
    was = {(p.topic, p.number): len(p.isr) for p in baseline}
    shares = _shares(leaving | held, [*baseline, *also, *(service.partitions or ())])
    for partition in service.partitions or ():
        key = partition.topic, partition.number
        ours = shares.get(key, set()) if partition.isr else leaving | held  # offline: nobody knows who has the data
        left = tuple(pod for pod in partition.isr if pod not in leaving | held | lost)
        need = min_isr(service.name, was.get(key, len(partition.isr)), policy)
        given_up = len(ours) < 2 and policy.accepts("data-loss", service.name, f"{service.name}/{partition.topic}")
        if leaving & ours and len(left) < need and not given_up:
            yield Thin(partition, left, need, tuple(sorted(ours)))


def _pods(service: Service, members: Iterable[Member]) -> frozenset[str]:
    return frozenset(member.pod for member in members if member.service == service.name)


def _shares(pods: frozenset[str], partitions: Iterable[Partition]) -> dict[tuple[str, int], set[str]]:
    """Which of the pods are in sync in a partition, or were, by topic and number."""
    found: dict[tuple[str, int], set[str]] = {}
    for partition in partitions:
        if here := pods.intersection(partition.isr):
            found.setdefault((partition.topic, partition.number), set()).update(here)
    return found


def min_isr(service: str, copies: int, policy: Policy) -> int:
    """In-sync copies that must be left of a partition that had `copies` of them."""
    return policy.min_isr.get(service, max(1, min(2, copies - 1)))


def behind(service: Service, member: Member, baseline: tuple[Partition, ...]) -> int:
    """How many partitions that can be read the member is not yet back in: what is left of its re-sync."""
    held = ((p.topic, p.number) for p in baseline if member.pod in p.isr)
    return sum(key in service.isr and member.pod not in service.isr[key] for key in held)
