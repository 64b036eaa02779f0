"""What a command that only looks at its arguments does not load: libraries that take a second each."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("boto3", "moto", "paramiko", "requests", "tf")


@pytest.mark.parametrize("words", [["--version"], ["--help"], ["plan", "--help"], ["sandbox", "--help"]])
def test_no_heavy_library_is_loaded_before_it_is_needed(words: list[str]) -> None:
    program = f"from dcosmaint.cli import main; import sys; sys.argv[1:] = {words!r}; main()"
    argv = [sys.executable, "-X", "importtime", "-c", program]
    told = subprocess.run(argv, capture_output=True, text=True, check=True).stderr
    loaded = {line.rpartition("|")[2].strip() for line in told.splitlines() if line.startswith("import time:")}
    assert "click" in loaded
    assert loaded.isdisjoint(HEAVY)
