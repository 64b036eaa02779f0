"""Whole rolls over releases, fleets and seeds: a few in every run of the tests, all of them in `make test-all`."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any

import pytest

from dcosmaint.sandbox.world import Shape
from tests.rolls.stage import LEGACY, SMALL, WIDE

DEDICATED = replace(SMALL, nodes=3)
"""As many agents as brokers: while a node is away, its broker has no place anywhere."""

SHAPES = {"small": SMALL, "wide": WIDE, "nasty": Shape(), "legacy": LEGACY, "dedicated": DEDICATED}


def fleets(profiles: Iterable[str], quick: Collection[tuple[str, str]], seeds: int = 4) -> list[Any]:
    """Parameters `profile, shape, seed`. `quick`: the release and the name of those that every run plays once."""
    found = []
    for profile in profiles:
        for name, shape in SHAPES.items():
            for seed in range(seeds):
                marks = [] if seed == 0 and (profile, name) in quick else [pytest.mark.slow]
                found.append(pytest.param(profile, shape, seed, id=f"{profile}-{name}-{seed}", marks=marks))
    return found
