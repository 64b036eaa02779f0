"""How a command ends where the machine it runs on, or what was typed, is not as it should be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from dcosmaint.cli.cluster import Cluster
from dcosmaint.errors import Retryable
from dcosmaint.site import Site
from tests.cli.stage import Stage


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def test_arguments_that_are_no_text_are_a_usage_error(stage: Stage) -> None:
    ended = stage.type("roll", "--reason", "caf\udce9", "--yes")
    assert ended.exit_code == 2
    assert r"'caf\udce9' is no text in UTF-8" in ended.output
    assert stage.shelf.ids() == ()


def test_a_disk_that_takes_no_journal_ends_with_a_sentence_and_nothing_touched(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "sandbox").write_text("no folder")
    before = list(stage.world.log)
    ended = stage.type("roll", "--ami", stage.new_ami, "--yes")
    assert ended.exit_code == 3
    assert f"dcosmaint: {tmp_path}/sandbox" in ended.output
    assert "Nothing was touched." in ended.output
    assert list(stage.world.log) == before


@pytest.mark.parametrize("command", [("nodes",), ("plan",), ("drain", "10.0.0.1", "--yes")])
def test_a_cluster_that_does_not_answer_is_named(stage: Stage, command: tuple[str, ...]) -> None:
    stage.world.faults.api["marathon"] = 10**6
    ended = stage.type(*command)
    assert ended.exit_code == 3
    assert "dcosmaint: cluster sandbox: marathon did not answer in time. Nothing was touched." in ended.output


@pytest.mark.parametrize("command", [("nodes",), ("plan",), ("roll", "--yes"), ("drain", "10.0.0.1", "--yes")])
def test_a_login_that_is_refused_before_anything_was_begun_is_no_roll_that_stopped(
    stage: Stage, command: tuple[str, ...]
) -> None:
    stage.world.faults.login_expired = True
    ended = stage.type(*command)
    assert ended.exit_code == 3
    assert "token expired or refused: " in ended.output
    assert "log in anew. Nothing was touched." in ended.output
    assert not stage.shelf.ids()


class Full(Stage):
    """A machine whose disk is full once a node is in flight."""

    @contextmanager
    def _connect(self, work: Path) -> Iterator[Site]:
        with super()._connect(work) as site:
            stage = self

            class Units:
                def __getattr__(self, name: str) -> Any:
                    if stage.shelf.ids():
                        raise OSError(28, "No space left on device", "/var/state/agents.tfvars")
                    return getattr(site.units, name)

            yield replace(site, units=cast(Any, Units()))


def test_a_disk_that_fills_up_under_a_roll_stops_it_with_a_sentence_and_the_command_that_goes_on(
    tmp_path: Path,
) -> None:
    stage = Full(tmp_path)
    ended = stage.type("roll", "--ami", stage.new_ami, "--yes")
    assert ended.exit_code == 4
    assert "dcosmaint: /var/state/agents.tfvars: No space left on device" in ended.output
    assert f"`dcosmaint resume {stage.shelf.ids()[0]}` goes on" in ended.output


class Unopened(Stage):
    """A machine on which the configuration can't be read."""

    def open(self, config: Path | None, name: str | None) -> Cluster:
        raise PermissionError(13, "Permission denied", "/etc/dcosmaint.yaml")


def test_what_the_system_refuses_is_a_sentence(tmp_path: Path) -> None:
    ended = Unopened(tmp_path).type("nodes")
    assert ended.exit_code == 3
    assert "dcosmaint: /etc/dcosmaint.yaml: Permission denied. Nothing was touched." in ended.output
    assert not isinstance(ended.exception, Retryable)
