"""A plugin of pytest for tests of a mutant: none runs for ever, eats all memory, or looks for a smaller failure."""

from __future__ import annotations

import resource
import signal
from collections.abc import Iterator

import pytest
from hypothesis import Phase, settings

WORK, WAIT = 5.0, 60.0
"""Seconds that one test may compute, and last. The longest of those that are asked computes for two."""

MEMORY = 4 << 30
"""Bytes."""

settings.register_profile(
    "mutation", deadline=None, derandomize=True, database=None, phases=(Phase.explicit, Phase.generate)
)


def pytest_configure() -> None:
    settings.load_profile("mutation")
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    limits = ((signal.ITIMER_PROF, signal.SIGPROF, WORK), (signal.ITIMER_REAL, signal.SIGALRM, WAIT))
    for timer, number, seconds in limits:
        signal.signal(number, lambda *_: pytest.fail("goes on for ever"))
        signal.setitimer(timer, seconds)
    try:
        return (yield)
    finally:
        for timer, _, _ in limits:
            signal.setitimer(timer, 0.0)
