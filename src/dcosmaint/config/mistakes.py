"""What is wrong with a configuration, all of it at once: where, path of the key, and what to write instead.

A value is repeated only where it can't be a secret that stands in the wrong place: a number, or one of few words.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from dcosmaint.config.document import Document, Path_, Spot
from dcosmaint.config.places import Place, find, homes
from dcosmaint.redaction import redacted

_WANTED = {
    "string_type": "a text, in quotes where YAML takes it for something else",
    "path_type": "a path, in quotes where YAML takes it for something else",
    "int_type": "a whole number, without quotes or a unit",
    "bool_type": "true or false, without quotes",
    "model_type": "a mapping of keys",
    "dict_type": "a mapping of keys",
    "mapping_type": "a mapping of keys",
    "model_attributes_type": "a mapping of keys",
    "tuple_type": "a list in square brackets",
    "none_required": "nothing: leave the key out",
}


_FLAGS = ("accept", "ami", "deadline", "limit", "only", "reason", "role", "zone")
"""What people look for in the file, and a command line has."""


@dataclass(frozen=True, order=True)
class Mistake:
    spot: Spot
    path: str
    sentence: str

    def __str__(self) -> str:
        """A key that is called like a secret is followed by no colon: what comes next would be taken for it."""
        said = f"{self.path}: {self.sentence}"
        return said if redacted(said) == said else f"{self.path} is wrong: {self.sentence}"


def doubles(document: Document) -> Iterator[Mistake]:
    for double in document.doubles:
        said = f"stands on line {double.first.line} already; leave one of them"
        yield Mistake(double.spot, str(Place(double.path, {}, {})), said)


def told(document: Document, error: ValidationError) -> Iterator[Mistake]:
    details = [detail for detail in error.errors(include_url=False) if not _echo(detail)]
    meant = {guess for detail in details if (guess := _meant(detail))}
    for detail in details:
        place = find(detail["loc"])
        if detail["type"] == "missing" and place.path in meant:
            continue  # the unknown key beside it is this one, misspelt: one mistake, not two
        for below, sentence in detail.get("ctx", {}).get("told") or (((), _sentence(detail, place)),):
            path: Path_ = (*place.path, *below)
            yield Mistake(document.spot(path), str(Place(path, {}, {})), sentence)


def _echo(detail: ErrorDetails) -> bool:
    """A list whose items are all wrong counts as too short as well: its items are named already."""
    return detail["type"] == "too_short" and bool(detail["input"])


def _meant(detail: ErrorDetails) -> tuple[str | int, ...] | None:
    place = find(detail["loc"])
    if detail["type"] != "extra_forbidden" or not (guess := _close(place.key, place.siblings)):
        return None
    return (*place.path[:-1], guess)


def _sentence(detail: ErrorDetails, place: Place) -> str:
    kind = detail["type"]
    if kind in _SENTENCES:
        return _SENTENCES[kind](detail, place)
    return _wanted(detail, place) if kind in _WANTED else detail["msg"]


def _wanted(detail: ErrorDetails, place: Place) -> str:
    what = _such(place) or _meaning(place)
    wanted = f"write {_WANTED[detail['type']]}{what}"
    if detail["input"] is not None:
        return wanted
    return f"is empty: {wanted}" if place.required else f"is empty: {wanted}, or leave the key out"


def _unknown_key(detail: ErrorDetails, place: Place) -> str:
    if place.key in _FLAGS:
        return f"is said when a roll begins, by --{place.key}; leave it out"
    if not _close(place.key, place.siblings) and (elsewhere := homes(place)):
        return f"does not belong here; write it as {' or '.join(elsewhere)}"
    return f"unknown key; {_hint(place.key, place.siblings)}"


def _missing(detail: ErrorDetails, place: Place) -> str:
    return f"is missing: {place.meaning or 'it is needed'}{_example(place)}"


def _wrong_form(detail: ErrorDetails, place: Place) -> str:
    return f"is not of the right form{_meaning(place)}{_example(place)}"


def _empty(detail: ErrorDetails, place: Place) -> str:
    return f"is empty{_example(place)}"


def _out_of_range(detail: ErrorDetails, place: Place) -> str:
    limits = detail.get("ctx", {})
    fits = f"from {limits['ge']} up" if "ge" in limits else f"up to {limits['le']}"
    return f"{detail['input']} is out of range; write a whole number {fits}"


def _not_one_of(detail: ErrorDetails, place: Place) -> str:
    return f"{detail['input']!r} is not one of its words; {_hint(str(detail['input']), place.words)}"


def _no_method(detail: ErrorDetails, place: Place) -> str:
    methods = place.schema.get("discriminator", {}).get("mapping", ())
    return f"method is missing or unknown; write {{method: …}} with one of: {', '.join(methods)}"


_SENTENCES: Mapping[str, Callable[[ErrorDetails, Place], str]] = {
    "extra_forbidden": _unknown_key,
    "missing": _missing,
    "string_pattern_mismatch": _wrong_form,
    "string_too_short": _empty,
    "too_short": _empty,
    "greater_than_equal": _out_of_range,
    "less_than_equal": _out_of_range,
    "literal_error": _not_one_of,
    "union_tag_invalid": _no_method,
    "union_tag_not_found": _no_method,
}


def _hint(word: str, words: Sequence[str]) -> str:
    if guess := _close(word, words):
        return f"did you mean {guess}?"
    return f"write one of: {', '.join(words)}"


def _close(word: str, words: Sequence[str]) -> str:
    return next(iter(difflib.get_close_matches(word.lower(), words, n=1)), "")


def _meaning(place: Place) -> str:
    return f" ({place.meaning})" if place.meaning else ""


def _example(place: Place) -> str:
    return f"; write it{such}" if (such := _such(place)) else ""


def _such(place: Place) -> str:
    if not place.examples:
        return ""
    item = isinstance(place.path[-1], int)
    example = [place.examples[0]] if item else {place.key: place.examples[0]}
    shown = yaml.safe_dump(example, default_flow_style=True, sort_keys=False, width=1_000).strip()
    return f", such as {shown[1:-1]}"
