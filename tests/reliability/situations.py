"""What a roll got into. A situation that no roll of many met is one that nothing is known about."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from dcosmaint.journal import Journal
from dcosmaint.lines import Aborting, Acting, Begun, Failed, Held, Paused, Replacing, Slot, TakenOver, What
from dcosmaint.model import Work
from dcosmaint.sandbox.monitor import Tally
from dcosmaint.sandbox.world import World
from tests.reliability.draw import Case

SITUATIONS = {
    "killed": "the process was killed",
    "killed-many-in-flight": "killed with two or more nodes in flight",
    "killed-in-a-line": "killed in the middle of a line of the journal",
    "killed-after-an-act": "killed when an act had arrived, and nobody knew yet",
    "killed-unplaced": "killed while a replaced broker had no place yet",
    "killed-terraform-runs": "killed while terraform ran: it outlived the process",
    "killed-members-down": "killed while a node was down with its members, which wait for the new one",
    "killed-twice": "killed again after a resume",
    "killed-steering": "killed while steering cordons stood",
    "landed-late": "a broker landed on a node after its survey, and took a slot of its own",
    "fell-back": "a replaced broker was placed on the node it came from",
    "shared-apply": "one apply made two or more nodes anew",
    "two-away": "two brokers of one service were replaced at once",
    "sent-again": "a replace that was lost on its way was sent again",
    "replaced-by-itself": "a scheduler replaced a broker by itself, while its node was down with it",
    "began-again": "a node's pipeline began again: something came back",
    "comeback": "an agent came back that was told to leave",
    "failover-in-flight": "another master led while nodes were in flight",
    "scheduler-lost-in-flight": "a scheduler went away while one of its brokers was moved",
    "crash-in-flight": "a broker crashed while nodes were in flight",
    "asleep-in-flight": "the laptop slept while nodes were in flight",
    "terminated-in-flight": "somebody else terminated an instance in flight",
    "marked-gone": "the master was told of an instance in flight that somebody else had terminated",
    "app-moved": "an instance of an app was moved off a node",
    "members-down": "a node went down with its members on it",
    "emptied": "a work dir that outlives its instance was emptied",
    "kept": "a new instance came up with the work dir of its predecessor",
    "set-apart": "a node was kept full by reservations, and given back before its agent left",
    "fell-and-moved": "a broker fell back to such a node, and was replaced once more when that was down",
    "scheduled": "a maintenance window of a node was taken out, beside one of somebody else",
    "steered": "a steering cordon was set",
    "held": "a node was held: no progress for longer than its patience",
    "failed": "a node failed",
    "paused": "the roll was paused",
    "baked": "packer baked the AMI",
    "stopped-and-mended": "the roll stopped, people mended the cluster, and a resume went on",
    "left-out": "a resume left out a target that somebody else had replaced, as it was told to",
    "rollback": "a roll that had ended was rolled back",
    "rollback-stopped": "a roll that was stopped between two nodes was rolled back",
    "aborted-killed": "a roll whose process was killed was aborted",
    "aborted-stopped": "a roll that had stopped was aborted",
    "aborted-in-flight": "an abort met nodes in flight that were more than cordoned",
    "aborted-held": "an abort with --hold left such a node as it was",
    "aborted-reverted": "an abort with --revert took the edit of Terraform back",
    "abort-killed": "an abort was killed, and another one ended it",
}

LEFT = "left as it is by the abort"
"""What the journal says of a node that an abort with --hold does not touch."""

BY_LINE: dict[type, str] = {Begun: "began-again", Slot: "landed-late", Held: "held", Failed: "failed", Paused: "paused"}
BY_FAULT = {
    "failover": "failover-in-flight",
    "broker-crash": "crash-in-flight",
    "broker-crash-cordoned": "crash-in-flight",
    "asleep": "asleep-in-flight",
    "terminated-in-flight": "terminated-in-flight",
}


class Witness:
    """Hears every line of a roll's journal, and reads what the World wrote meanwhile."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._read = len(world.log)
        self._sent: set[str] = set()  # task ids
        self._killed = False  # whether the last process was
        self.met: Counter[str] = Counter()

    def began(self, case: Case) -> None:
        if case.work is Work.ROLLBACK:
            self.met["rollback-stopped" if case.stopped else "rollback"] += 1

    def follow(self, journal: Journal) -> None:
        journal.heard = lambda at, what: self._hear(journal, what)

    def _hear(self, journal: Journal, what: What) -> None:
        if name := BY_LINE.get(type(what)):
            self.met[name] += 1
        if isinstance(what, Replacing):
            again = what.member in journal.progress.flights[what.node].asked[:-1]
            self.met["fell-and-moved"] += again and journal.roll.manner.leaks
            self.met["sent-again"] += what.task_id in self._sent
            self._sent.add(what.task_id)
        if isinstance(what, Acting):
            self._hear_of(what, journal)
        if isinstance(what, TakenOver):
            self.met["left-out"] += bool(what.terms.excluded)
        if isinstance(what, Aborting):
            self.met["aborted-killed" if self._killed else "aborted-stopped"] += 1
            self.met["aborted-in-flight"] += any(flight.busy for flight in journal.progress.flights.values())
        self.met["steered"] += what.event == "cordoned"
        self._killed = False
        self._catch_up(journal)

    def _hear_of(self, act: Acting, journal: Journal) -> None:
        self.met["baked"] += act.act == "packer.bake"
        self.met["scheduled"] += act.act == "mesos.uncordon" and "maintenance" in act.of
        self.met["set-apart"] += act.act == "mesos.uncordon" and "reserve" in act.of
        self.met["app-moved"] += act.act in ("marathon.kill", "marathon.restart")
        flight = journal.progress.flights.get(act.node)
        self.met["members-down"] += act.act == "units.signal_agent" and bool(flight and flight.holds)

    def _catch_up(self, journal: Journal) -> None:
        lines, self._read = self._world.log[self._read :], len(self._world.log)
        for line in map(json.loads, lines):
            self._see(line, journal)
            self._see_of_agents(line)

    def _see(self, line: dict[str, Any], journal: Journal) -> None:
        progress = journal.progress
        match line["what"]:
            case "fault" if progress.flights and line["name"] in BY_FAULT:
                self.met[BY_FAULT[line["name"]]] += 1
            case "scheduler-down":
                self.met["scheduler-lost-in-flight"] += line["service"] in {m.service for m in progress.held}
            case "placed":
                self.met["fell-back"] += line["empty"] and line["agent"] == line["from"]
            case "apply":
                self.met["shared-apply"] += line["by"] == "tool" and len(line["addresses"]) > 1
            case "replace":
                self.met["two-away"] += self._others_away(line["service"])
                self.met["replaced-by-itself"] += line["by"] == "sdk"

    def _see_of_agents(self, line: dict[str, Any]) -> None:
        match line["what"]:
            case "agent-gone":
                self.met["marked-gone"] += line["how"] == "marked gone" and line["by"] == "tool"
            case "empty-work-dir":
                self.met["emptied"] += 1
            case "launch":
                self.met["kept"] += bool(line["agent"])

    def _others_away(self, service: str) -> bool:
        brokers = self._world.ground.services[service].brokers
        return sum(broker.marked or broker.empty for broker in brokers) > 1

    def killed(self, journal: Journal, *, after: bool, in_a_line: bool) -> None:
        progress, world = journal.progress, self._world
        brokers = [broker for service in world.ground.services.values() for broker in service.brokers]
        newest = world.terraform.newest
        self._killed = True
        self.met["abort-killed"] += progress.aborting
        self.met["killed-twice"] += bool(self.met["killed"])
        self.met["killed"] += 1
        self.met["killed-many-in-flight"] += len(progress.flights) > 1
        self.met["killed-in-a-line"] += in_a_line
        self.met["killed-after-an-act"] += after
        self.met["killed-unplaced"] += any(broker.marked for broker in brokers)
        self.met["killed-terraform-runs"] += bool(newest and newest.running)
        self.met["killed-steering"] += bool(progress.steered)
        down = [f for f in progress.flights.values() if f.stopping and set(f.holds) - set(f.asked)]
        self.met["killed-members-down"] += bool(down)

    def ended(self, journal: Journal, tally: Tally) -> None:
        progress = journal.progress
        self.met["comeback"] = tally.comebacks
        if progress.aborting:
            self.met["aborted-held"] += any(flight.stopped == LEFT for flight in progress.flights.values())
            self.met["aborted-reverted"] += progress.reverting and "restore-image" in progress.prepared
