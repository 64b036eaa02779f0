"""The event log: one JSON line an event. Who acted, what it was, and what was true at that moment."""

from __future__ import annotations

import json
from typing import Any

from dcosmaint.sandbox.world.clock import Clock


class EventLog:
    def __init__(self, clock: Clock) -> None:
        self.lines: list[str] = []
        self._clock = clock

    def write(self, by: str, what: str, **facts: Any) -> None:
        """`by`: tool, operator, sdk, marathon, mesos, terraform, aws or time. `at` counts from its beginning."""
        line = {"at": round(self._clock.now - self._clock.began, 3), "by": by, "what": what, **facts}
        self.lines.append(json.dumps(line, separators=(",", ":")))
