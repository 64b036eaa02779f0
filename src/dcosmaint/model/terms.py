"""What a resume adds to its roll."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from dcosmaint.model.roll import Roll
from dcosmaint.model.services import Partition


@dataclass(frozen=True)
class Terms:
    """More risks by name, and tighter limits. Journalled with the line that takes the roll over."""

    accepted: tuple[str, ...] = ()  # RULE or RULE=SUBJECT
    caps: Mapping[str, int] = field(default_factory=dict)
    batch_size: int | None = None
    excluded: tuple[str, ...] = ()  # instance ids that are no targets any more
    baseline: Mapping[str, tuple[Partition, ...]] = field(default_factory=dict)  # service → topics that are taken anew
    deadline: float = 0.0  # seconds from the line that takes the roll over; 0 leaves it as it is

    def onto(self, roll: Roll) -> Roll:
        """The roll as it goes on. A node that is excluded is one that was never to be done."""
        policy = replace(
            roll.policy,
            accepted=tuple(dict.fromkeys([*roll.policy.accepted, *self.accepted])),
            caps={**roll.policy.caps, **self.caps},
            batch_size=self.batch_size or roll.policy.batch_size,
        )
        targets = tuple(target for target in roll.targets if target not in self.excluded)
        anew = {name: (*self.kept(name, roll.baseline.get(name, ())), *new) for name, new in self.baseline.items()}
        return replace(roll, policy=policy, targets=targets, baseline={**roll.baseline, **anew})

    def until(self, before: float | None, at: float) -> float | None:
        """The deadline of a roll that is taken over at that time: never later than before, unless that has come."""
        if not self.deadline:
            return before
        mine = at + self.deadline
        return mine if before is None or before <= at else min(before, mine)

    def kept(self, service: str, partitions: Iterable[Partition]) -> tuple[Partition, ...]:
        """Those whose topic is not taken anew."""
        topics = {partition.topic for partition in self.baseline.get(service, ())}
        return tuple(partition for partition in partitions if partition.topic not in topics)

    def __str__(self) -> str:
        return ", ".join(self._words())

    def _words(self) -> Iterator[str]:
        yield from (f"{risk} is accepted" for risk in self.accepted)
        yield from (f"the cap of {service} is {cap}" for service, cap in self.caps.items())
        if self.batch_size:
            yield f"the batch size is {self.batch_size}"
        if self.excluded:
            yield f"left out: {', '.join(self.excluded)}"
        if self.deadline:
            yield f"nobody starts after {self.deadline:.0f} s from now"
        for service, partitions in self.baseline.items():
            topics = ", ".join(sorted({partition.topic for partition in partitions}))
            yield f"brokers of {service} are measured by who is in sync now in {topics}"
