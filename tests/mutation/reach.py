"""Which test runs which lines of the core, and for how long: a plugin of pytest writes it, `Reach` reads it."""

from __future__ import annotations

import ast
import json
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from time import monotonic
from types import CodeType, FrameType
from typing import Any

import pytest

Lines = dict[str, list[int]]


@dataclass(frozen=True)
class Reach:
    source: Path
    tests: dict[str, tuple[float, Lines]]  # by their ids

    def of(self, file: str, line: int, within: float) -> list[str]:
        """Tests that run a statement, as many as take `within` seconds: those that run least else first.

        What runs when its file is imported (a constant, a default) is tried by every test that runs anything there.
        """
        span = _statement((self.source / file).read_text(), line)
        found = [
            (sum(map(len, lines.values())), seconds, test)
            for test, (seconds, lines) in self.tests.items()
            if file in lines and (span is None or any(number in span for number in lines[file]))
        ]
        ends = accumulate(seconds for _, seconds, _ in sorted(found))
        return [test for (_, _, test), end in zip(sorted(found), ends, strict=True) if end <= within]

    @classmethod
    def read(cls, source: Path, path: Path) -> Reach:
        rows = map(json.loads, path.read_text().splitlines())
        return cls(source, {row["test"]: (row["seconds"], row["lines"]) for row in rows})


def _statement(code: str, line: int) -> range | None:
    """The lines of the innermost statement of a function that a line belongs to, without the block below it."""
    found = None
    for function in ast.walk(ast.parse(code)):
        if not isinstance(function, ast.FunctionDef):
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.stmt | ast.match_case) and node is not function and line in _head(node):
                found = _head(node)
    return found


def _head(node: ast.stmt | ast.match_case) -> range:
    first = node.pattern.lineno if isinstance(node, ast.match_case) else node.lineno
    block: list[ast.stmt] = getattr(node, "body", [])
    last = block[0].lineno - 1 if block else getattr(node, "end_lineno", first)
    return range(first, max(first, last) + 1)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    began, lines = monotonic(), dict[str, set[int]]()
    with _traced(Path(os.environ["REACH_SOURCE"]), lines):
        result = yield
    row = {"test": item.nodeid, "seconds": monotonic() - began, "lines": {f: sorted(n) for f, n in lines.items()}}
    with Path(os.environ["REACH_OUT"]).open("a") as file:
        file.write(json.dumps(row) + "\n")
    return result


@contextmanager
def _traced(source: Path, lines: dict[str, set[int]]) -> Iterator[None]:
    core = {str(source / file): file for file in os.environ["REACH_FILES"].split(":")}

    left: dict[CodeType, set[int]] = {}  # lines of a function that have not run yet: a function that has none goes fast

    def line(frame: FrameType, event: str, arg: Any) -> Any:
        left[frame.f_code].discard(frame.f_lineno)
        lines.setdefault(core[frame.f_code.co_filename], set()).add(frame.f_lineno)
        return line

    def call(frame: FrameType, event: str, arg: Any) -> Any:
        code = frame.f_code
        if code.co_filename not in core:
            return None
        if code not in left:
            left[code] = {number for _, _, number in code.co_lines() if number}
        return line(frame, event, arg) if left[code] else None

    before = sys.gettrace()
    threading.settrace(call)
    sys.settrace(call)
    try:
        yield
    finally:
        sys.settrace(before)
        threading.settrace(None)
