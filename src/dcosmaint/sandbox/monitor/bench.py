"""Hears one line of the log after the other, each by the rule for what it says."""

from __future__ import annotations

from collections.abc import Callable

from dcosmaint.sandbox.monitor.balancers import Balancers
from dcosmaint.sandbox.monitor.brokers import Brokers
from dcosmaint.sandbox.monitor.canaries import Canaries
from dcosmaint.sandbox.monitor.desk import TOOL, Desk, Line
from dcosmaint.sandbox.monitor.nodes import Nodes
from dcosmaint.sandbox.monitor.tally import Tally

Rule = Callable[[Line], None]


class Bench:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._balancers = Balancers(desk)
        self._brokers = Brokers(desk)
        self._canaries = Canaries(desk)
        self._nodes = Nodes(desk, self._brokers)
        self._most: dict[str, int] = {}
        self._fleet: dict[str, str] = {}  # address → AMI
        self._newest = ""
        self._began = 0.0  # when the log does, on the clock of those who work on the cluster
        balancers, brokers, canaries, nodes = self._balancers, self._brokers, self._canaries, self._nodes
        self._rules: dict[str, tuple[Rule, ...]] = {
            "cluster": (self._cluster, canaries.know, brokers.know, balancers.know),
            "replace": (brokers.replace, canaries.begin),
            "lost": (brokers.lost,),
            "placed": (brokers.placed,),
            "in-sync": (brokers.in_sync,),
            "partition-wiped": (brokers.wiped,),
            "deactivate": (nodes.deactivate,),
            "cordon-again": (nodes.cordon_again,),
            "reactivate": (nodes.reactivate,),
            "reserve": (nodes.set_apart,),
            "hold": (nodes.hold,),
            "stop-docker": (nodes.stop_docker, canaries.begin, balancers.stop),
            "signal-agent": (nodes.signal, canaries.begin, balancers.stop),
            "stop-agent": (nodes.stop, canaries.begin, balancers.stop),
            "release": (nodes.release,),
            "empty-work-dir": (nodes.empty,),
            "terminate": (nodes.terminate, balancers.stop),
            "register": (balancers.register,),
            "deregister": (balancers.deregister,),
            "agent-gone": (nodes.gone,),
            "agent-registered": (nodes.registered, canaries.end, balancers.back),
            "apply": (self._apply,),
            "launch": (self._launch,),
            "app-zero": (nodes.app_zero,),
            "fault": (desk.slept,),
            "black-hole": (lambda line: desk.count.update(["black-hole"]),),
        }

    def hear(self, line: Line) -> None:
        for service, pods in line.get("lost", {}).items():
            self._most[service] = max(self._most.get(service, 0), len(pods))
        self._began = line.get("began", self._began)
        self._desk.turn(self._began + line["at"])
        for rule in self._rules.get(line["what"], ()):
            rule(line)

    def tally(self) -> Tally:
        desk, count, cordons = self._desk, self._desk.count, self._nodes.cordons
        left = (f"at the end: {address} is still cordoned (agent {agent})" for agent, address in cordons.items())
        wanted = desk.yardstick.ami or self._newest
        return Tally(
            breaches=(*desk.breaches, *left, *self._balancers.left()),
            replaced=count["replaced"],
            most_lost=self._most,
            partitions_lost=count["wiped"],
            replaced_twice=count["twice"],
            undrained=count["undrained"],
            apps_at_zero=count["zero"],
            cut_off=count["cut-off"],
            cordons_left=len(cordons),
            comebacks=count["comeback"],
            black_holes=count["black-hole"],
            applies=count["apply"],
            fleet=len(self._fleet),
            on_wanted_ami=sum(ami == wanted for ami in self._fleet.values()),
        )

    def _cluster(self, line: Line) -> None:
        self._fleet = {node["address"]: node["ami"] for node in line["nodes"]}
        self._most = dict.fromkeys(line["services"], 0)

    def _apply(self, line: Line) -> None:
        self._desk.count["apply"] += 1
        if line["by"] not in TOOL:
            return
        wanted = self._desk.yardstick.ami
        for address, actions, ami in line["changes"]:
            if actions == ["create"] and _goes_with(address) in line["addresses"]:
                continue
            if actions != ["create"] or address not in line["addresses"]:
                self._desk.bark(line, f"the applied plan would {' and '.join(actions)} {address}")
            elif wanted and ami != wanted:
                self._desk.bark(line, f"the applied plan would create {address} of {ami}, not of {wanted}")

    def _launch(self, line: Line) -> None:
        self._fleet[line["address"]] = self._newest = line["ami"]


def _goes_with(address: str) -> str:
    """The node of an attachment, which is of its name and key; any other address is no node's."""
    kind, _, name = address.partition(".")
    return f"aws_instance.{name}" if kind == "aws_volume_attachment" else ""
