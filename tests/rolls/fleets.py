"""Whole rolls over releases, fleets and seeds: a few in every run of the tests, all of them in `make test-all`."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any

import pytest

from dcosmaint.sandbox.world import KafkaShape, Shape
from tests.rolls.stage import LEGACY, SMALL, WIDE

DEDICATED = replace(SMALL, nodes=3)
"""As many agents as brokers: while a node is away, its broker has no place anywhere."""

EARLY = 240.0
"""Seconds until a scheduler replaces a broker by itself: before a new node can be there."""


def wilful(after: float, shape: Shape = LEGACY, profile: str = "1.9") -> Shape:
    """All of its schedulers are from before the SDK, and replace by themselves what is down for so many seconds."""
    kafkas = (each for each in shape.services if isinstance(each, KafkaShape))
    services = tuple(replace(each, api="brokers", replaces_after=after) for each in kafkas)
    return replace(shape, services=services, profile=profile)


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
