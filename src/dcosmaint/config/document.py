"""A YAML file as data, that still knows where each key stands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import yaml

from dcosmaint.errors import Usage

Path_ = tuple[str | int, ...]


@dataclass(frozen=True, order=True)
class Spot:
    """Line and column, counted from 1."""

    line: int
    column: int

    @classmethod
    def of(cls, mark: yaml.Mark) -> Spot:
        return cls(mark.line + 1, mark.column + 1)

    def __str__(self) -> str:
        return f"{self.line}:{self.column}"


@dataclass(frozen=True)
class Double:
    """A key that stands twice in one mapping, where YAML would silently keep the last."""

    path: Path_
    spot: Spot
    first: Spot


@dataclass(frozen=True)
class Document:
    file: Path
    data: object
    root: yaml.Node | None
    doubles: tuple[Double, ...]

    @classmethod
    def read(cls, file: Path) -> Document:
        """Raises `Usage` for a file that can't be read, or is no YAML."""
        text = _text(file)
        try:
            with closing(_Loader(text)) as loader:
                root = loader.get_single_node()
                doubles = tuple(_doubles(root, (), set())) if root else ()
                data = loader.construct_document(root) if root else None
        except (yaml.YAMLError, ValueError) as error:
            raise Usage(_no_yaml(file, error)) from error
        except RecursionError as error:
            raise Usage(f"{file}: it is nested too deep to be read.") from error
        return cls(file, data, root, doubles)

    def spot(self, path: Sequence[str | int]) -> Spot:
        """Where a key stands; the nearest one around it, where it is missing."""
        node, mark = self.root, self.root and self.root.start_mark
        for part in path:
            found = _step(node, part)
            if not found:
                break
            mark, node = found
        return Spot.of(mark) if mark else Spot(1, 1)


_NUMBERS = {
    "tag:yaml.org,2002:int": r"^[-+]?(0|[1-9][0-9]*)$",
    "tag:yaml.org,2002:float": r"^[-+]?([0-9]+\.[0-9]*|\.[0-9]+)$",
}


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise Usage(f"The configuration {file} can't be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise Usage(
            f"The configuration {file} is not UTF-8 text (byte {error.start + 1}): save it as UTF-8."
        ) from error


class _Loader(yaml.SafeLoader):
    """Its reader refuses some texts as soon as it is made.

    Numbers are those that people write: to YAML 1.1, 1:30 is ninety, and 010 is eight. Keys are texts: to YAML 1.1, a
    cluster called `no` is one called false.
    """

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        super().flatten_mapping(node)
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                key.tag = "tag:yaml.org,2002:str"

    def close(self) -> None:
        self.dispose()


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in _NUMBERS]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
for _tag, _pattern in _NUMBERS.items():
    _Loader.add_implicit_resolver(_tag, re.compile(_pattern), [*"-+.0123456789"])


def _no_yaml(file: Path, error: yaml.YAMLError | ValueError) -> str:
    """Where and what, and never the text itself: it might hold a secret."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        says = str(error.problem)
        remedy = next((remedy for part, remedy in _REMEDIES.items() if part in says), "")
        return f"{file}:{Spot.of(error.problem_mark)}: not YAML: {says}{remedy and f'; {remedy}'}. Nothing was touched."
    return f"{file}: not YAML: it holds a character or a date that YAML does not know. Nothing was touched."


_REMEDIES = {
    "'\\t'": "indent with spaces, YAML takes no tabs",
    "that cannot start any token": "put the value in quotes",
    "undefined alias": "put a value that begins with * in quotes",
    "expected alphabetic or numeric character": "put a value that begins with * or & in quotes",
    "mapping values are not allowed": "see whether this line is indented as its neighbours are, and put a value with a"
    " colon in it in quotes",
    "but found '<block": "see whether this line and those before it are indented alike",
    "could not find expected ':'": "write a colon and a space behind the key, here or on the line before",
    "expected ',' or": "close the bracket that is open, and put a value with brackets in it in quotes",
    "unexpected end of stream": "a quote or a bracket before it is never closed",
    "but found another document": "write all clusters below one `clusters`, without ---",
}
"""What to write instead, by a part of what YAML's parser says."""


def _doubles(node: yaml.Node, path: Path_, seen: set[int]) -> Iterator[Double]:
    if id(node) in seen:  # an alias, perhaps of what it stands in
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            yield from _doubles(item, (*path, number), seen)
    if isinstance(node, yaml.MappingNode):
        first: dict[str, Spot] = {}
        for key, value in node.value:
            name, spot = str(key.value), Spot.of(key.start_mark)
            if first.setdefault(name, spot) != spot:
                yield Double((*path, name), spot, first[name])
            yield from _doubles(value, (*path, name), seen)


def _step(node: yaml.Node | None, part: str | int) -> tuple[yaml.Mark, yaml.Node] | None:
    """The place and the value of a key or an item. Of two keys of one name the last one counts, as in YAML."""
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        item = node.value[part]
        return item.start_mark, item
    if isinstance(node, yaml.MappingNode):
        for key, value in reversed(node.value):
            if str(key.value) == str(part):
                return key.start_mark, value
    return None
