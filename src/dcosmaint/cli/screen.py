"""Where tables are printed. A pipe has no width, so its lines are long rather than folded."""

from __future__ import annotations

import sys

from rich.console import Console

WIDE = 180


def screen() -> Console:
    return Console(width=None if sys.stdout.isatty() else WIDE, soft_wrap=False)
