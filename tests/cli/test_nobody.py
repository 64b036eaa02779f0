"""Questions without anybody who could answer: the real program, its input in every form that a script gives it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from dcosmaint.cli import commands, typed
from dcosmaint.cli.cluster import Claim
from dcosmaint.ports import Lease
from tests.cli.stage import Stage
from tests.cli.test_locking import FLEET

NOBODY = "nobody is there to be asked: the input is no terminal, and holds no answer. Add --yes. Nothing was touched"


@contextmanager
def as_stdin(of: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with os.fdopen(of) as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        yield


def ended_pipe() -> int:
    read, write = os.pipe()
    os.close(write)
    return read


def null() -> int:
    return os.open(os.devnull, os.O_RDONLY)


def test_a_terminal_and_a_pipe_that_may_still_speak_are_somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    read, write = os.pipe()
    with as_stdin(read, monkeypatch):
        assert not typed.nobody()
        os.write(write, b"prod\n")
        os.close(write)
        assert not typed.nobody()  # an answer is there, whoever gave it
    terminal, other = os.openpty()
    with as_stdin(other, monkeypatch):
        assert not typed.nobody()
    os.close(terminal)


def test_a_file_answers_until_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "answers").write_text("prod\n")
    with as_stdin(os.open(tmp_path / "answers", os.O_RDONLY), monkeypatch):
        assert not typed.nobody()
        assert typed.line(sys.stdin.fileno()) == "prod\n"
        assert typed.nobody()


@pytest.mark.parametrize("of", [ended_pipe, null])
def test_the_null_device_and_a_pipe_that_has_ended_are_nobody(of: object, monkeypatch: pytest.MonkeyPatch) -> None:
    assert callable(of)
    with as_stdin(of(), monkeypatch):
        assert typed.nobody()


def test_nothing_is_locked_or_looked_at_for_a_question_to_nobody(tmp_path: Path) -> None:
    """The configuration leads nowhere: a look would say so."""
    (tmp_path / "dcosmaint.yaml").write_text(CONFIG)
    ended = subprocess.run(
        [sys.executable, "-c", "from dcosmaint.cli import main; main()", "roll", "--bake"],
        cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (ended.returncode, ended.stderr) == (2, f"dcosmaint: {NOBODY}\n")
    assert not (tmp_path / "state").exists()


def typed_by_nobody(stage: Stage, monkeypatch: pytest.MonkeyPatch, *words: str) -> int | str | None:
    """Its exit code."""
    with as_stdin(null(), monkeypatch), pytest.raises(SystemExit) as ended:
        commands(list(words), obj=stage)
    return ended.value.code


@pytest.mark.parametrize("command", ["drain", "replace"])
def test_what_goes_away_with_a_node_is_shown_before_nobody_is_asked(
    tmp_path: Path, command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stage = Stage(tmp_path, FLEET)
    stage.cluster = replace(stage.cluster, lock=never)
    assert typed_by_nobody(stage, monkeypatch, command, stage.address(1)) == 2
    said = capsys.readouterr()
    assert f"what goes away with {stage.address(1)}" in said.out
    assert said.err == f"dcosmaint: {NOBODY}\n"


def test_nothing_to_do_needs_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stage = Stage(tmp_path, FLEET)
    assert typed_by_nobody(stage, monkeypatch, "undrain", stage.address(1)) == 0
    assert capsys.readouterr().out.startswith("Nothing to do: ")


def never(claim: Claim) -> AbstractContextManager[Lease]:
    raise AssertionError("the lock was taken")


CONFIG = """\
clusters:
  prod:
    dcos: {url: "http://127.0.0.1:9", auth: {method: none}}
    aws: {region: us-east-1}
    terraform: {dir: ., groups: [{resources: [aws_instance.a], ami: {variable: ami, file: a.tfvars}}]}
    nodes: {ssh: {user: centos}}
    state: {journal: state}
"""


def test_a_roll_that_is_over_is_not_asked_about(tmp_path: Path) -> None:
    stage = Stage(tmp_path, FLEET)
    assert stage.type("roll", "--ami", stage.new_ami, "--yes", "--limit", "1").exit_code == 0
    (roll_id,) = stage.shelf.ids()
    ended = stage.type("resume", roll_id)
    assert (ended.exit_code, ended.output) == (0, f"Nothing to do: roll {roll_id} is over (roll-done).\n")


def test_a_roll_always_says_why_it_stopped(tmp_path: Path) -> None:
    """Of one node nobody else could start, so the planner refuses none."""
    stage = Stage(tmp_path, FLEET)
    stage.world.faults.apply_fails = "no more capacity"
    ended = stage.type("replace", stage.address(2), "--yes")
    assert ended.exit_code == 4
    assert f"roll STOPPED: {stage.address(2)}: apply-terraform: " in ended.output
    ended = stage.type("abort", "--yes", "--hold")
    assert f"roll STOPPED: {stage.address(2)}: left as it is by the abort" in ended.output
