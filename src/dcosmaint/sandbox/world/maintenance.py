"""The maintenance schedule of a Mesos master: machines that will be away, for those who look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dcosmaint.sandbox.world.faults import Rejected
from dcosmaint.sandbox.world.ground import Ground
from dcosmaint.sandbox.world.state import Machine

SECOND = 10**9


@dataclass(frozen=True)
class MachineId:
    """Both are compared with what an agent says of itself; a machine need not have an agent."""

    hostname: str
    ip: str

    def __str__(self) -> str:
        named = (("hostname", self.hostname), ("ip", self.ip))
        return "{" + ",".join(f'"{name}":"{value}"' for name, value in named if value) + "}"

    def is_(self, machine: Machine) -> bool:
        return self.hostname.lower() == machine.private_ip and self.ip == machine.private_ip


@dataclass(frozen=True)
class Planned:
    """One window. Times are nanoseconds; without a duration it never ends."""

    machines: tuple[MachineId, ...]
    start: int
    duration: int | None = None

    def covers(self, machine: Machine, now: float) -> bool:
        until = None if self.duration is None else self.start + self.duration
        within = self.start <= now * SECOND and (until is None or now * SECOND <= until)
        return within and any(each.is_(machine) for each in self.machines)


class Maintenance:
    """Written as a whole, whoever wrote it before. Nothing happens by itself when a window begins."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self.windows: tuple[Planned, ...] = ()

    def write(self, windows: Sequence[Planned], by: str = "operator") -> None:
        """All or nothing. Raises `Rejected` in the master's words."""
        seen: set[MachineId] = set()
        for window in windows:
            if not window.machines:
                raise Rejected(400, "List of machines in the maintenance window is empty")
            if window.duration is not None and window.duration < 0:
                raise Rejected(400, "Unavailability 'duration' is negative")
            for machine in window.machines:
                if not (machine.hostname or machine.ip):
                    raise Rejected(400, "Both 'hostname' and 'ip' for a machine are empty")
                if (named := MachineId(machine.hostname.lower(), machine.ip)) in seen:
                    raise Rejected(400, f"Machine '{machine}' appears more than once in the schedule")
                seen.add(named)
        self._ground.log.write(by, "schedule", windows=[str(m) for window in windows for m in window.machines])
        self.windows = tuple(windows)

    def away(self, machine: Machine) -> bool:
        """Whether offers of its agent say now that it is about to go away."""
        return any(window.covers(machine, self._ground.clock.now) for window in self.windows)
