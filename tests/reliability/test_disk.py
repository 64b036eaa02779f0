"""The disk of the random rolls is as full as a real one, by the kernel's own word."""

from __future__ import annotations

from pathlib import Path

import pytest

from dcosmaint.errors import Fatal
from dcosmaint.journal import mend, read
from tests.reliability.disk import Disk
from tests.rolls.mortal import Killed, Life


def test_a_full_disk_takes_half_a_line_and_nothing_is_written_behind_it(tmp_path: Path) -> None:
    path, full = tmp_path / "rolls" / "r1.jsonl", [False]
    disk = Disk(path, Life(), lambda: full[0])
    disk.write("the first line")
    full[0] = True
    with pytest.raises(Fatal, match="can't be written"):
        disk.write("the second line")
    full[0] = False
    with pytest.raises(Fatal, match="can't be written"):
        disk.write("the third line")
    assert path.read_text() == "the first line\nthe sec"
    (tmp_path / "other").write_text("the limit is gone" * 10)


def test_who_goes_on_cuts_the_half_line_off(tmp_path: Path) -> None:
    path = tmp_path / "r1.jsonl"
    disk = Disk(path, Life(2), lambda: False)
    disk.write("the first line")
    with pytest.raises(Killed):
        disk.write("the second line")
    assert path.read_text() == "the first line\nthe sec"
    mend(path)
    Disk(path, Life(), lambda: False).write("the second line")
    assert list(read(path)) == ["the first line", "the second line"]
