"""A YAML file as data, that still knows on which line each key stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import yaml

from dcosmaint.errors import Usage

Path_ = tuple[str | int, ...]


@dataclass(frozen=True)
class Document:
    file: Path
    data: object
    root: yaml.Node | None
    doubles: tuple[Path_, ...]  # keys that stand twice in one mapping, where YAML would silently keep the last

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

    def line(self, path: Sequence[str | int]) -> int:
        """The line of a key; of the nearest one around it, where it is missing."""
        node, line = self.root, 1
        for part in path:
            found = _step(node, part)
            if not found:
                break
            line, node = found
        return line


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
    """Its reader refuses some texts as soon as it is made."""

    def close(self) -> None:
        self.dispose()


def _no_yaml(file: Path, error: yaml.YAMLError | ValueError) -> str:
    """Where and what, and never the text itself: it might hold a secret."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        where = f"{file}:{error.problem_mark.line + 1}"
        return f"{where}: not YAML: {error.problem} (column {error.problem_mark.column + 1})."
    return f"{file}: not YAML: it holds a character or a date that YAML does not know."


def _doubles(node: yaml.Node, path: Path_, seen: set[int]) -> Iterator[Path_]:
    if id(node) in seen:  # an alias, perhaps of what it stands in
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            yield from _doubles(item, (*path, number), seen)
    if isinstance(node, yaml.MappingNode):
        keys: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            if name in keys:
                yield (*path, name)
            keys.add(name)
            yield from _doubles(value, (*path, name), seen)


def _step(node: yaml.Node | None, part: str | int) -> tuple[int, yaml.Node] | None:
    """The line and the value of a key or an item. Of two keys of one name the last one counts, as in YAML."""
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        item = node.value[part]
        return item.start_mark.line + 1, item
    if isinstance(node, yaml.MappingNode):
        for key, value in reversed(node.value):
            if str(key.value) == str(part):
                return key.start_mark.line + 1, value
    return None
