"""Whether to go on: asked of the person who typed, unless they have said so already."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click

from dcosmaint.cli import typed
from dcosmaint.errors import Refused, Usage

NOBODY = "nobody is there to be asked: the input is no terminal, and holds no answer. Add --yes. Nothing was touched"


def consent(given: Mapping[str, Any], ask: Callable[[], bool]) -> None:
    """`given` are the flags, by name. Raises `Usage` where there is nobody to ask, `Refused` for a no."""
    if given.get("yes"):
        return
    if given.get("as_json"):
        raise Usage("--json has nobody to ask: add --yes")
    if not _answered(ask):
        raise Refused("not confirmed. Nothing was touched.")


def answerable(given: Mapping[str, Any]) -> None:
    """Raises `Usage` where a question would come that nobody can answer: before anything is looked at, or locked."""
    if unanswered(given):
        raise Usage(NOBODY)


def unanswered(given: Mapping[str, Any]) -> bool:
    return not given.get("yes") and not given.get("as_json") and typed.nobody()


def _answered(ask: Callable[[], bool]) -> bool:
    """The end of a pipe is nobody; that of a terminal is a person who wants to leave."""
    try:
        return ask()
    except click.Abort as error:
        if isinstance(error.__context__, EOFError) and not typed.at_terminal():
            raise Usage(NOBODY) from error
        raise


def typed_name(cluster: str) -> bool:
    """The cluster's name, typed, is the yes to what matters most."""
    asks = f"Type the cluster's name ({cluster}) to go on"
    return bool(click.prompt(asks, default="", show_default=False) == cluster)
