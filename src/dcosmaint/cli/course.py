"""How long a roll still takes: by its forecast, corrected by what its nodes really took. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from dcosmaint.plan import Forecast

SLOWEST = 3.0
"""Times its forecast. A roll that takes longer is none that was foreseen, and nobody knows when it ends."""


@dataclass(frozen=True)
class Course:
    """What was foreseen of a roll, and on whose clock."""

    forecast: Forecast
    factor: float = 1.0  # how much faster than ours the cluster's time runs

    def left(self, ended: Sequence[float], now: float) -> str:
        """In words; "" while nothing is known. Arguments as those of `pace`."""
        if self.forecast.left or not self.forecast.ends:
            return ""
        slower, come_to = pace(self.forecast, ended, now)
        if slower > SLOWEST:
            return f"so far {slower:.0f} times as long as rehearsed"
        left = slower * (self.forecast.seconds - come_to)
        ours = f" ({clock(left / self.factor)} of yours)" if self.factor != 1.0 else ""
        return f"about {clock(left)} left{ours}" if left else ""


def pace(forecast: Forecast, ended: Sequence[float], now: float) -> tuple[float, float]:
    """How many times as long as foreseen the roll takes, and which second of its forecast it has come to.

    `ended`: when nodes ended, in their order; it and `now` are seconds since the roll's beginning.
    The forecast weighs as much as one node, since a single node does not tell of all. While a node is due, the roll
    gets slower by the second: what is left does not jump when that node has ended.
    """
    stops, count = (*forecast.ends, forecast.seconds), min(len(ended), len(forecast.ends))
    weight = forecast.seconds / len(forecast.ends)
    so_far = (ended[count - 1] + weight) / (stops[count - 1] + weight) if count else 1.0
    come_to = min(stops[count], (now + weight) / so_far - weight)
    return (now + weight) / (come_to + weight), come_to


def clock(seconds: float) -> str:
    return str(timedelta(seconds=round(max(0.0, seconds))))
