"""How counts are said."""

from __future__ import annotations

import pytest

from dcosmaint.model import counted


@pytest.mark.parametrize(
    ("count", "words", "says"),
    [
        (0, ("node",), "0 nodes"),
        (1, ("node",), "1 node"),
        (2, ("node",), "2 nodes"),
        (1, ("copy", "copies"), "1 copy"),
        (2, ("copy", "copies"), "2 copies"),
        (1, ("node is", "nodes are"), "1 node is"),
    ],
)
def test_one_of_them_is_no_several(count: int, words: tuple[str, ...], says: str) -> None:
    assert counted(count, *words) == says
