"""Random rolls in which everything goes wrong: a few in every run of the tests, five hundred in `make test-all`."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count, islice
from pathlib import Path

import pytest

from dcosmaint.sandbox.world.faults.table import FAULTS
from tests.reliability.__main__ import played
from tests.reliability.draw import draw
from tests.reliability.play import Outcome
from tests.reliability.situations import SITUATIONS
from tests.reliability.sums import MANY, Sums

SMALL = 8
"""Nodes of the largest fleet that is rolled in every run of the tests."""


def summed(seeds: Iterable[int]) -> Sums:
    sums = Sums()
    for seed in seeds:
        sums.add(played(seed))
    return sums


def test_a_few_random_rolls_break_no_rule_and_each_ends_well() -> None:
    sums = summed(islice((seed for seed in count() if draw(seed).shape.nodes <= SMALL), 20))
    assert sums.failures == []
    assert sums.rolls == 20


@pytest.mark.slow
def test_five_hundred_random_rolls_break_no_rule_and_meet_every_situation() -> None:
    sums = summed(range(20_000, 20_000 + MANY))
    assert sums.failures == []


def test_a_seed_replays_its_roll() -> None:
    seed = next(n for n in range(100) if draw(n).kills and draw(n).shape.nodes == 5)
    assert played(seed) == played(seed)


def test_what_no_roll_of_many_met_is_a_failure_and_of_a_few_is_none() -> None:
    few, many = Sums(), Sums()
    for seed in range(MANY):
        many.add(Outcome(seed, "done at once"))
    few.add(Outcome(0, "done at once"))
    assert few.failures == []
    assert [says.rpartition(": ")[2] for says in many.failures] == list(SITUATIONS)


def test_the_docs_name_every_fault_and_say_what_it_does() -> None:
    told = (Path(__file__).parents[2] / "docs" / "reliability.md").read_text()
    assert [name for name, fault in FAULTS.items() if f"| `{name}` | {fault.does} |" not in told] == []


def test_a_problem_is_told_with_its_seed() -> None:
    sums = Sums()
    sums.add(Outcome(7, "done at once", problems=("breach: kafka-0 was replaced twice",)))
    assert sums.failures == ["seed 7: breach: kafka-0 was replaced twice"]
    assert list(sums.table(1.0))[-1] == sums.failures[0]
