"""R11: the first nodes go alone, and the cluster gets time after each of them."""

from __future__ import annotations

from dcosmaint.sandbox.monitor.desk import TOOL, Desk, Line


class Canaries:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._begun: list[str] = []  # addresses
        self._ended: dict[str, float] = {}  # address → when its new agent registered
        self._addresses: dict[str, str] = {}  # agent → address

    def know(self, line: Line) -> None:
        """The first line: who is where."""
        self._addresses = {node["agent"]: node["address"] for node in line["nodes"]}

    def begin(self, line: Line) -> None:
        """The first act on a node that takes something away."""
        address = line.get("address") or self._addresses.get(line["agent"], "")
        canary, soak = self._desk.yardstick.canary, self._desk.yardstick.soak
        if line["by"] not in TOOL or not canary or address in self._begun:
            return
        flying = [other for other in self._begun if other not in self._ended]
        if flying and len(self._ended) < canary:
            self._desk.bark(line, f"{address} began while the canary {', '.join(flying)} was not whole")
        last = max(self._ended.values(), default=None)
        if last is not None and len(self._ended) <= canary and line["at"] < last + soak:
            after = f"{line['at'] - last:.0f} s after a canary was back, and its soak is {soak:.0f} s"
            self._desk.bark(line, f"{address} began {after}")
        self._begun.append(address)

    def end(self, line: Line) -> None:
        """A node that somebody else terminated is made anew without an act of ours before: it is a canary too."""
        self._addresses[line["agent"]] = line["address"]
        if not line["old"]:
            self._begun += [] if line["address"] in self._begun else [line["address"]]
            self._ended.setdefault(line["address"], line["at"])
