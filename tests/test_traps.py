"""Every trap of the platform in docs/compatibility.md names the tests that bear its marker, and no other ones."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROW = re.compile(r"\| ([^|]+) \| [^|]+ \| ((?:`tests/[^`]+`(?:, )?)+) \|")

Shown = tuple[str, str]
"""A trap in words, and the pytest id of a test."""


def marked() -> Iterator[Shown]:
    """Read and not collected: a run of some tests knows of no others."""
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        if "@pytest.mark.trap(" in (text := path.read_text()):
            for node in ast.parse(text).body:
                if isinstance(node, ast.FunctionDef):
                    yield from ((trap, f"{path.relative_to(ROOT)}::{node.name}") for trap in _traps(node))


def _traps(test: ast.FunctionDef) -> Iterator[str]:
    for mark in test.decorator_list:
        if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.trap":
            yield ast.literal_eval(mark.args[0])


def tabled() -> Iterator[Shown]:
    _, _, section = (ROOT / "docs" / "compatibility.md").read_text().partition("## Traps of the platform\n")
    _, _, *rows = [line for line in section.partition("\n## ")[0].splitlines() if line.startswith("|")]
    for line in rows:
        row = ROW.fullmatch(line)
        assert row, f"no row of a trap, what the tool does and tests: {line}"
        yield from ((row[1], test) for test in re.findall(r"`([^`]+)`", row[2]))


def test_the_table_of_traps_names_the_tests_that_bear_their_markers() -> None:
    assert sorted(tabled()) == sorted(marked())


def test_a_trap_has_one_row_in_the_table() -> None:
    rows = [trap for trap, _ in groupby(trap for trap, _ in tabled())]
    assert sorted(rows) == sorted({*rows})
