"""Real time for a World."""

from __future__ import annotations

from threading import Thread
from time import monotonic, sleep

from dcosmaint.sandbox.served.pace import Pace
from dcosmaint.sandbox.world import World


def test_the_world_runs_by_the_factor() -> None:
    pace = Pace(World(), factor=1000.0)
    with pace as world:
        before = world.now
    begun = monotonic()
    sleep(0.05)
    with pace as world:
        passed = world.now - before
    assert 50.0 <= passed <= 1000.0 * (monotonic() - begun) + 50.0


def test_time_passes_when_nobody_asks() -> None:
    world = World()
    came: list[float] = []
    world.at(1.0, lambda: came.append(world.now))
    pace = Pace(world, factor=100.0).start()
    try:
        deadline = monotonic() + 5.0
        while not came and monotonic() < deadline:
            sleep(0.01)
    finally:
        pace.close()
    assert came


def test_a_world_of_factor_nought_moves_by_skips_alone() -> None:
    pace = Pace(World(), factor=0.0)
    with pace as world:
        before = world.now
    sleep(0.01)
    pace.skip(60.0)
    with pace as world:
        assert world.now == before + 60.0


def test_one_thread_at_a_time_is_in_the_world_and_may_enter_twice() -> None:
    pace = Pace(World(), factor=0.0)
    seen: list[str] = []

    def other() -> None:
        with pace:
            seen.append("other")

    thread = Thread(target=other)
    with pace, pace:
        thread.start()
        sleep(0.05)
        seen.append("first")
    thread.join()
    assert seen == ["first", "other"]
