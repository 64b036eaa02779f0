"""Every refusal of the situations, and every blocker, word for word (R13): an operator has nothing else to go by.

When words were changed on purpose: `python -m tests.planner.test_wording > tests/cases/wording.txt`, and read it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from dcosmaint.planner import admit
from tests.planner.test_cases import SITUATIONS
from tests.planner.test_rules import REFUSED, found

NAME = re.compile(r"\S*[\d/]\S*")

WORDING = Path(__file__).parents[1] / "cases" / "wording.txt"


def said() -> Iterator[str]:
    """One of each: what differs in its numbers and names alone is the same sentence."""
    refusals = (r for s in SITUATIONS for r in admit(s.roll, s.inventory, s.progress).refusals)
    blockers = (blocker for cases in REFUSED.values() for _, inventory in cases for blocker in found(inventory))
    lines = [f"{refusal.rule}: {refusal.says}" for refusal in refusals]
    lines += [f"{blocker.rule}: {blocker.subject}: {blocker.message}" for blocker in blockers]
    sentences = {NAME.sub("", line): line for line in sorted(lines, reverse=True)}
    return iter(sorted(sentences.values()))


def test_what_an_operator_reads_is_what_was_meant() -> None:
    assert [*said()] == WORDING.read_text().splitlines()


if __name__ == "__main__":
    print("\n".join(said()))
