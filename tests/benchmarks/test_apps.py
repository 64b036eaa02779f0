"""An app of three keeps three healthy instances through a whole roll, but for its own start-up time."""

from __future__ import annotations

import pytest

from tests.benchmarks.apps import THREE, WAYS, watched

ENDS, OFFER = 8.0, 6.0
"""Seconds at most of the pretend Marathon: an instance that is killed ends, and an offer places the next one."""


@pytest.mark.parametrize(("moves", "ends"), [(True, ENDS), (False, 0.0)], ids=[name for name, _ in WAYS])
@pytest.mark.parametrize("seed", [0, 1])
def test_an_app_of_three_lacks_one_instance_for_as_long_as_its_next_one_starts(
    seed: int, moves: bool, ends: float
) -> None:
    seen = watched(THREE, seed, moves=moves)
    assert (seen.fewest, seen.below(2)) == (2, 0)
    assert 0 < seen.below() <= seen.start_up + len(seen.started) * (ends + OFFER)
