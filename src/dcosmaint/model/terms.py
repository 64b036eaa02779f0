"""What a resume adds to its roll."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from dcosmaint.model.roll import Roll


@dataclass(frozen=True)
class Terms:
    """More risks by name, and tighter limits. Journalled with the line that takes the roll over."""

    accepted: tuple[str, ...] = ()  # RULE or RULE=SUBJECT
    caps: Mapping[str, int] = field(default_factory=dict)
    batch_size: int | None = None
    excluded: tuple[str, ...] = ()  # instance ids that are no targets any more

    def onto(self, roll: Roll) -> Roll:
        """The roll as it goes on. A node that is excluded is one that was never to be done."""
        policy = replace(
            roll.policy,
            accepted=tuple(dict.fromkeys([*roll.policy.accepted, *self.accepted])),
            caps={**roll.policy.caps, **self.caps},
            batch_size=self.batch_size or roll.policy.batch_size,
        )
        targets = tuple(target for target in roll.targets if target not in self.excluded)
        return replace(roll, policy=policy, targets=targets)

    def __str__(self) -> str:
        return ", ".join(self._words())

    def _words(self) -> Iterator[str]:
        yield from (f"{risk} is accepted" for risk in self.accepted)
        yield from (f"the cap of {service} is {cap}" for service, cap in self.caps.items())
        if self.batch_size:
            yield f"the batch size is {self.batch_size}"
        if self.excluded:
            yield f"left out: {', '.join(self.excluded)}"
