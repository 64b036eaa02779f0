"""The tables in docs/reliability.md are those that the tests hold."""

from __future__ import annotations

from pathlib import Path

from tests.faults.__main__ import tables

DOCS = Path(__file__).parents[2] / "docs" / "reliability.md"


def test_the_docs_have_every_fault_with_its_message_and_exit_code() -> None:
    docs = DOCS.read_text()
    for table in tables():
        assert table in docs, "write the tables of `python -m tests.faults` into docs/reliability.md"
