"""What a resume may change of its roll: limits get tighter, never looser, and risks are taken by name. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dcosmaint.errors import Refused, Usage
from dcosmaint.model import Inventory, Partition, Progress, Roll, Terms, counted


def check(roll: Roll, progress: Progress, terms: Terms) -> None:
    """Raises `Usage` for what would loosen the roll, `Refused` for what its flights rule out: all of it at once."""
    if wrong := [*_caps(roll, terms), *_batch(roll, terms)]:
        raise Usage("; ".join(wrong))
    if wrong := [*_held(progress, terms), *_flying(progress, terms), *_behind(roll, progress, terms)]:
        raise Refused("; ".join(wrong) + ". Nothing was touched.")


def later(progress: Progress, terms: Terms, now: float) -> None:
    """Raises `Usage` for a deadline behind the one that the roll has, while that has not come."""
    until = progress.until
    if terms.deadline and until is not None and now < until < now + terms.deadline:
        raise Usage(
            f"--deadline would loosen the roll, whose deadline comes in {until - now:.0f} s: it may only come sooner"
        )


def measured_anew(inventory: Inventory, names: Iterable[str]) -> dict[str, tuple[Partition, ...]]:
    """Of each topic, named SERVICE/TOPIC, who is in sync now. For topics whose partitions were given to other brokers:
    what a scheduler says of a topic does not name its replicas. Raises `Usage` for a topic that is not there, or can't
    be read.
    """
    found: dict[str, tuple[Partition, ...]] = {}
    for name in dict.fromkeys(names):
        of, _, topic = name.strip("/").rpartition("/")
        partitions = next((s.partitions for s in inventory.services if s.name == of), None) or ()
        now = tuple(partition for partition in partitions if partition.topic == topic)
        if not now:
            raise Usage(f"--reassigned {name}: no topic of that name can be read; write SERVICE/TOPIC")
        found[of] = (*found.get(of, ()), *now)
    return found


def _caps(roll: Roll, terms: Terms) -> Iterator[str]:
    for service, cap in terms.caps.items():
        if service not in roll.baseline:
            known = ", ".join(roll.baseline) or "none"
            yield f"--cap {service}={cap}: roll {roll.id} knows no service of that name (it knows: {known})"
        elif cap > (now := roll.policy.cap(service)):
            yield f"--cap {service}={cap} would loosen roll {roll.id}, whose cap is {now}: it may only be tightened"


def _batch(roll: Roll, terms: Terms) -> Iterator[str]:
    size, now = terms.batch_size, roll.policy.batch_size
    if size is None:
        return
    if roll.policy.strategy != "batch":
        yield f"--batch-size {size}: roll {roll.id} has no batches, its strategy is {roll.policy.strategy}"
    elif size > now:
        yield f"--batch-size {size} would loosen roll {roll.id}, whose batches have {now}: it may only be tightened"


def _held(progress: Progress, terms: Terms) -> Iterator[str]:
    """Two nodes that hold a slot each would wait for each other for ever under a cap of one."""
    for service, cap in terms.caps.items():
        held = sorted(member.pod for member in progress.held if member.service == service)
        if len(held) > cap:
            members = counted(len(held), "member")
            yield f"--cap {service}={cap}: nodes in flight hold {members} of it ({', '.join(held)})"


def _flying(progress: Progress, terms: Terms) -> Iterator[str]:
    for address, flight in progress.flights.items():
        if flight.node.instance.id in terms.excluded:
            yield f"--exclude {address} ({flight.node.instance.id}): it is in flight, and has to be ended first"


def _behind(roll: Roll, progress: Progress, terms: Terms) -> Iterator[str]:
    """R1: a partition that was given to others has all its copies; one short of them has a broker that is behind, and
    measured anew that one would count as in sync.
    """
    for service, partitions in terms.baseline.items():
        was = {(p.topic, p.number): len(p.isr) for p in roll.baseline.get(service, ())}
        for p in partitions:
            copies = was.get((p.topic, p.number)) or len({*p.isr, *_moved(progress, service, p)})
            if len(p.isr) < copies:
                yield (
                    f"--reassigned {service}/{p.topic}: {len(p.isr)} of {copies} copies of {p.name} are in sync"
                    f" ({', '.join(p.isr) or 'none'}), so a broker is behind there: wait until it has all of them"
                )


def _moved(progress: Progress, service: str, partition: Partition) -> Iterator[str]:
    """Members in flight that were in sync in it when they were replaced: it came after the roll had begun."""
    for p in progress.also(service):
        if (p.topic, p.number) == (partition.topic, partition.number):
            yield from p.isr
