"""The journal: append-only lines, each on disk before what it announces is done.

A kill at any moment leaves whole lines and at most one half line, which is cut off when the journal is opened again.
`append` is the one place where the lease is checked, and `Logged` the one road to an act: no act without a line, no
line without the lease. Before the line of an act the lock is read afresh where it is kept (R9).
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, Protocol, cast

from dcosmaint.errors import Fatal, Refused
from dcosmaint.lines import SCHEMA, Acting, RollBegun, TakenOver, What, fold, from_json, to_json
from dcosmaint.model import Cordon, Member, Progress, Roll
from dcosmaint.ports import Lease
from dcosmaint.site import Acts

Heard = Callable[[float, What], None]


class Sink(Protocol):
    """Where lines go. `write` returns once the line would survive a power cut."""

    def write(self, line: str) -> None: ...


class Memory:
    """Lines that nobody needs after a kill: a forecast's."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def write(self, line: str) -> None:
        self.lines.append(line)


class File:
    """Lines on disk."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._broken = ""

    def write(self, line: str) -> None:
        """Raises `Fatal` when the line can't be kept, and from then on: a line behind half a line would be lost."""
        if not self._broken:
            try:
                self._append(f"{line}\n".encode(errors="replace"))
            except OSError as error:
                self._broken = error.strerror or str(error)
        if self._broken:
            raise Fatal(f"The journal {self._path} can't be written: {self._broken}. Nothing is done without its line.")

    def _append(self, line: bytes) -> None:
        file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        try:
            if os.write(file, line) != len(line):
                raise OSError("the disk took half a line")
            os.fsync(file)
        finally:
            os.close(file)

    @classmethod
    def create(cls, path: Path) -> File:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(exist_ok=False)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return cls(path)


def read(path: Path) -> Iterator[str]:
    """The whole lines of a journal. The half line that a kill left is passed over."""
    for line in path.read_bytes().splitlines(keepends=True):
        if line.endswith(b"\n"):
            yield line.decode(errors="surrogateescape").rstrip("\n")


def mend(path: Path) -> None:
    """Cut off the half line that a kill left, so that the next line begins on its own."""
    data = path.read_bytes()
    if data and not data.endswith(b"\n"):
        os.truncate(path, data.rfind(b"\n") + 1)


class Newer(Refused):
    """A journal that a newer version has begun."""


class Journal:
    """One roll's lines and what they amount to."""

    def __init__(
        self,
        sink: Sink,
        lease: Lease,
        now: Callable[[], float],
        alone: AbstractContextManager[Any] | None = None,
    ) -> None:
        """`alone` keeps threads apart; it must be re-entrant."""
        self._sink, self._lease, self._now = sink, lease, now
        self.alone = alone or nullcontext()
        self.progress = Progress()
        self.heard: Heard = lambda at, what: None
        self._roll: Roll | None = None

    @property
    def begun(self) -> bool:
        """Whether its first line is written: before that nothing was touched."""
        return self._roll is not None

    @property
    def roll(self) -> Roll:
        """As its first line has it, with what those who took it over have added."""
        assert self._roll, "a journal begins with its roll"
        return self._roll

    def confirm(self) -> None:
        """Read the lock where it is kept, as before an act. Never while the journal is ours alone: it takes time."""
        self._lease.confirm()

    def append(self, what: What) -> None:
        """Write one line and take in what it means, as it was written: without secrets (R12).

        Only the line of an act raises `Retryable`, in the step that is about to act: then neither was done.
        """
        if isinstance(what, Acting):
            self.confirm()
        what = what.clean()
        with self.alone:
            self._lease.check()
            at = self._now()
            self._sink.write(json.dumps(to_json(at, what), ensure_ascii=False))
            self._apply(at, what)
        self.heard(at, what)

    def replay(self, lines: Iterator[str] | list[str]) -> None:
        """Take in lines that were written before. Raises `Refused`, with the line's number, for what can't be one."""
        for number, line in enumerate(lines, 1):
            try:
                line.encode()  # a byte that is no text is damage
                self._apply(*from_json(json.loads(line)))
            except Newer:
                raise
            except (ValueError, KeyError, RecursionError, Refused) as error:
                raise Refused(
                    f"line {number} of the journal is damaged: {_wrong(error)}. Nothing was touched."
                ) from error
        if not self._roll:
            raise Refused("the journal holds no roll: its first line is missing. Nothing was touched.")

    def _apply(self, at: float, what: What) -> None:
        if isinstance(what, RollBegun):
            if what.schema > SCHEMA:
                raise Newer(
                    f"it is of form {what.schema}, and this version reads up to {SCHEMA}: use a newer dcosmaint."
                    " Nothing was touched."
                )
            self._roll = what.roll
        if isinstance(what, TakenOver) and self._roll:
            self._roll = what.terms.onto(self._roll)
        self.progress = fold(self.progress, at, what)


def _wrong(error: Exception) -> str:
    """What is wrong with a line, for people."""
    match error:
        case UnicodeError():
            return "a byte of it is no text"
        case RecursionError():
            return "it is nested too deep"
        case ValueError():
            return "it is no whole line of JSON"
        case KeyError():
            return f"no line before it puts {error.args[0]} in flight"
    return str(error).rstrip(".")


class Logged:
    """A port of acts, each with its line before it."""

    def __init__(self, port: object, journal: Journal, name: str, node: str) -> None:
        self._port, self._journal, self._name, self._node = port, journal, name, node

    def __getattr__(self, act: str) -> Callable[..., Any]:
        method = getattr(self._port, act)

        def logged(*args: Any, **named: Any) -> Any:
            of = tuple(_word(value) for value in (*args, *named.values()))
            self._journal.append(Acting(self._node, f"{self._name}.{act}", of))
            return method(*args, **named)

        return logged


def logged_acts(acts: Acts, journal: Journal, node: str = "") -> Acts:
    """The same acts, none of them without a line."""
    wrapped = {f.name: Logged(getattr(acts, f.name), journal, f.name, node) for f in fields(acts)}
    return replace(acts, **cast(dict[str, Any], wrapped))


def _word(value: object) -> str:
    match value:
        case str():
            return value
        case Member() | Cordon():
            return str(value)
        case list() | tuple():
            return " ".join(map(_word, value))
        case _ if hasattr(value, "id"):
            return str(value.id)
        case _:
            return json.dumps(value, sort_keys=True, default=str)
