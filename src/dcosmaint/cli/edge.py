"""Where text leaves for a screen, a pipe or a file: the last place that takes secrets out of it (R12).

The one place, too, where the commands in a text become this operator's.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, TextIO, cast

from dcosmaint.cli.pasted import pasted
from dcosmaint.redaction import keep_environment, redacted, redacted_json


class _Redacting:
    """A stream that writes no secret, and nothing that its encoding can't say. All else is the stream's own."""

    encoding = "utf-8"  # what it is given to write: whoever asks would go around it for the sake of an ASCII terminal

    def __init__(self, stream: TextIO, flags: Sequence[Any]) -> None:
        """`flags`: of the command line, that belong into each command that is named."""
        self._stream, self._flags = stream, flags

    def write(self, text: str) -> int:
        own = self._stream.encoding or "utf-8"
        self._stream.write(_clean(text, self._flags).encode(own, errors="replace").decode(own))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def guarded(flags: Sequence[Any] = ()) -> Iterator[None]:
    """Whatever is printed in this block, by whomever, is printed without secrets, and its commands with `flags`."""
    keep_environment(os.environ)
    out, err = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = cast(TextIO, _Redacting(out, flags)), cast(TextIO, _Redacting(err, flags))
    try:
        yield
    finally:
        sys.stdout, sys.stderr = out, err


def open_streams() -> None:
    """Those that were closed lead nowhere. Left closed, the next file that is opened would take the place of one."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, open(nowhere, "w" if number else "r", closefd=False))  # noqa: SIM115 - for good


def crash(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """The traceback of a bug, whole before it is redacted: a key may go over several of its lines."""
    sys.stderr.write(redacted("".join(traceback.format_exception(kind, error, trace))))


def _clean(text: str, flags: Sequence[Any]) -> str:
    """Text for programs stays JSON."""
    if text.lstrip().startswith(("{", "[")):
        try:
            return redacted_json(text)
        except ValueError:
            pass  # a line that begins like JSON
    return redacted(pasted(text, flags))
