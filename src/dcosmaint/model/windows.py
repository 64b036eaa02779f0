"""Windows of Mesos' maintenance schedule: whose they are, told by their odd nanoseconds.

A window has no name and no label, only machines, a start and a duration. A roll's has the roll in the fraction of its
start, and in that of its duration a mark of ours and the agent that it is for.
"""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

SECOND = 10**9
LENGTH = 30 * 86_400
"""Seconds of a window of ours: longer than any roll, and over some day if nobody takes it out."""

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


def window(roll: str, agent_id: str, hostname: str, private_ip: str, at: float) -> Window:
    """From the second before on, by the master's clock."""
    duration = LENGTH * SECOND + SIGN * PART + _mark(agent_id, PART)
    return Window(hostname, private_ip, (int(at) - 1) * SECOND + _mark(roll, SECOND), duration)


def _mark(name: str, below: int) -> int:
    return crc32(name.encode()) % below
