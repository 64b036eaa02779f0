"""Durations and batch sizes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcosmaint.config import batch_size, seconds
from dcosmaint.errors import Usage


@pytest.mark.parametrize(
    ("written", "meant"),
    [("2m", 120), ("90s", 90), ("2h", 7_200), ("1h30m", 5_400), ("1d", 86_400), (45, 45), (0.5, 0.5), (0, 0)],
)
def test_a_duration_is_read_as_an_operator_means_it(written: object, meant: float) -> None:
    assert seconds(written) == meant


@pytest.mark.parametrize(
    "written", ["", "2 m", "m", "30m1h", "1.5h", "-5s", -5, True, None, [], "soon", float("inf"), "31d"]
)
def test_what_is_no_duration_is_refused_with_the_forms_there_are(written: object) -> None:
    with pytest.raises(Usage, match="write 90s, 15m, 2h, 1h30m or a number of seconds"):
        seconds(written)


@given(st.integers(0, 29), st.integers(0, 23), st.integers(0, 59), st.integers(0, 59))
def test_the_parts_of_a_duration_add_up(days: int, hours: int, minutes: int, rest: int) -> None:
    assert seconds(f"{days}d{hours}h{minutes}m{rest}s") == ((days * 24 + hours) * 60 + minutes) * 60 + rest


@pytest.mark.parametrize(
    ("written", "fleet", "nodes"),
    [("10%", 12, 1), ("10%", 20, 2), ("10%", 29, 2), ("10%", 3, 1), ("100%", 7, 7), (3, 100, 3), ("3", 100, 3)],
)
def test_a_share_is_rounded_down_and_is_at_least_one(written: int | str, fleet: int, nodes: int) -> None:
    assert batch_size(written, fleet) == nodes


@given(st.integers(1, 100), st.integers(1, 2_000))
def test_a_share_is_never_more_than_it_says(share: int, fleet: int) -> None:
    nodes = batch_size(f"{share}%", fleet)
    assert nodes == 1 or nodes * 100 <= share * fleet
    assert (nodes + 1) * 100 > share * fleet


@pytest.mark.parametrize("written", [0, -1, "0", "0%", "101%", "10 %", "ten", "1.5%", "", True])
def test_a_batch_of_nobody_is_refused_by_its_size(written: int | str) -> None:
    with pytest.raises(Usage, match="is no batch size; write a number of nodes from 1 up, or a share") as caught:
        batch_size(written, 12)
    assert str(written).lower() in str(caught.value)
