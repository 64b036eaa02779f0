"""One seed, one log: byte for byte, under any hash seed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.sandbox.drill import drilled

ROOT = Path(__file__).parents[2]


def log_under(hash_seed: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    command = [sys.executable, "-m", "tests.sandbox.drill"]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout


def test_the_log_is_the_same_under_two_hash_seeds() -> None:
    first = log_under("1")
    assert first.count("\n") > 20
    assert first == log_under("2")


def test_another_seed_is_another_story() -> None:
    assert drilled(seed=1).log != drilled(seed=2).log
