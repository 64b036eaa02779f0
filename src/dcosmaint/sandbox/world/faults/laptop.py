"""Faults of the machine that the tool runs on."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from dcosmaint.sandbox.world.faults.fault import Fault
from dcosmaint.sandbox.world.faults.wire import ALL

if TYPE_CHECKING:
    from dcosmaint.sandbox.world.world import World


def _sleep(world: World, random: Random) -> str:
    """The World goes on without us; afterwards every connection is dead."""
    seconds = random.uniform(600.0, 7200.0)
    world.advance(world.now + seconds)
    for port in ALL:
        world.faults.wire.setdefault(port, []).append("reset")
    return f"{seconds:.0f} s"


def _fill(world: World, _random: Random) -> str:
    world.faults.disk_full = True
    return "the journal's disk"


def _empty(world: World) -> None:
    world.faults.disk_full = False


LAPTOP = (
    Fault("asleep", "the laptop sleeps for 10 minutes to 2 hours: the clock jumps, connections are dead", 0.12, _sleep),
    Fault("disk-full", "the disk is full while the journal is written: half a line is left", 0.05, _fill, _empty),
)
