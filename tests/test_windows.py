"""Which windows of the maintenance schedule are a cordon, and which stand in the way of one."""

from __future__ import annotations

import pytest

from dcosmaint.model.windows import LENGTH, SECOND, TURN, Window, in_the_way, stands, window

NOW = 1_700_000_000.0
IP = "10.0.0.10"
HOUR = 3_600


def theirs(begins: float, lasts: float | None = None) -> Window:
    """Seconds from now on."""
    return Window(IP, IP, int(NOW + begins) * SECOND, None if lasts is None else int(lasts * SECOND))


def ours(roll: str = "r1", agent: str = "agent-0", ago: float = 0.0) -> Window:
    return window(roll, agent, IP, IP, NOW - ago)


CASES = {
    "nothing": ([], False, False),
    "ours": ([ours()], True, False),
    "ours, for the agent that was there before": ([ours(agent="agent-9")], False, False),
    "ours, of a month ago": ([ours(ago=LENGTH + 1)], False, False),
    "another roll's": ([ours("r0")], True, False),
    "another roll's, of a month ago": ([ours("r0", ago=LENGTH + 1)], False, True),
    "theirs, without an end": ([theirs(-HOUR)], True, False),
    "theirs, begins now": ([theirs(0, TURN)], True, False),
    "theirs, ends within a turn": ([theirs(0, TURN - 1)], False, True),
    "theirs, is over": ([theirs(-2 * HOUR, HOUR)], False, True),
    "theirs, begins in a moment": ([theirs(1, 30 * 24 * HOUR)], False, True),
    "theirs, begins next week, without an end": ([theirs(7 * 24 * HOUR)], False, True),
}


@pytest.mark.parametrize(("here", "cordoned", "in_way"), CASES.values(), ids=CASES)
def test_a_window_is_a_cordon_for_as_long_as_it_keeps_work_off(
    here: list[Window], cordoned: bool, in_way: bool
) -> None:
    assert stands(here, "agent-0", ("r1", "r2"), NOW) is cordoned
    assert (in_the_way(here, ("r1", "r2"), NOW) is not None) is in_way


def test_it_is_told_whose_it_is_and_when() -> None:
    assert str(theirs(0)) == "a maintenance window of somebody else, from 2023-11-14 22:13 UTC on, without an end"
    assert str(ours("r0")) == (
        "a maintenance window of another roll, from 2023-11-14 22:13 UTC to 2023-12-14 22:13 UTC"
    )
