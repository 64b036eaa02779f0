"""Which function answers a path."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from dcosmaint.sandbox.served.wire import Answer, Ask
from dcosmaint.sandbox.world import World

Work = Callable[[World, Ask], Answer]


@dataclass(frozen=True)
class Route:
    """`path` is a regular expression for the whole path; its named groups arrive in `Ask.named`."""

    methods: str  # with a blank between them: "GET HEAD"
    path: str
    work: Work

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(self.path)


@dataclass(frozen=True)
class Table:
    """The routes of one surface; the first that fits answers."""

    routes: tuple[Route, ...]
    missing: Answer  # no route fits the path

    def __call__(self, world: World, ask: Ask) -> Answer:
        known = False
        for route in self.routes:
            found = route.pattern.fullmatch(ask.path)
            if found is None:
                continue
            known = True
            if ask.method in route.methods.split():
                return route.work(world, ask.at(ask.path, **found.groupdict()))
        return Answer(405) if known else self.missing
