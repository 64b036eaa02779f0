"""What goes wrong with SSH, by the names of the World's faults."""

from __future__ import annotations

from dcosmaint.sandbox.served.befall import next_of
from dcosmaint.sandbox.served.due import due
from dcosmaint.sandbox.served.pace import Pace
from dcosmaint.sandbox.world.faults.wire import WIRE

REFUSED = "ssh-refused"


class SshFaults:
    def __init__(self, pace: Pace) -> None:
        self._pace = pace

    def refuses(self) -> bool:
        with self._pace as world:
            refused = world.faults.wire.get("units", [])[:1] == [REFUSED]
            return refused and next_of(world, "units") == REFUSED

    def next(self, instance_id: str) -> str:
        with self._pace as world:
            if instance_id in world.faults.hangs:
                return "hangs"
            if due(world, "ssh"):
                return "before" if world.ground.chance.happens(0.5) else "after"
            name = next_of(world, "units acts", "units")
        return "" if not name else _words(name)


def _words(name: str) -> str:
    """A slow answer is no trouble here; a command that was refused was never begun."""
    wire = WIRE[name]
    if not wire.says:
        return ""
    if wire.arrives:
        return "after"
    return "hangs" if wire.seconds else "before"
