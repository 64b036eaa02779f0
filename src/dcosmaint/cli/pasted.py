"""Commands that people are told to type, fit to be pasted: with the configuration and the cluster that were typed.

The core names a command by its word. How this cluster was found is known here alone; what stands in the environment,
or is the default, the next command finds by itself. Programs, and the journal, keep the word.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import click
from click.core import ParameterSource

V = TypeVar("V")

_META = "dcosmaint.typed"
_GAP = r"(?:\s|\x1b\[[\d;]*m)"  # between two words, which a table may have folded and coloured
_COMMAND = re.compile(rf"`dcosmaint{_GAP}+(?!sandbox\b)[a-z]+\b(?!{_GAP}+--c(?:onfig|luster)\b)")


def typed(ctx: click.Context) -> list[Any]:
    """The flags of this command line that say which cluster, in their order; filled as they are read."""
    flags: list[Any] = ctx.meta.setdefault(_META, [])
    return flags


def kept(ctx: click.Context, param: click.Parameter, value: V) -> V:
    """The callback of such a flag."""
    if param.name and ctx.get_parameter_source(param.name) is ParameterSource.COMMANDLINE:
        typed(ctx).extend((param.opts[0], value))
    return value


def pasted(text: str, flags: Sequence[Any]) -> str:
    """The text with these flags in each command. Twice is the same as once."""
    for end in ends(text, flags):
        text = text[:end] + words(flags) + text[end:]
    return text


def ends(text: str, flags: Sequence[Any]) -> Iterator[int]:
    """Where flags are missing, from the last command to the first."""
    return reversed([match.end() for match in _COMMAND.finditer(text)] if flags else [])


def words(flags: Sequence[Any]) -> str:
    return f" {shlex.join(map(str, flags))}"
