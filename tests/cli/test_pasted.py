"""Commands that are named to people work when they are pasted."""

from __future__ import annotations

import io
import json
import re
import shlex
from pathlib import Path

import pytest
from rich.table import Table
from rich.text import Text

from dcosmaint.cli.cluster import Cluster
from dcosmaint.cli.pasted import pasted
from dcosmaint.cli.screen import Screen
from dcosmaint.sandbox.world import Shape
from tests.cli.stage import Stage

FLAGS = ["--config", Path("my clusters/prod.yaml"), "--cluster", "sandbox"]


class ByFile(Stage):
    """Found by its configuration file alone, as a file that is no default."""

    def open(self, config: Path | None, name: str | None) -> Cluster:
        assert config == FLAGS[1], "There is no configuration"
        return super().open(config, name)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    stage = ByFile(tmp_path, Shape(nodes=5, public=0, services=(), apps=()))
    stage.world.faults.apply_fails = "no more capacity"
    return stage


def roll(stage: Stage, *flags: object) -> str:
    ended = stage.type("roll", *map(str, flags), "--ami", stage.new_ami, "--yes")
    assert ended.exit_code == 4
    stage.world.faults.apply_fails = ""
    return ended.output


def commands(output: str) -> list[str]:
    return re.findall(r"`dcosmaint ([^`]+)`", output)


def test_the_command_that_goes_on_finds_the_configuration_and_the_cluster(stage: Stage) -> None:
    resume, abort = commands(roll(stage, *FLAGS))
    (roll_id,) = stage.shelf.ids()
    assert resume == f"resume --config 'my clusters/prod.yaml' --cluster sandbox {roll_id}"
    assert abort == f"abort --config 'my clusters/prod.yaml' --cluster sandbox {roll_id}"
    assert stage.type(*shlex.split(resume), "--yes").exit_code == 0


def test_so_does_the_one_in_a_refusal(stage: Stage) -> None:
    roll(stage, *FLAGS)
    refused = stage.type("drain", stage.address(1), "--config", "my clusters/prod.yaml", "--yes")
    assert refused.exit_code == 3
    (resume,) = commands(refused.output)
    assert resume == f"resume --config 'my clusters/prod.yaml' {stage.shelf.ids()[0]}"


def test_what_the_environment_says_is_not_repeated(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DCOSMAINT_CLUSTER", "sandbox")
    resume, _ = commands(roll(stage, *FLAGS[:2]))
    assert resume == f"resume --config 'my clusters/prod.yaml' {stage.shelf.ids()[0]}"


def test_nothing_typed_adds_nothing(tmp_path: Path) -> None:
    stage = Stage(tmp_path, Shape(nodes=5, public=0, services=(), apps=()))
    stage.world.faults.apply_fails = "no more capacity"
    resume, _ = commands(roll(stage))
    assert resume == f"resume {stage.shelf.ids()[0]}"


def test_programs_and_the_journal_keep_the_plain_word(stage: Stage) -> None:
    roll(stage, *FLAGS)
    stage.world.faults.apply_fails = "no more capacity"
    stage.type("resume", *map(str, FLAGS), "--yes", "--json")
    status = stage.type("status", *map(str, FLAGS), "--json").stdout
    assert json.loads(status)["state"] == "roll-stopped"
    (roll_id,) = stage.shelf.ids()
    assert "prod.yaml" not in status + stage.shelf.journal(roll_id).read_text()


def test_a_command_of_no_cluster_and_one_that_is_whole_stay_as_they_are() -> None:
    text = "`dcosmaint sandbox start`, then `dcosmaint plan --cluster sandbox`; the tag `dcosmaint:roll`"
    assert pasted(text, FLAGS) == text
    once = pasted("`dcosmaint resume` goes on", FLAGS)
    assert pasted(once, FLAGS) == once
    assert pasted("`dcosmaint resume` goes on", []) == "`dcosmaint resume` goes on"


@pytest.mark.parametrize("width", range(32, 80))
def test_a_table_folds_what_is_whole_already_and_counts_its_lines(width: int) -> None:
    screen = Screen(FLAGS, file=io.StringIO(), force_terminal=True, width=width)
    table = Table(box=None)
    table.add_row(Text("node[0]", style="bold"), Text("mend it, or `dcosmaint resume r1` goes on", style="red"))
    screen.print(table)
    assert isinstance(screen.file, io.StringIO)
    folded = screen.file.getvalue()
    assert pasted(folded, FLAGS) == folded
    plain = re.sub(r"\x1b\[[\d;]*m|\s", "", folded)
    assert "resume--config'myclusters/prod.yaml'--clustersandboxr1`goeson" in plain
