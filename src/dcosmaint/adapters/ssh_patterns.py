"""Patterns as OpenSSH's files have them: `*` and `?` are wild, a leading `!` excludes, brackets are plain text."""

from __future__ import annotations

import re
from collections.abc import Iterable

WILD = {"*": ".*", "?": "."}


def covers(patterns: Iterable[str], name: str) -> bool:
    """Whether a list of patterns is about `name`: one says so, and none excludes it."""
    found = False
    for pattern in patterns:
        if _matches(pattern.removeprefix("!"), name):
            if pattern.startswith("!"):
                return False
            found = True
    return found


def _matches(pattern: str, name: str) -> bool:
    return bool(re.fullmatch("".join(WILD.get(char, re.escape(char)) for char in pattern), name, re.IGNORECASE))
