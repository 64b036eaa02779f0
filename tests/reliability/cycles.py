"""Cycles of kill -9 and resume, of the real process on a served sandbox, over as many rolls as they take."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from subprocess import CompletedProcess
from typing import Any

from dcosmaint.model import Progress
from dcosmaint.sandbox.monitor import Tally
from dcosmaint.sandbox.served.terraform import Terraform, environment
from dcosmaint.shelf import Shelf
from tests.served.desk import Desk

STEPS = (
    "cordon-agent", "replace-brokers", "leave-balancers", "move-apps", "stop-docker", "stop-agent",
    "terminate-instance", "apply-terraform",
    "await-agent", "verify-agent",
)  # fmt: skip
LATEST = 12.0
"""Seconds of ours from a process's first line in the journal to its kill, at most."""

EARLY = 0.1
"""The share of kills whose moment counts from the start of the process: some meet it while it looks around."""

SETTLED = 3600.0
"""Seconds of the cluster in which everything has found its place."""

State = dict[str, Any]


@dataclass
class Cycles:
    """What happened. `met` counts the nodes in flight that a kill met, by the step that each was in."""

    seed: int
    kills: int = 0
    rolls: int = 0
    too_early: int = 0  # kills before the roll's first line: there was nothing to resume
    several: int = 0  # kills with two or more nodes in flight
    idle: int = 0  # kills with none
    seconds: float = 0.0
    met: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def struck(self, progress: Progress) -> str:
        """Returns the steps that it met."""
        flights = progress.flights.values()
        steps = [next((step for step in STEPS if step not in flight.done), "end") for flight in flights]
        self.kills += 1
        self.several += len(steps) > 1
        self.idle += not steps
        self.met.update(steps)
        return ", ".join(steps) or "no node in flight"

    def table(self, tally: Tally) -> Iterator[str]:
        rows: list[tuple[str, object]] = [
            ("kill -9 and resume", self.kills),
            ("rolls that they were spread over", self.rolls),
            ("kills before a roll's first line, beside those", self.too_early),
            ("kills with two or more nodes in flight", self.several),
            ("kills with no node in flight", self.idle),
            *((f"nodes met in {step}", self.met[step]) for step in STEPS),
            ("nodes replaced", tally.replaced),
            ("breaches", len(tally.breaches)),
            ("rolls that ended in another state than one that nobody killed", len(self.problems)),
            ("seconds", f"{self.seconds:.0f}"),
        ]
        width = max(len(name) for name, _ in rows) + 2
        yield from (f"{name:<{width}}{value}" for name, value in rows)
        yield from (f"  {says}" for says in (*tally.breaches, *self.problems))


class Operator:
    """At a desk, with two AMIs to roll to and fro, and with processes that are killed."""

    def __init__(self, desk: Desk, seed: int, say: Callable[[str], None] = lambda _line: None) -> None:
        """`say` hears of each kill."""
        self._desk, self._say = desk, say
        self._random = Random(f"kills {seed}")
        self._shelf = Shelf(desk.sandbox.folder.root / "state" / "sandbox", "sandbox")
        self._wanted = ""
        self.cycles = Cycles(seed)

    def play(self, kills: int) -> Cycles:
        """Rolls with so many kills in all, and then one that nobody kills, for comparison."""
        began, states = time.monotonic(), list[State]()
        while self.cycles.kills < kills:
            self._roll(kills)
            states.append(self._state())
        self.cycles.rolls = len(states)
        self._roll(kills)
        whole = self._state()
        self.cycles.problems += [f"a roll ended in {state}, not in {whole}" for state in states if state != whole]
        self.cycles.seconds = time.monotonic() - began
        return self.cycles

    def _roll(self, kills: int) -> None:
        """To its good end, by as many processes as it takes."""
        amis = self._desk.sandbox.record["amis"]
        self._wanted = amis["now"] if self._wanted == amis["next"] else amis["next"]
        while not self._one_process(kills):
            pass

    def _one_process(self, kills: int) -> bool:
        """Begin the roll, or resume it. Returns whether it is done."""
        unfinished = self._shelf.to_resume()
        words = ("resume", "--yes") if unfinished else ("roll", "--ami", self._wanted, "--yes")
        killing = self.cycles.kills < kills
        ended = self._killed(*words) if killing else self._desk.type(*words, within=1800.0)
        if ended and ended.returncode:
            raise AssertionError(f"{' '.join(words)} ended with {ended.returncode}:\n{ended.stdout}")
        if not ended and (journal := self._shelf.to_resume()):
            met = self.cycles.struck(journal.progress)
            self._say(f"kill {self.cycles.kills}: {met}")
        elif not ended:
            self.cycles.too_early += 1
        return ended is not None

    def _killed(self, *words: str) -> CompletedProcess[str] | None:
        """Returns how it ended, where the kill came too late."""
        before, early = self._written(), self._random.random() < EARLY
        patience = self._random.uniform(0.0, LATEST)
        return self._desk.kill_after(patience, *words, begun=lambda: early or self._written() > before)

    def _written(self) -> int:
        """Bytes in all journals."""
        return sum(self._shelf.journal(roll_id).stat().st_size for roll_id in self._shelf.ids())

    def _state(self) -> State:
        """What the cluster is, but for ids and addresses: those of new instances are new. Raises where Terraform
        would change anything."""
        self._desk.skip(SETTLED)
        sandbox = self._desk.sandbox
        binary, folder = str(sandbox.record["programs"]["terraform"]), sandbox.folder
        terraform = Terraform(binary, folder.infra, environment(folder.terraformrc))
        terraform.run("plan", "-detailed-exitcode", "-lock=false")
        found = sandbox.status()
        nodes = {node["address"]: (node["ami"] == self._wanted, node["serves"]) for node in found["nodes"]}
        return {"nodes": nodes, "apps": found["apps"], "lost": found["lost"], "in flight": len(self._shelf.left())}
