"""Where tables are printed. A pipe has no width, so its lines are long rather than folded."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any

import click
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from dcosmaint.cli.pasted import ends, typed, words

WIDE = 180


class Screen(Console):
    """Commands are whole before lines are folded: a view that is drawn again counts its lines."""

    def __init__(self, flags: Sequence[Any], **given: Any) -> None:
        super().__init__(**given)
        self._flags = flags

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        if isinstance(renderable, Text):
            for end in ends(renderable.plain, self._flags):
                renderable = renderable[:end].append(words(self._flags)).append(renderable[end:])
        return super().render(renderable, options)


def screen() -> Console:
    width = None if sys.stdout.isatty() else WIDE
    return Screen(typed(click.get_current_context()), width=width, soft_wrap=False)
