"""Rules for load balancers: no traffic is cut off, none loses its last healthy target, and who left comes back."""

from __future__ import annotations

from collections.abc import Iterator

from dcosmaint.sandbox.monitor.desk import TOOL, Desk, Line

Seat = tuple[str, str]  # load balancer, address


class Balancers:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._begun: list[Seat] = []  # who was registered at the start
        self._seats: set[Seat] = set()  # who is
        self._added: dict[Seat, float] = {}  # by others → when
        self._down: set[str] = set()  # addresses whose agent we stopped and that has not come back

    def know(self, line: Line) -> None:
        """The first line: who is where."""
        self._begun = [(name, address) for name, on in line.get("balancers", {}).items() for address in on]
        self._seats = set(self._begun)

    def register(self, line: Line) -> None:
        seat = (line["balancer"], line["address"])
        self._seats.add(seat)
        if line["by"] not in TOOL:
            self._added[seat] = line["at"]

    def deregister(self, line: Line) -> None:
        name, address = line["balancer"], line["address"]
        self._seats.discard((name, address))
        if line["by"] in TOOL and line["was"] == "healthy" and not line["healthy"] + line["strangers"]:
            self._desk.bark(line, f"{name} lost {address}, its last healthy target")

    def stop(self, line: Line) -> None:
        """Docker, the agent or the instance of one that is up is stopped: whoever sends it traffic loses that."""
        if line["by"] not in TOOL or line["address"] in self._down:
            return
        self._down.add(line["address"])
        seats = ((name, line["address"]) for name in line.get("traffic", ()))
        if names := [seat[0] for seat in seats if not self._desk.recent(self._added.get(seat), line)]:
            self._desk.count["cut-off"] += 1
            self._desk.bark(line, f"{line['address']} was stopped under traffic of {', '.join(names)} ({line['what']})")

    def back(self, line: Line) -> None:
        self._down.discard(line["address"])

    def left(self) -> Iterator[str]:
        """Nodes that serve at the end and get no traffic any more."""
        for name, address in self._begun:
            if (name, address) not in self._seats and address not in self._down:
                yield f"at the end: {name} sends {address} no traffic any more"
