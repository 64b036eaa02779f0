"""abort of a roll that runs, by another process, over real wires."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from dcosmaint.shelf import Shelf
from tests.served.desk import Desk, sit_down

pytestmark = [pytest.mark.real, pytest.mark.slow]


def test_a_roll_that_runs_leaves_and_is_brought_to_a_clean_end_by_the_abort(tmp_path: Path) -> None:
    desk = sit_down(tmp_path, time_factor=150.0, nodes=8)
    try:
        roll = desk.begin("roll", "--ami", desk.sandbox.record["amis"]["next"], "--yes")
        moving(desk)
        ended = desk.type("abort", "--yes")
        said, _ = roll.communicate(timeout=60.0)
        assert (ended.returncode, roll.returncode) == (0, 130), ended.stdout + said
        assert f"process {roll.pid} was told to leave (SIGTERM)" in ended.stdout
        tally = desk.tally
        assert (tally.breaches, tally.cordons_left, tally.undrained) == ((), 0, 0)
        assert 0 < tally.on_wanted_ami < 8
        assert not Shelf(desk.sandbox.folder.root / "state" / "sandbox", "sandbox").left()
    finally:
        desk.sandbox.stop()


def moving(desk: Desk) -> None:
    """Wait until a broker is on its way."""
    shelf = Shelf(desk.sandbox.folder.root / "state" / "sandbox", "sandbox")
    for _ in range(1200):
        time.sleep(0.1)
        if any(flight.sent for journal in shelf.left() for flight in journal.progress.flights.values()):
            return
    raise AssertionError("no broker was replaced within two minutes")
