"""What a roll waits for right now, in a small file beside its journal, for `status` in another process.

The journal holds no polls, so it can't say that. The file may be missing, or left by a process that is dead: whoever
reads it is told how old it is, and nothing that a roll does depends on it.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dcosmaint.model import Admission
from dcosmaint.reporter import Event, Look, Reporter

FILE = "now.json"
EVERY = 1.0
"""Seconds between two writes that only a new `left` asks for; the next event, or look at the cluster, brings it."""


@dataclass(frozen=True)
class Wait:
    step: str
    goal: str
    left: str
    since: float  # epoch seconds on the cluster's clock


@dataclass(frozen=True)
class Next:
    """Nodes that the newest answer of the planner kept back, for one reason."""

    nodes: tuple[str, ...]
    why: str
    until: float | None  # when it lifts by itself, if that is known


@dataclass(frozen=True)
class Now:
    age: float  # seconds since it was written, on this machine's clock
    waits: Mapping[str, Wait]  # by address; "" is what happens once a roll
    next: tuple[Next, ...]  # in the order of their turn


class NowWriter(Reporter):
    """Keeps the file. What can't be kept is passed over on purpose: a full disk stops a roll at its journal, which
    says so, and never at a note that only makes `status` richer.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._waits: dict[str, Wait] = {}
        self._next: tuple[Next, ...] = ()
        self._wrote = 0.0

    def say(self, event: Event) -> None:
        if event.event in ("waiting", "step-begin"):
            before, wait = self._waits.get(event.node), _wait(event)
            self._waits[event.node] = wait
            if before and (before.step, before.goal) == (wait.step, wait.goal) and event.at - self._wrote < EVERY:
                return
        elif event.node or event.step:
            self._waits.pop(event.node, None)
        self._keep(event.at)

    def looked(self, look: Look) -> None:
        self._next = _grouped(look.answer)
        self._keep(look.at)

    def _keep(self, at: float) -> None:
        waits = {node: asdict(wait) for node, wait in self._waits.items()}
        text = json.dumps({"waits": waits, "next": [asdict(each) for each in self._next]})
        aside = self._folder / f"{FILE}.{os.getpid()}"
        with suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            aside.write_text(text)
            aside.replace(self._folder / FILE)
        self._wrote = at


def read(folder: Path) -> Now | None:
    """None where there is none, or none that can be read."""
    path = folder / FILE
    try:
        age = max(0.0, time.time() - path.stat().st_mtime)
        kept: Mapping[str, Any] = json.loads(path.read_bytes())
        waits = {node: Wait(**wait) for node, wait in kept["waits"].items()}
        return Now(age, waits, tuple(Next(**{**each, "nodes": tuple(each["nodes"])}) for each in kept["next"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _wait(event: Event) -> Wait:
    fields = event.fields
    return Wait(event.step, fields.get("goal", "its first look"), fields.get("left", ""), fields.get("since", event.at))


def _grouped(answer: Admission) -> tuple[Next, ...]:
    groups: dict[tuple[str, float | None], list[str]] = {}
    for refusal in answer.refusals:
        groups.setdefault((refusal.says, refusal.until), []).append(refusal.node)
    return tuple(Next(tuple(filter(None, nodes)), says, until) for (says, until), nodes in groups.items())
