"""Whether to go on: asked of the person who typed, unless they have said so already."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click

from dcosmaint.errors import Refused, Usage


def consent(given: Mapping[str, Any], ask: Callable[[], bool]) -> None:
    """`given` are the flags, by name. Raises `Usage` where there is nobody to ask, `Refused` for a no."""
    if given.get("yes"):
        return
    if given.get("as_json"):
        raise Usage("--json has nobody to ask: add --yes")
    if not ask():
        raise Refused("not confirmed. Nothing was touched.")


def typed_name(cluster: str) -> bool:
    """The cluster's name, typed, is the yes to what matters most."""
    asks = f"Type the cluster's name ({cluster}) to go on"
    return bool(click.prompt(asks, default="", show_default=False) == cluster)
