"""One seed, one history: journal and World log are equal byte for byte under any hash seed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rolls.stage import WIDE, printed

ROOT = Path(__file__).parents[2]


def history(shape: str, seed: int, strategy: str, hash_seed: int) -> bytes:
    command = [sys.executable, "-m", "tests.rolls.stage", shape, str(seed), strategy]
    environment = {**os.environ, "PYTHONHASHSEED": str(hash_seed)}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True).stdout


@pytest.mark.parametrize(
    ("shape", "seed", "strategy"),
    [
        ("wide", 3, "window"),
        pytest.param("nasty", 4, "window", marks=pytest.mark.slow),
        pytest.param("nasty", 5, "batch", marks=pytest.mark.slow),
    ],
)
def test_a_seed_has_one_history_under_any_hash_seed(shape: str, seed: int, strategy: str) -> None:
    histories = {history(shape, seed, strategy, hash_seed) for hash_seed in (0, 1, 42, 4242)}
    assert len(histories) == 1
    assert b'"event": "roll-done"' in histories.pop()


def test_another_seed_has_another_history() -> None:
    assert printed(WIDE, 3, "window") != printed(WIDE, 4, "window")
