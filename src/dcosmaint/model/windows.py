"""Windows of Mesos' maintenance schedule: whose they are, told by their odd nanoseconds.

A window has no name and no label, only machines, a start and a duration. A roll's has the roll in the fraction of its
start, and in that of its duration a mark of ours and the agent that it is for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zlib import crc32

SECOND = 10**9
LENGTH = 30 * 86_400
"""Seconds of a window of ours: longer than any roll, and over some day if nobody takes it out."""

TURN = 3_600
"""Seconds that somebody else's window has to last for still: a node is up under its cordon for less, as a rule."""

SIGN, PART = 619, 10**6


@dataclass(frozen=True, order=True)
class Window:
    """One machine of one window, in the words of the schedule."""

    hostname: str
    private_ip: str
    start: int  # nanoseconds since the epoch
    duration: int | None = None  # nanoseconds; None for one that never ends

    def on(self, hostname: str, private_ip: str) -> bool:
        """Mesos matches both. What names only one of them keeps nobody away, and is somebody's mistake."""
        return self.hostname.lower() == hostname.lower() and self.private_ip == private_ip

    @property
    def ours(self) -> bool:
        """Of some roll."""
        length, fraction = divmod(self.duration or 0, SECOND)
        return length == LENGTH and fraction // PART == SIGN

    def of(self, roll: str) -> bool:
        return self.ours and self.start % SECOND == _mark(roll, SECOND)

    def about(self, agent_id: str) -> bool:
        return self.ours and (self.duration or 0) % PART == _mark(agent_id, PART)

    def covers(self, now: float, more: float = 0.0) -> bool:
        """Whether who heeds windows takes nothing there, from `now` on and for so many seconds more.

        Mesos shows a window with each offer from the moment that it is written until it is taken out; Marathon declines
        between its start and its end alone.
        """
        lasts = self.duration is None or self.start + self.duration >= (now + more) * SECOND
        return self.start <= now * SECOND and lasts

    def keeps(self, now: float) -> bool:
        """Whether it does as a cordon for a whole turn."""
        return self.covers(now, TURN)

    def __str__(self) -> str:
        whose = "another roll" if self.ours else "somebody else"
        if self.duration is None:
            return f"a maintenance window of {whose}, from {_utc(self.start)} on, without an end"
        return f"a maintenance window of {whose}, from {_utc(self.start)} to {_utc(self.start + self.duration)}"


def stands(here: Sequence[Window], agent_id: str, rolls: Sequence[str], now: float) -> bool:
    """Whether a machine with these windows is cordoned: by ours for this very agent, or by anybody else's.

    One of ours for an agent that the machine had before would not be found when this one has left.
    """
    return any(each.keeps(now) and (each.about(agent_id) or not _of_any(each, rolls)) for each in here)


def in_the_way(here: Sequence[Window], rolls: Sequence[str], now: float) -> Window | None:
    """Somebody else's that is no cordon: Mesos takes one window a machine, so there can't be one of ours."""
    return next((each for each in here if not each.keeps(now) and not _of_any(each, rolls)), None)


def window(roll: str, agent_id: str, hostname: str, private_ip: str, at: float) -> Window:
    """From the second before on, by the master's clock."""
    duration = LENGTH * SECOND + SIGN * PART + _mark(agent_id, PART)
    return Window(hostname, private_ip, (int(at) - 1) * SECOND + _mark(roll, SECOND), duration)


def _of_any(each: Window, rolls: Sequence[str]) -> bool:
    return any(each.of(roll) for roll in rolls)


def _utc(nanoseconds: int) -> str:
    return f"{datetime.fromtimestamp(nanoseconds // SECOND, UTC):%Y-%m-%d %H:%M} UTC"


def _mark(name: str, below: int) -> int:
    return crc32(name.encode()) % below
