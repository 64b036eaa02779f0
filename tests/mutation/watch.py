"""A plugin of pytest for tests of a mutant: none runs for ever, eats all memory, or looks for a smaller failure."""

from __future__ import annotations

import resource
import signal
from collections.abc import Iterator

import pytest
from hypothesis import Phase, settings

LIMIT = 60.0
"""Seconds for one test. The longest of those that are used here takes three."""

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
    signal.signal(signal.SIGALRM, lambda *_: pytest.fail(f"runs for more than {LIMIT:.0f} s"))
    signal.setitimer(signal.ITIMER_REAL, LIMIT)
    try:
        return (yield)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
