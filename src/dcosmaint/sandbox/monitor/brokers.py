"""Rules for brokers: caps, data, and what is never sent twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

from dcosmaint.sandbox.monitor.desk import NOTICE, TOOL, Desk, Line

Member = tuple[str, str]  # service, pod


class Brokers:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._sent: set[str] = set()  # task ids
        self._moving: dict[Member, str] = {}  # replaced by us and not in sync yet → the agent that it left
        self._begun: dict[Member, float] = {}  # the same → when
        self._struck: dict[Member, float] = {}  # lost for any other reason → when
        self._placed: dict[Member, float] = {}
        self._fell: dict[Member, str] = {}  # placed by a replace on the agent that it left → that agent
        self._pairs: dict[str, list[list[str]]] = {}  # service → pods, or types as `journal-`, that never go together

    def replace(self, line: Line) -> None:
        member = (line["service"], line["pod"])
        if line["by"] not in TOOL:
            self._struck[member] = line["at"]
            return
        self.within_cap(line, {line["service"]: [line["pod"]]})
        self._once(line, f"{line['service']}/{line['pod']}")
        self._readable(line)
        self._copies(line)
        self._sent.add(line["task"])
        self._moving[member], self._begun[member] = line["agent"], line["at"]

    def lost(self, line: Line) -> None:
        member = (line["service"], line["pod"])
        if line["why"] != "replaced":
            self._struck[member] = line["at"]

    def placed(self, line: Line) -> None:
        member = (line["service"], line["pod"])
        self._placed[member] = line["at"]
        if line["empty"] and line["agent"] != line["from"]:
            self._fell.pop(member, None)
        elif line["empty"] or member in self._fell:  # started again there, be it under another id of its agent
            self._fell[member] = line["agent"]

    def fallen(self, line: Line) -> set[str]:
        """Those that a replace has placed on this very node again."""
        return {f"{service}/{pod}" for (service, pod), agent in self._fell.items() if agent == line["agent"]}

    def in_sync(self, line: Line) -> None:
        member = (line["service"], line["pod"])
        for known in (self._moving, self._begun, self._struck):
            known.pop(member, None)

    def wiped(self, line: Line) -> None:
        """A broker that crashes between a replace and the end of its task takes data with it that no tool can save."""
        self._desk.count["wiped"] += 1
        begun = self._begun.get((line["service"], line["pod"]))
        struck = [at for (service, _), at in self._struck.items() if service == line["service"]]
        if begun is not None and not any(at > begun - NOTICE for at in struck):
            self._desk.bark(line, f"{line['service']} lost {line['partition']} for good")

    def left_behind(self, agent: str) -> list[str]:
        """Brokers that were replaced from this agent and are not in sync yet."""
        return sorted(f"{service}/{pod}" for (service, pod), was in self._moving.items() if was == agent)

    def settled(self, line: Line) -> list[str]:
        """Members on a node, but for those that were placed there a moment ago."""
        return [member for member in line["pods"] if not self._desk.recent(self._placed.get(_split(member)), line)]

    def undrained(self, line: Line) -> list[str]:
        """Those that should have been moved before the node is stopped."""
        return [member for member in self.settled(line) if _split(member)[0] not in self._desk.yardstick.ignored]

    def within_cap(self, line: Line, leaving: Mapping[str, list[str]]) -> None:
        """Members that others made lose a moment ago don't count: nobody can know of them yet."""
        for service, pods in sorted(leaving.items()):
            known = (pod for pod in line["lost"].get(service, []) if not self._unheard(service, pod, line))
            gone = sorted({*known, *pods})
            cap = self._desk.caps.get(service, self._desk.yardstick.cap)
            for one, other in combinations(gone, 2):
                if self._apart(service, one, other):
                    self._desk.bark(line, f"{service} had {one} and {other} lost together")
            if len(gone) > cap:
                self._desk.bark(line, f"{service} had {len(gone)} brokers lost ({', '.join(gone)}), its cap is {cap}")

    def know(self, line: Line) -> None:
        self._pairs = line.get("apart", {})

    def _apart(self, service: str, one: str, other: str) -> bool:
        pairs = self._pairs.get(service, [])
        return any((_is(one, a) and _is(other, b)) or (_is(one, b) and _is(other, a)) for a, b in pairs)

    def _unheard(self, service: str, pod: str, line: Line) -> bool:
        """Lost a moment ago; or started again since, where nothing tells that it is not whole yet."""
        member = (service, pod)
        struck, placed = self._struck.get(member), self._placed.get(member, 0.0)
        untold = service in self._desk.yardstick.unproved and struck is not None and placed > struck
        return member not in self._moving and (untold or self._desk.recent(struck, line))

    def _once(self, line: Line, member: str) -> None:
        if line["task"] in self._sent:
            self._desk.count["twice"] += 1
            self._desk.bark(line, f"{member} was replaced twice: {line['task']}")
        elif (
            line["recovering"]
            and line["service"] not in self._desk.yardstick.unproved
            and not self._unheard(line["service"], line["pod"], line)
        ):
            self._desk.bark(line, f"{member} was replaced while it recovered")

    def _readable(self, line: Line) -> None:
        if self._desk.recent(line["at"] - line["unread"], line) or not line["unread"]:
            return
        self._desk.bark(line, f"{line['service']}/{line['pod']} was replaced while topics could not be read")

    def _copies(self, line: Line) -> None:
        whose = f"{line['service']}/{line['pod']} was replaced"
        left = {partition: (copies, line["replicas"][partition]) for partition, copies in line["copies"].items()}
        self._enough(line, whose, line["service"], left)

    def whole_without(self, line: Line, did: str) -> None:
        """A node goes down with brokers on it. `stays`: by service, what is left without all of them."""
        for service, left in sorted(line["stays"].items()):
            self._enough(line, did, service, left)

    def _enough(self, line: Line, did: str, service: str, left: Mapping[str, Sequence[int]]) -> None:
        """`left`: by partition, other in-sync copies that serve, and how many copies there are when all is well."""
        here = line.get("pods", ())
        others = (at for (name, pod), at in self._struck.items() if name == service and f"{name}/{pod}" not in here)
        if any(self._desk.recent(at, line) for at in others):
            return
        for partition, (copies, replicas) in sorted(left.items()):
            need = self._desk.yardstick.min_isr.get(service, max(1, min(2, replicas - 1)))
            if copies < need:
                left_there = f"{copies} other in-sync {'copy' if copies == 1 else 'copies'}"
                self._desk.bark(line, f"{did} with {left_there} of {partition}, and it needs {need}")


def _is(pod: str, whom: str) -> bool:
    return pod.startswith(whom) if whom.endswith("-") else pod == whom


def _split(member: str) -> Member:
    service, _, pod = member.rpartition("/")
    return service, pod


def by_service(members: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for service, pod in map(_split, members):
        found.setdefault(service, []).append(pod)
    return found
