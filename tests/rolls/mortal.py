"""A process that dies at a moment of our choosing: like kill -9, nothing of it does anything afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, TypeVar, cast

from dcosmaint.journal import File, Sink
from dcosmaint.site import Acts, Site

T = TypeVar("T")


class Killed(BaseException):
    """No `except` of the tool's own may stop it."""


class Life:
    """Counts what a process does outside of itself, and ends with the `end`th of these things."""

    def __init__(self, end: int = 0, *, after: bool = False) -> None:
        """`after`: the effect still happens, and nobody lives to learn of it. An `end` of 0 never comes."""
        self._end, self._after = end, after
        self.lived = 0
        self.marks: list[int] = []  # which of the things left a mark on the outside
        self.over = False

    def look(self, work: Callable[[], T]) -> T:
        return self._spend(work, _nothing)

    def act(self, work: Callable[[], T], half: Callable[[], None] = lambda: None) -> T:
        """`half` is done instead of `work` where the end comes before its effect."""
        self.marks.append(self.lived + 1)
        return self._spend(work, half)

    def _spend(self, work: Callable[[], T], half: Callable[[], None]) -> T:
        if self.over:
            raise Killed
        self.lived += 1
        if self.lived != self._end:
            return work()
        try:
            (work if self._after else half)()
        finally:
            self.over = True
            raise Killed


def _nothing() -> None: ...


class Doer(Life):
    """Counts acts and lines alone: looks leave no mark."""

    def look(self, work: Callable[[], T]) -> T:
        if self.over:
            raise Killed
        return work()


class Mortal:
    """Any port of a process, which ends with it."""

    def __init__(self, port: object, spend: Callable[[Callable[[], Any]], Any]) -> None:
        self._port, self._spend = port, spend

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method, spend = getattr(self._port, name), self._spend

        def call(*args: Any, **named: Any) -> Any:
            return spend(lambda: method(*args, **named))

        setattr(self, name, call)  # the next time it is found without being looked for
        return call


class MortalFile(Sink):
    """A journal on disk whose last line is cut in two when the process ends in it."""

    def __init__(self, path: Path, life: Life) -> None:
        self._path, self._life = path, life
        self._file = File(path) if path.exists() else File.create(path)

    def write(self, line: str) -> None:
        self._life.act(lambda: self._file.write(line), half=lambda: self._cut(line))

    def _cut(self, line: str) -> None:
        with self._path.open("a") as file:
            file.write(line[: len(line) // 2])


def mortal(site: Site, life: Life) -> Site:
    """The same site for a process with this life."""
    acts = _mortal(site.acts, [f.name for f in fields(Acts)], life.act)
    reads = _mortal(site, [f.name for f in fields(Site) if f.name not in ("acts", "bastions")], life.look)
    return replace(site, acts=replace(site.acts, **acts), **reads)


def _mortal(of: object, names: list[str], spend: Callable[[Callable[[], Any]], Any]) -> dict[str, Any]:
    return {name: cast(Any, Mortal(getattr(of, name), spend)) for name in names}


class DiesIn:
    """The acts of one port, for a process that ends when `act` has arrived."""

    def __init__(self, port: object, act: str) -> None:
        self._port, self._act = port, act

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._port, name)

        def call(*args: Any) -> None:
            method(*args)
            if name == self._act:
                raise Killed

        return call


def dies_in(site: Site, port: str, act: str) -> Site:
    """The same site for a process that ends in `port.act`."""
    acts: dict[str, Any] = {port: DiesIn(getattr(site.acts, port), act)}
    return replace(site, acts=replace(site.acts, **acts))
