"""Judges what was done to a pretend cluster, by its event log alone.

It shares no code with the tool that it judges: a mistake of the one can't hide in the other.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from dcosmaint.sandbox.monitor.bench import Bench
from dcosmaint.sandbox.monitor.desk import Desk, Ordered, Yardstick
from dcosmaint.sandbox.monitor.tally import Tally

__all__ = ["Ordered", "Tally", "Yardstick", "judge"]


def judge(
    lines: Iterable[str],
    caps: Mapping[str, int],
    targets: Iterable[str] = (),
    yardstick: Yardstick | None = None,
    earlier: Sequence[Ordered] = (),
) -> Tally:
    """`caps`: by service. `targets`: instance ids that may be terminated; none means all.

    `earlier`: what rolls before it were to keep, oldest first.
    """
    bench = Bench(Desk(caps, frozenset(targets), yardstick or Yardstick(), earlier))
    for line in lines:
        bench.hear(json.loads(line))
    return bench.tally()
