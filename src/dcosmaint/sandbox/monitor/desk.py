"""What every rule is judged by, and where breaches are written down."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any

Line = dict[str, Any]

TOOL = ("tool", "terraform")  # who acts for us; what an operator does beside us is not held against us

NOTICE = 20.0
"""Seconds in which nobody can have learned what others did: a look, the act that follows it, and a slow answer."""


@dataclass(frozen=True)
class Yardstick:
    """What the operator ordered beside caps and targets."""

    ami: str = ""  # the wanted one; where none is named it is the one that was launched last
    min_isr: Mapping[str, int] = field(default_factory=dict)  # by service, where the default is not wanted
    canary: int = 0  # so many nodes go alone
    soak: float = 0.0  # seconds after each of them in which none begins
    unproved: frozenset[str] = frozenset()  # services of which nobody can tell whether a member is whole
    ignored: frozenset[str] = frozenset()  # services whose members go down with their nodes
    last: bool = False  # nodes go down with their brokers on them, which are replaced after
    airtight: bool = True  # a node is under a cordon before it goes down
    leaky: bool = False  # a broker may fall back to its node, and is replaced once more when that is down
    cap: int = 1  # of each service that has none of its own


@dataclass(frozen=True)
class Ordered:
    """What a roll was to keep that has ended, where the log tells of several."""

    until: float  # on the clock of those who work on the cluster
    caps: Mapping[str, int]
    yardstick: Yardstick


class Desk:
    def __init__(
        self, caps: Mapping[str, int], targets: frozenset[str], yardstick: Yardstick, earlier: Sequence[Ordered] = ()
    ) -> None:
        """`earlier`: rolls before the newest, oldest first."""
        self.targets, self._orders = targets, (*earlier, Ordered(inf, caps, yardstick))
        self.turn(0.0)
        self.breaches: list[str] = []
        self.count: Counter[str] = Counter()
        self._asleep = 0.0, 0.0  # from when to when, the last time

    def turn(self, at: float) -> None:
        """From now on what the roll is judged by that is at work at this moment."""
        ordered = next(each for each in self._orders if at <= each.until)
        self.caps, self.yardstick = ordered.caps, ordered.yardstick

    def bark(self, line: Line, says: str) -> None:
        self.breaches.append(f"{line['at']:.0f} s: {says}")

    def slept(self, line: Line) -> None:
        """Our own machine has just woken up: the fault says for how many seconds it was asleep."""
        if line["name"] == "asleep":
            self._asleep = line["at"] - float(line["whom"].split()[0]), line["at"]

    def recent(self, since: float | None, line: Line) -> bool:
        """Whether something has come true so short a time ago that nobody can know of it. Asleep nobody learns."""
        if since is None:
            return False
        fell, woke = self._asleep
        return bool(line["at"] - since - max(0.0, woke - max(since, fell)) < NOTICE)
