"""The disk that a journal is on: real files, a process that may die in a line, and a disk that may be full."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dcosmaint.journal import File, Sink
from tests.rolls.mortal import Life


class Disk(Sink):
    """`full` is asked before each line. Half of it is left when the process ends in it, and where the disk is full."""

    def __init__(self, path: Path, life: Life, full: Callable[[], bool]) -> None:
        self._path, self._life, self._full = path, life, full
        self._file = File(path) if path.exists() else File.create(path)

    def write(self, line: str) -> None:
        self._life.act(lambda: self._put(line), half=lambda: self._cut(line))

    def _put(self, line: str) -> None:
        if not self._full():
            self._file.write(line)
            return
        with limited(self._path.stat().st_size + len(line) // 2):
            self._file.write(line)

    def _cut(self, line: str) -> None:
        with self._path.open("a") as file:
            file.write(line[: len(line) // 2])


@contextmanager
def limited(size: int) -> Iterator[None]:
    """No file of this process can become longer: what the kernel says then is what it says of a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
