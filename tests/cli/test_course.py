"""What is left of a roll: by its forecast, and by how that came true so far."""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dcosmaint.cli.course import SLOWEST, Course, pace
from dcosmaint.plan import UNKNOWN, Forecast, Left

FOUR = replace(UNKNOWN, seconds=4000.0, ends=(1000.0, 2000.0, 2000.0, 4000.0))
"""Two batches and a half: the second and the third node end together."""


@pytest.mark.parametrize(
    ("ended", "now", "says"),
    [
        ((), 0.0, "about 1:06:40 left"),
        ((), 600.0, "about 0:56:40 left"),
        ((), 2000.0, "about 1:15:00 left"),  # the first node is late by a thousand seconds
        ((), 10000.0, "so far 6 times as long as rehearsed"),
        ((1000.0,), 1000.0, "about 0:50:00 left"),  # as foreseen
        ((2000.0,), 2000.0, "about 1:15:00 left"),  # half as fast: one node is not believed wholly
        ((500.0,), 500.0, "about 0:37:30 left"),
        ((1000.0, 2000.0), 2500.0, "about 0:38:53 left"),  # the third was to end with the second
        ((1000.0, 2000.0, 2000.0, 4000.0), 4000.0, ""),
        ((1000.0, 2000.0, 2000.0, 4000.0, 4100.0), 4100.0, ""),  # one more than was foreseen
    ],
)
def test_it_is_the_rest_of_the_forecast_at_the_pace_that_the_roll_has_shown(
    ended: tuple[float, ...], now: float, says: str
) -> None:
    assert Course(FOUR).left(ended, now) == says


@pytest.mark.parametrize("forecast", [UNKNOWN, replace(FOUR, left=(Left("cap", "…"),))])
def test_nothing_is_said_where_nothing_is_known(forecast: Forecast) -> None:
    """A resume has no forecast, and one that did not come to its end tells of a part of the roll."""
    assert Course(forecast).left((500.0,), 600.0) == ""


def test_of_a_pretend_cluster_the_time_is_told_on_both_clocks() -> None:
    assert Course(FOUR, 200.0).left((), 0.0) == "about 1:06:40 left (0:00:20 of yours)"


spans = st.lists(st.floats(1.0, 5000.0), min_size=1, max_size=12)


def foreseen(steps: list[float]) -> Forecast:
    ends = tuple(accumulate(steps))
    return replace(UNKNOWN, seconds=ends[-1] + 60.0, ends=ends)


def left(forecast: Forecast, ended: tuple[float, ...], now: float) -> float:
    slower, come_to = pace(forecast, ended, now)
    assume(slower <= SLOWEST)
    return slower * (forecast.seconds - come_to)


@given(steps=spans, really=spans, wait=st.floats(0.0, 10000.0))
def test_it_is_never_more_than_the_bound_and_does_not_jump_when_a_node_ends(
    steps: list[float], really: list[float], wait: float
) -> None:
    forecast, ended = foreseen(steps), tuple(accumulate(really))[: len(steps) - 1]
    now = (ended[-1] if ended else 0.0) + wait
    before = left(forecast, ended, now)
    assert 0.0 <= before <= SLOWEST * forecast.seconds
    assert left(forecast, (*ended, now), now) <= before * 1.000001 + 0.001


@given(steps=spans, scale=st.floats(0.1, SLOWEST), count=st.integers(0, 12))
def test_a_roll_that_is_evenly_slower_is_told_between_its_forecast_and_the_truth(
    steps: list[float], scale: float, count: int
) -> None:
    forecast = foreseen(steps)
    ended = tuple(scale * end for end in forecast.ends[:count])
    now = ended[-1] if ended else 0.0
    rest = forecast.seconds - (now / scale)
    said = left(forecast, ended, now)
    assert min(1.0, scale) * rest * 0.999 - 0.001 <= said <= max(1.0, scale) * rest * 1.001 + 0.001


@given(steps=spans, moments=st.tuples(st.floats(0.0, 1.0), st.floats(0.0, 1.0)))
def test_it_shrinks_until_a_node_is_late(steps: list[float], moments: tuple[float, float]) -> None:
    forecast = foreseen(steps)
    earlier, later = (share * forecast.ends[0] for share in sorted(moments))
    assert left(forecast, (), later) <= left(forecast, (), earlier) + 0.001
