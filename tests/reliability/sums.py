"""What many rolls came to, as a table."""

from __future__ import annotations

import re
import resource
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from dcosmaint.sandbox.world.faults.table import FAULTS
from tests.reliability.play import Outcome
from tests.reliability.situations import SITUATIONS

MANY = 500
"""Of so many rolls each situation is met by at least one."""


class Sums:
    def __init__(self) -> None:
        self.rolls = self.stops = self.replaced = 0
        self.virtual = 0.0
        self.ends: Counter[str] = Counter()
        self.happened: Counter[str] = Counter()
        self.met: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()  # of rolls that stopped for good, by the first words
        self._problems: list[str] = []

    def add(self, outcome: Outcome) -> None:
        self.rolls += 1
        self.ends[outcome.end or "none"] += 1
        self.happened.update(outcome.happened)
        self.met.update(outcome.met)
        if outcome.end in ("stopped for good", "refused"):
            self.reasons[_words(outcome.stops)] += 1
        self.replaced += outcome.replaced
        self.virtual += outcome.virtual
        self._problems += [f"seed {outcome.seed}: {problem}" for problem in outcome.problems]

    @property
    def failures(self) -> list[str]:
        unmet = [name for name in SITUATIONS if not self.met[name]] if self.rolls >= MANY else []
        return [*self._problems, *(f"never met in {self.rolls} rolls: {name}" for name in unmet)]

    def table(self, seconds: float) -> Iterator[str]:
        """`seconds`: how long it took. CPU and memory are those of this process and of its children that have ended."""
        cpu, memory = spent()
        yield f"{self.rolls} rolls in {seconds:.0f} s, {self.rolls / max(seconds, 0.001):.1f} a second"
        yield f"{cpu:.0f} s of CPU in all processes, {cpu / max(self.rolls, 1):.3f} s a roll"
        yield f"{memory:.0f} MB of memory in the largest process"
        yield f"{self.virtual / 86400:.0f} days of clusters' time, {self.replaced} nodes replaced"
        yield from ("", "ends", *_rows(self.ends, self.ends))
        yield from ("", "why some ended short of that", *_rows(self.reasons, self.reasons))
        yield from ("", "faults that struck", *_rows(self.happened, FAULTS))
        yield from ("", "situations met", *_rows(self.met, SITUATIONS))
        yield from ("", f"failures: {len(self.failures)}", *self.failures)


def spent() -> tuple[float, float]:
    """Seconds of CPU of all, and megabytes of the largest at its largest (the kernel counts in kilobytes)."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(use.ru_utime + use.ru_stime for use in used), max(use.ru_maxrss for use in used) / 1024


def _words(stops: Sequence[str]) -> str:
    """The last reason, without what differs from roll to roll."""
    said = re.sub(r"\b(?:i|ami)-\w+|[\w.]+\[\d+\]|\d+(?:\.\d+)+|\d+", "…", stops[-1])
    return said.partition(":")[0] if len(said) > 100 else said


def _rows(counts: Counter[str], names: Mapping[str, object]) -> list[str]:
    width = max(map(len, names), default=0) + 2
    return [f"  {name:<{width}}{counts[name]}" for name in names]
