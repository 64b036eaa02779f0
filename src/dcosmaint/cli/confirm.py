"""`--confirm`: a person says yes before each batch, or each node. It stands between the planner and its answer."""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence
from dataclasses import replace

import click

from dcosmaint import planner
from dcosmaint.admission import Admit
from dcosmaint.model import Admission, Inventory, Node, Progress, Refusal, Roll, Verdict

Ask = Callable[[Sequence[Node]], bool]


def ask_at_terminal(nodes: Sequence[Node]) -> bool:
    """Ctrl-C, or the end of the input, is a no: nobody may start a node by the key that stops a roll."""
    named = ", ".join(node.address for node in nodes)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return click.confirm(f"Next: {named}. Go on?", default=True)
    except click.Abort:
        return False
    finally:
        signal.signal(signal.SIGINT, before)


def confirming(each: str | None, ask: Ask) -> Admit:
    """The planner, asked on behalf of a person. `each`: batch, node, or None for nobody."""
    return planner.admit if each is None else _Confirmed(ask, single=each == "node")


class _Confirmed:
    def __init__(self, ask: Ask, *, single: bool) -> None:
        self._ask, self._single, self._refused = ask, single, False

    def __call__(self, roll: Roll, inventory: Inventory, progress: Progress) -> Admission:
        answer = planner.admit(roll, inventory, progress)
        start = answer.start[:1] if self._single else answer.start
        if start and not self._refused and self._ask(start):
            return replace(answer, start=start)
        self._refused = self._refused or bool(start)
        if not self._refused:
            return answer
        says = Refusal("confirm", "", "the operator said no", final=True)
        flying = len(progress.flights) > len(progress.stopped)
        verdict = Verdict.WAIT if flying else Verdict.STUCK
        return replace(answer, start=(), refusals=(says, *answer.refusals), verdict=verdict)
