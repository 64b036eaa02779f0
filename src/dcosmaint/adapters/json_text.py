"""Strings in a JSON file, found where they stand, so that the rest of the file can stay as its owner wrote it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from dcosmaint.adapters.text_edit import Literal, Source

_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\r\n]*")


def json_string(source: Source, name: str) -> Literal:
    """The value of a key of the outermost object. Raises `Usage` where it is no string, missing, or stands twice."""
    text = _whole(source)
    found = [(start, end, value) for key, start, end, value in _members(text) if key == name]
    if not found:
        raise source.usage(0, f"`{name}` has no value here.")
    at = [len(text[:start].encode()) for start, _, _ in found]
    if len(found) > 1:
        raise source.usage(at[1], f"`{name}` stands here for a second time.")
    start, end, value = found[0]
    if not isinstance(value, str):
        raise source.usage(at[0], f"`{name}` is no string but `{text[start:end]}`.")
    return Literal(source, at[0] + 1, len(text[:end].encode()) - 1, value)


def _whole(source: Source) -> str:
    """The text, once it is proved to be one object of JSON."""
    try:
        text = source.data.decode()
        whole = json.loads(text)
    except UnicodeDecodeError as error:
        raise source.usage(error.start, "this is not UTF-8.") from error
    except json.JSONDecodeError as error:
        raise source.usage(len(error.doc[: error.pos].encode()), f"this can't be read as JSON: {error.msg}.") from error
    except RecursionError as error:
        raise source.usage(0, "this is nested too deep to be read.") from error
    if not isinstance(whole, dict):
        raise source.usage(0, "this is no JSON object.")
    return text


def _members(text: str) -> Iterator[tuple[str, int, int, object]]:
    """Key, start, end and value of each member of the outermost object of a text that is known to be right."""
    at = _skip(text, _skip(text, 0) + 1)
    while text[at] != "}":
        key, at = _DECODER.raw_decode(text, at)
        start = _skip(text, _skip(text, at) + 1)
        value, end = _DECODER.raw_decode(text, start)
        yield key, start, end, value
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at
