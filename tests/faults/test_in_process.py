"""Each fault of `in_process` by itself: the command typed, what it says, its exit code, and what a resume does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dcosmaint.model import Policy
from dcosmaint.sandbox import monitor
from dcosmaint.sandbox.world import World
from dcosmaint.sandbox.world.faults.injector import Injector
from dcosmaint.sandbox.world.faults.table import FAULTS
from tests.cli.stage import Stage
from tests.faults.fault import RESUME, InProcess
from tests.faults.in_process import ROWS
from tests.rolls.stage import SMALL, cordoned, unwell

MENDED = 3600.0
"""Seconds that people need."""

OF_THE_DISK = "disk-full"  # met by a real process on a real disk: see `on_wires`


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_fault_is_told_ends_by_the_contract_and_leaves_a_whole_cluster(tmp_path: Path, row: InProcess) -> None:
    stage = Stage(tmp_path, SMALL, Policy(canary=0, soak=0.0))
    injector = Injector(stage.world, seed=1)
    row.brings(stage.world, injector)
    ended = stage.type(*row.command, "--ami", stage.new_ami)
    assert ended.exit_code == row.code, ended.output
    assert [words for words in row.says if words not in ended.output] == []
    assert "Traceback" not in ended.output
    assert (row.code == 4) is (RESUME in ended.output)
    assert struck(stage.world, row.name)
    injector.call_off()
    stage.world.advance(stage.world.now + MENDED)
    if row.code:
        ended = stage.type("resume", "--yes")
        assert ended.exit_code == 0, ended.output
    assert list(harm(stage.world)) == []


def struck(world: World, name: str) -> bool:
    return bool(world.faults.happened[name] or world.faults.calls[name])


def harm(world: World) -> Iterator[str]:
    """What is wrong at the end, by the monitor and by the World itself."""
    yield from monitor.judge(world.log, {}).breaches
    yield from (f"cordoned: {address}" for address in cordoned(world))
    yield from (f"not well: {whom}" for whom in unwell(world))


def test_every_fault_of_the_world_is_in_the_table() -> None:
    assert sorted(row.name for row in ROWS) == sorted({*FAULTS} - {OF_THE_DISK})
    assert len(ROWS) >= 30
