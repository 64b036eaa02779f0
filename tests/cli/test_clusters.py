"""Clusters of a configuration file: what is refused before anything is connected to, and what needs no connection."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dcosmaint.cli import commands
from tests.adapters.dcos.canned import Canned, serving
from tests.config.files import SMALLEST

LACKS = "clusters.prod.dcos.auth.token_env: $NOBODYS_TOKEN is not set"


def typed(*words: str) -> Result:
    return CliRunner().invoke(commands, list(words), catch_exceptions=False)


def lacking(folder: Path, canned: Canned, more: str = "") -> Path:
    """The configuration of a cluster that answers, for which this machine has neither a login nor code."""
    login = f"{{url: '{canned.url}', auth: {{method: token, token_env: NOBODYS_TOKEN}}}}"
    text = SMALLEST.replace('{url: "https://dcos.example.com"}', login)
    (path := folder / "dcosmaint.yaml").write_text(f"{text}    state: {{journal: state, lock: marathon}}\n{more}")
    return path


@pytest.mark.parametrize("words", [("plan",), ("nodes",), ("roll", "--yes"), ("drain", "10.0.0.1", "--yes")])
def test_what_this_machine_lacks_is_told_whole_before_anybody_is_asked(tmp_path: Path, words: tuple[str, ...]) -> None:
    with serving() as canned:
        ended = typed(*words, "--config", str(lacking(tmp_path, canned)))
        assert not canned.asked
    assert ended.exit_code == 2
    assert "mistakes. Nothing was touched." in ended.output
    assert LACKS in ended.output
    assert "clusters.prod.terraform.dir: there is no folder" in ended.output
    assert not (tmp_path / "state").exists()


def test_it_is_told_beside_what_is_wrong_in_the_file(tmp_path: Path) -> None:
    with serving() as canned:
        ended = typed("status", "--config", str(lacking(tmp_path, canned, "    colour: red\n")))
    assert ended.exit_code == 2
    assert LACKS in ended.output
    assert "clusters.prod.colour: unknown key" in ended.output


def test_kafkas_own_client_is_missed_before_it_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "confluent_kafka", None)
    with serving() as canned:
        ended = typed("plan", "--config", str(lacking(tmp_path, canned, "    services: {k: {kafka: {}}}\n")))
    assert "clusters.prod.services.k.kafka: needs Kafka's own client: `pip install 'dcosmaint[kafka]'`" in ended.output


def test_journals_are_read_without_it(tmp_path: Path) -> None:
    path = tmp_path / "dcosmaint.yaml"
    path.write_text(SMALLEST + "    state: {journal: state}\n")
    assert typed("status", "--config", str(path)).exit_code == 0


STOPPED = "which does not run: `dcosmaint sandbox start --dir {folder}` makes a fresh one"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--config", "{file}"), STOPPED),
        (("--config", "{file}", "--cluster", "sandbox"), STOPPED),
        (("--config", "{file}", "--cluster", "prod"), "and has no cluster 'prod': name a file of yours by --config"),
        ((), STOPPED),
    ],
)
def test_the_own_configuration_of_a_sandbox_is_called_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], says: str
) -> None:
    path = tmp_path / "dcosmaint.yaml"
    path.write_text(SMALLEST.replace("prod", "sandbox"))
    (tmp_path / "sandbox.log").touch()
    monkeypatch.setenv("DCOSMAINT_CONFIG", str(path))
    ended = typed("plan", *(word.format(file=path) for word in words))
    assert ended.exit_code == 2
    assert (
        f"{path} is the own configuration of the sandbox in its folder, {says.format(folder=tmp_path)}" in ended.output
    )
