"""A string in a text file of somebody else's: where it stands, and the same file with another string there.

Every other byte stays: comments, order, odd spacing and line ends are their owner's.
"""

from __future__ import annotations

import difflib
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from dcosmaint.errors import Fatal, Usage

PLAIN = re.compile(r"[A-Za-z0-9._:/@-]+")
"""What stands for itself between quotes, in HCL as in JSON."""


@dataclass(frozen=True)
class Source:
    """A file as it was read."""

    path: Path
    data: bytes

    @classmethod
    def read(cls, path: Path) -> Source:
        try:
            return cls(path, path.read_bytes())
        except OSError as error:
            raise Usage(f"{path} can't be read: {error.strerror}.") from error

    def line(self, at: int) -> int:
        """The number of the line that this byte is in."""
        return self.data.count(b"\n", 0, at) + 1

    def usage(self, at: int, says: str) -> Usage:
        """An error that names the file and the line."""
        return Usage(f"{self.path}:{self.line(at)}: {says}")


@dataclass(frozen=True)
class Literal:
    """A quoted string in a source, without its quotes."""

    source: Source
    start: int
    end: int
    value: str

    def put(self, value: str) -> bytes:
        """The source with another value, which must be one that needs no escape."""
        if not PLAIN.fullmatch(value):
            raise self.source.usage(
                self.start, f"{value!r} can't be written here: only letters, digits and ._:/@- can."
            )
        return self.source.data[: self.start] + value.encode() + self.source.data[self.end :]

    def diff(self, value: str) -> str:
        """What `write` would change, as a unified diff; "" where nothing."""
        before, after = (data.decode().splitlines(keepends=True) for data in (self.source.data, self.put(value)))
        name = str(self.source.path)
        return "".join(difflib.unified_diff(before, after, name, name))

    def write(self, value: str) -> None:
        """Write the new file aside and move it into place: a kill leaves the old file or the new one, whole."""
        data = self.put(value)
        if data == self.source.data:
            return
        path = self.source.path.resolve()  # a link stays a link: what it points at is replaced
        aside = path.with_name(f".{path.name}.new")  # terraform passes over names that begin with a dot
        try:
            if path.read_bytes() != self.source.data:
                raise Fatal(f"{path} was changed by somebody else in this moment: it was left as it is.")
            _write(aside, data)
            shutil.copymode(path, aside)
            aside.replace(path)
        except OSError as error:
            raise Fatal(f"{path} can't be written: {error.strerror}. It was left as it is.") from error


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
