"""A rehearsal: the same executor, planner and steps on a pretend copy of the surveyed cluster, in virtual time.

It never touches the cluster: all that it knows of it is the survey.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from dcosmaint.admission import Door
from dcosmaint.errors import DcosmaintError
from dcosmaint.executor import Executor
from dcosmaint.hands import VirtualHands
from dcosmaint.journal import Journal, Memory
from dcosmaint.lines import RollBegun
from dcosmaint.model import Admission, Inventory, Node, Progress, Refusal, Roll
from dcosmaint.plan import Batch, Forecast, Left
from dcosmaint.planner.case import Case, slots
from dcosmaint.ports import Lease
from dcosmaint.pretend import pretend
from dcosmaint.reporter import Reporter
from dcosmaint.sandbox.faces import in_process
from dcosmaint.sandbox.world import Shape
from dcosmaint.sandbox.world.shape import Range

USUAL = Shape()
"""How long things take where nobody knows better."""


def forecast(roll: Roll, inventory: Inventory, assumed: Shape = USUAL) -> Forecast:
    """What the roll would do. Blockers that only the real cluster knows are not rehearsed.

    `assumed`: how long things take that no survey tells.
    """
    absent = [node for node in inventory.nodes if node.instance.id in roll.targets and node.agent is None]
    roll = _without(roll, absent)
    world = pretend(inventory, roll, assumed)
    hands, began, lines = VirtualHands(world), world.now, Memory()
    journal = Journal(lines, _Free(), hands.now)
    journal.append(RollBegun(roll))
    site, seen, silent = in_process(world, failures=0.0), _Seen(), Reporter()
    try:
        Executor(journal, site, hands, silent, Door(journal, site, hands, silent, seen.agree)).run()
    except DcosmaintError as error:
        seen.refusals = (Refusal("rehearsal", "", str(error)),)
    moves = sum(json.loads(line)["event"] == "replacing" for line in lines.lines)
    left = (*_unlisted(absent), *_left(journal.progress, seen.refusals))
    ends = tuple(ended.at - began for ended in journal.progress.ended)
    return Forecast(tuple(seen.batches), world.now - began, moves, left, ends, tuple(_assumptions(assumed)))


def _without(roll: Roll, absent: Sequence[Node]) -> Roll:
    """The pretend copy has agents. Who waits there for one that is not would be told to leave it out of the roll."""
    gone = {node.instance.id for node in absent}
    return replace(roll, targets=tuple(target for target in roll.targets if target not in gone))


def _assumptions(shape: Shape) -> Iterator[str]:
    """What most of the time goes by."""
    yield f"a member with an empty volume is in sync after {_span(shape.resync)}"
    yield f"the agent of a new instance registers after {_span(shape.register)}"
    if shape.drag != 1.0:
        yield f"calls and terraform take {shape.drag:g} times as much of its time, which runs faster than yours"


def _span(seconds: Range) -> str:
    low, high = (round(each / 60.0) for each in seconds)
    return f"{low} to {high} min"


def _left(progress: Progress, refusals: Sequence[Refusal]) -> Iterator[Left]:
    """Those that were held, then those that got no turn."""
    held = [Refusal("held", flight.node.address, flight.stopped) for flight in progress.stopped]
    nodes: dict[tuple[str, str], list[str]] = {}
    for refusal in (*held, *refusals):
        rule = "deadline" if progress.late and refusal.rule == "paused" else refusal.rule
        nodes.setdefault((rule, refusal.says), []).append(refusal.node)
    return (Left(rule, says, tuple(filter(None, names))) for (rule, says), names in nodes.items())


def _unlisted(absent: Sequence[Node]) -> Iterator[Left]:
    if absent:
        yield Left("no-agent", "Mesos lists no agent to rehearse with", tuple(node.address for node in absent))


class _Seen:
    """Listens to the planner: what it admitted each time, and what it refused last."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []
        self.refusals: tuple[Refusal, ...] = ()

    def agree(self, answer: Admission, case: Case) -> Admission:
        self.refusals = answer.refusals
        if answer.start:
            addresses = tuple(node.address for node in answer.start)
            self.batches.append(
                Batch(len(self.batches) + 1, addresses, _lost(case.roll, answer.start), _why(answer.refusals))
            )
        return answer


def _lost(roll: Roll, nodes: Sequence[Node]) -> dict[str, int]:
    """What they take away from each service."""
    return dict(sorted(Counter(member.service for node in nodes for member in slots(roll, node)).items()))


def _why(refusals: Sequence[Refusal]) -> str:
    """The reasons of those that had to wait, each once, with the first node that it held back."""
    first: dict[str, Refusal] = {}
    for refusal in refusals:
        first.setdefault(refusal.rule, refusal)
    return "\n".join(f"{refusal.node}: {refusal.says}" for refusal in first.values()) or "no other node was left"


class _Free(Lease):
    """Nobody else is in a rehearsal."""

    def check(self) -> None: ...
