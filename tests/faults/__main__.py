"""`python -m tests.faults`: the tables of docs/reliability.md."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.faults import in_process, on_wires
from tests.faults.fault import Row

HEAD = "| fault | what happens | command | what it says | exit code | what comes after it |"


def table(rows: Sequence[Row]) -> str:
    return "\n".join((HEAD, "|--|--|--|--|--|--|", *(row.line for row in rows)))


def tables() -> Iterator[str]:
    yield table(in_process.ROWS)
    yield table(on_wires.ROWS)


if __name__ == "__main__":
    print(*tables(), sep="\n\n")
