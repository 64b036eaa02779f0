"""Judges what was done to a pretend cluster, by its event log alone.

It shares no code with the tool that it judges: a mistake of the one can't hide in the other.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

Line = dict[str, Any]

TOOL = ("tool", "terraform")  # who acts for us; what an operator does beside us is not held against us


class Tally(NamedTuple):
    """What came of it. `breaches` are sentences, each with the time in seconds since the cluster began."""

    breaches: tuple[str, ...]
    replaced: int  # nodes whose new agent registered
    most_lost: Mapping[str, int]  # by service, at once, for whatever reason
    partitions_lost: int
    replaced_twice: int  # brokers
    undrained: int  # instances terminated before they were drained
    apps_at_zero: int  # apps of two or more instances
    cordons_left: int
    comebacks: int  # agents that came back after they were told to leave
    black_holes: int  # tasks that failed on a node without docker
    applies: int
    fleet: int
    on_wanted_ami: int

    def table(self) -> list[str]:
        rows: list[tuple[str, object]] = [
            ("nodes replaced", self.replaced),
            ("on the wanted AMI", f"{self.on_wanted_ami} of {self.fleet}"),
            *((f"most brokers lost at once, {name}", most) for name, most in sorted(self.most_lost.items())),
            ("partitions lost", self.partitions_lost),
            ("brokers replaced twice", self.replaced_twice),
            ("instances terminated undrained", self.undrained),
            ("apps of two or more at zero", self.apps_at_zero),
            ("cordons left", self.cordons_left),
            ("agents that came back", self.comebacks),
            ("tasks lost in a black hole", self.black_holes),
            *([("terraform applies", self.applies)] if self.applies else []),  # a real terraform is not seen from here
            ("breaches", len(self.breaches)),
        ]
        width = max(len(name) for name, _ in rows) + 2
        return [f"{name:<{width}}{value}" for name, value in rows] + [f"  {breach}" for breach in self.breaches]


def judge(lines: Iterable[str], caps: Mapping[str, int], targets: Iterable[str] = (), ami: str = "") -> Tally:
    """`caps`: by service, 1 where none is named. `targets`: instance ids that may be terminated; none named means all.

    `ami`: the wanted one; where none is named it is the one that was launched last.
    """
    bench = _Bench(caps, frozenset(targets), ami)
    for line in lines:
        bench.hear(json.loads(line))
    return bench.tally()


class _Bench:
    """Hears one line after the other and remembers what the next ones are judged by."""

    def __init__(self, caps: Mapping[str, int], targets: frozenset[str], ami: str) -> None:
        self._caps, self._targets, self._ami = caps, targets, ami
        self._breaches: list[str] = []
        self._count: dict[str, int] = {}
        self._most: dict[str, int] = {}
        self._fleet: dict[str, str] = {}  # address → AMI
        self._sent: set[str] = set()  # task ids
        self._told: set[str] = set()  # instances whose agent was told to leave
        self._drained: set[str] = set()  # instances whose agent left after that
        self._cordons: dict[str, str] = {}  # agent → address
        self._public: dict[str, None] = {}  # addresses of public nodes that are down by our hand
        self._newest = ""
        self._rules: dict[str, Callable[[Line], None]] = {
            "cluster": self._cluster,
            "replace": self._replace,
            "deactivate": self._deactivate,
            "reactivate": self._reactivate,
            "stop-docker": self._stop_docker,
            "signal-agent": self._stop,
            "stop-agent": self._stop,
            "release": self._release,
            "terminate": self._terminate,
            "apply": self._apply,
            "launch": self._launch,
            "agent-gone": self._gone,
            "agent-registered": self._registered,
            "partition-wiped": self._wiped,
            "app-zero": self._app_zero,
            "black-hole": lambda line: self._add("black-hole"),
        }

    def hear(self, line: Line) -> None:
        for service, pods in line.get("lost", {}).items():
            self._most[service] = max(self._most.get(service, 0), len(pods))
        if rule := self._rules.get(line["what"]):
            rule(line)

    def tally(self) -> Tally:
        for agent, address in self._cordons.items():
            self._breaches.append(f"at the end: {address} is still cordoned (agent {agent})")
        wanted = self._ami or self._newest
        return Tally(
            breaches=tuple(self._breaches),
            replaced=self._count.get("replaced", 0),
            most_lost=self._most,
            partitions_lost=self._count.get("wiped", 0),
            replaced_twice=self._count.get("twice", 0),
            undrained=self._count.get("undrained", 0),
            apps_at_zero=self._count.get("zero", 0),
            cordons_left=len(self._cordons),
            comebacks=self._count.get("comeback", 0),
            black_holes=self._count.get("black-hole", 0),
            applies=self._count.get("apply", 0),
            fleet=len(self._fleet),
            on_wanted_ami=sum(ami == wanted for ami in self._fleet.values()),
        )

    def _add(self, what: str) -> None:
        self._count[what] = self._count.get(what, 0) + 1

    def _bark(self, line: Line, says: str) -> None:
        self._breaches.append(f"{line['at']:.0f} s: {says}")

    # ---- brokers

    def _cluster(self, line: Line) -> None:
        self._fleet = {node["address"]: node["ami"] for node in line["nodes"]}
        self._most = dict.fromkeys(line["services"], 0)

    def _replace(self, line: Line) -> None:
        if line["by"] not in TOOL:
            return
        member = f"{line['service']}/{line['pod']}"
        self._within_cap(line, {line["service"]: [line["pod"]]})
        if line["task"] in self._sent:
            self._add("twice")
            self._bark(line, f"{member} was replaced twice: {line['task']}")
        elif line["recovering"]:
            self._bark(line, f"{member} was replaced while it recovered")
        self._sent.add(line["task"])
        for partition, copies in sorted(line["copies"].items()):
            if not copies:
                self._bark(line, f"{member} was replaced, and no other in-sync copy of {partition} was there")

    def _within_cap(self, line: Line, leaving: Mapping[str, list[str]]) -> None:
        for service, pods in sorted(leaving.items()):
            gone = sorted({*line["lost"].get(service, []), *pods})
            cap = self._caps.get(service, 1)
            if len(gone) > cap:
                self._bark(line, f"{service} had {len(gone)} brokers lost ({', '.join(gone)}), its cap is {cap}")

    def _wiped(self, line: Line) -> None:
        self._add("wiped")
        self._bark(line, f"{line['service']} lost {line['partition']} for good")

    # ---- nodes

    def _deactivate(self, line: Line) -> None:
        if line["by"] in TOOL:
            self._cordons[line["agent"]] = line["address"]

    def _reactivate(self, line: Line) -> None:
        self._cordons.pop(line["agent"], None)

    def _stop_docker(self, line: Line) -> None:
        if line["by"] in TOOL and line["offers"]:
            self._bark(line, f"docker of {line['address']} was stopped under an agent that takes offers")
        self._stop(line)

    def _stop(self, line: Line) -> None:
        """Docker or the agent of a node is stopped: from here on its work is away."""
        if line["by"] not in TOOL:
            return
        if line["what"] == "signal-agent":
            self._told.add(line["instance"])
        if line["pods"]:
            self._bark(line, f"{line['address']} was stopped with {', '.join(line['pods'])} on it ({line['what']})")
        leaving: dict[str, list[str]] = {}
        for member in line["pods"]:
            service, _, pod = member.rpartition("/")
            leaving.setdefault(service, []).append(pod)
        self._within_cap(line, leaving)
        self._one_public(line)

    def _one_public(self, line: Line) -> None:
        if not line["public"]:
            return
        others = [address for address in self._public if address != line["address"]]
        if others:
            self._bark(line, f"public node {line['address']} went down while {', '.join(others)} was down")
        self._public[line["address"]] = None

    def _release(self, line: Line) -> None:
        """Somebody else may lift our hold at any moment: what counts then is that the agent comes back."""
        if line["by"] in TOOL:
            self._told.discard(line["instance"])
            self._drained.discard(line["instance"])

    def _gone(self, line: Line) -> None:
        self._cordons.pop(line["agent"], None)
        if line["instance"] in self._told and line["how"] == "unregistered":
            self._drained.add(line["instance"])

    def _registered(self, line: Line) -> None:
        self._public.pop(line["address"], None)
        if line["instance"] in self._told and line["old"]:
            self._add("comeback")
            self._drained.discard(line["instance"])
        if not line["old"]:
            self._add("replaced")

    def _terminate(self, line: Line) -> None:
        if line["by"] not in TOOL:
            return
        instance, where = line["instance"], f"{line['instance']} ({line['address']})"
        if self._targets and instance not in self._targets:
            self._bark(line, f"{where} was terminated and is no target")
        if line["listed"]:
            self._bark(line, f"{where} was terminated while Mesos listed its agent")
        if line["pods"]:
            self._bark(line, f"{where} was terminated with {', '.join(line['pods'])} on it")
        if instance not in self._drained:
            self._add("undrained")
            self._bark(line, f"{where} was terminated before it was drained")
        self._one_public(line)

    # ---- terraform and apps

    def _apply(self, line: Line) -> None:
        self._add("apply")
        for address, actions, _ in line["changes"]:
            if actions != ["create"] or address not in line["addresses"]:
                self._bark(line, f"the applied plan would {' and '.join(actions)} {address}")

    def _launch(self, line: Line) -> None:
        self._fleet[line["address"]] = self._newest = line["ami"]

    def _app_zero(self, line: Line) -> None:
        if line["instances"] > 1:
            self._add("zero")
            self._bark(line, f"{line['app']} had none of its {line['instances']} instances running: {line['why']}")
