"""What is typed or piped, line by line: a later question finds what stands behind the answer to this one."""

from __future__ import annotations

import os
import select
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO, cast


def descriptor() -> int | None:
    """Of the standard input; None where it is closed, or a text in memory."""
    try:
        return sys.stdin.fileno() if sys.stdin else None
    except (OSError, ValueError):
        return None


def at_terminal() -> bool:
    of = descriptor()
    return of is not None and os.isatty(of)


def nobody() -> bool:
    """Whether no answer can come: the input is closed, the null device, a file that is read, or a pipe that has ended.

    A text in memory is looked at by whoever reads it.
    """
    of = descriptor()
    if of is None:
        return sys.stdin is None or sys.stdin.closed
    kind = os.fstat(of)
    if stat.S_ISREG(kind.st_mode):
        return os.lseek(of, 0, os.SEEK_CUR) >= kind.st_size
    if stat.S_ISCHR(kind.st_mode):
        return not os.isatty(of)
    ready = select.poll()
    ready.register(of, select.POLLIN)
    return any(event & select.POLLHUP and not event & select.POLLIN for _, event in ready.poll(0))


def line(of: int) -> str:
    """The next line, "" at the end of the input. Nothing is read ahead: nobody else would see it."""
    read = bytearray()
    while not read.endswith(b"\n") and (byte := os.read(of, 1)):
        read += byte
    return read.decode(errors="replace")


class _ByLine:
    """A stream that gives what it is asked for, and takes no more out of its pipe. All else is the stream's own."""

    def __init__(self, stream: TextIO, of: int) -> None:
        self._stream, self._of = stream, of

    def readline(self, limit: int = -1) -> str:
        return line(self._of)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def by_line() -> Iterator[None]:
    """Prompts in this block read a pipe line by line; a terminal gives no more than a line in any case."""
    stdin, of = sys.stdin, descriptor()
    if of is not None and not os.isatty(of):
        sys.stdin = cast(TextIO, _ByLine(stdin, of))
    try:
        yield
    finally:
        sys.stdin = stdin
