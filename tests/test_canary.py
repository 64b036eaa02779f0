"""R12, end to end: a secret is planted at each source of words that are not ours, and looked for wherever words go."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from rich.console import Console
from rich.table import Table

from dcosmaint.adapters.answers import Answer as HttpAnswer
from dcosmaint.adapters.answers import Call
from dcosmaint.adapters.children import Children
from dcosmaint.adapters.packer_words import PackerWords
from dcosmaint.adapters.programs import Program
from dcosmaint.adapters.refusals import refusal
from dcosmaint.adapters.shell import Answer
from dcosmaint.adapters.terraform_words import TerraformWords
from dcosmaint.adapters.units import NodeUnits
from dcosmaint.cli.edge import crash, guarded
from dcosmaint.errors import DcosmaintError, Fatal, Retryable
from dcosmaint.model import Instance
from dcosmaint.redaction import GONE
from dcosmaint.site import Site
from tests.adapters.test_children import ended
from tests.builders import an_instance
from tests.cli.stage import Stage

CANARY = "c4n4ryS3cret9"


def http_body() -> DcosmaintError:
    body = json.dumps({"message": f"launch of /db failed, env: {{'DB_PASSWORD': '{CANARY}'}}"}).encode()
    return refusal(HttpAnswer(Call("service/marathon/v2/apps"), 422, body, "application/json"), "log in")


class Refusing:
    """A node whose sudo quotes what it was told."""

    def run(self, instance: Instance, script: str, deadline: float) -> Answer:
        return Answer(1, "", f"curl: Authorization: token={CANARY} was refused")


def ssh_stderr() -> DcosmaintError:
    with pytest.raises(Retryable) as caught:
        NodeUnits(Refusing()).look(an_instance())
    return caught.value


def terraform_diagnostic() -> DcosmaintError:
    said = {"summary": "Invalid user data", "detail": f'user_data = "{CANARY}" is too long', "severity": "error"}
    return Fatal(TerraformWords("terraform").error([json.dumps({"type": "diagnostic", "diagnostic": said})]))


def packer_line() -> DcosmaintError:
    return Fatal(PackerWords().error([f"1,amazon-ebs,ui,error,Build failed: password={CANARY}"]))


def exception_text() -> DcosmaintError:
    return Retryable(f"no connection: https://ann:{CANARY}@dcos.example.com/mesos")


SOURCES = [http_body, ssh_stderr, terraform_diagnostic, packer_line, exception_text]


class Leaky(Stage):
    """A cluster whose nodes answer every question with one error."""

    error: DcosmaintError

    @contextmanager
    def _connect(self, work: Path) -> Iterator[Site]:
        with super()._connect(work) as site:
            stage = self

            class Units:
                def __getattr__(self, name: str) -> Any:
                    if stage.shelf.ids():
                        raise stage.error
                    return getattr(site.units, name)

            yield replace(site, units=cast(Any, Units()))


def files(folder: Path) -> str:
    return "".join(path.read_text() for path in sorted(folder.rglob("*")) if path.is_file())


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("flags", [(), ("--json",)], ids=["lines", "json"])
def test_r12_what_others_say_in_a_roll_is_printed_and_kept_without_its_secret(
    tmp_path: Path, source: Any, flags: tuple[str, ...]
) -> None:
    stage = Leaky(tmp_path)
    stage.error = source()
    stage.limit(waits=replace(stage.cluster.policy(1).waits, stalled=60.0, stop=60.0))
    said = stage.type("roll", "--ami", stage.new_ami, "--yes", "--reason", f"token={CANARY}", *flags)
    assert said.exit_code == 4
    roll = stage.shelf.ids()[0]
    assert GONE in files(tmp_path)
    told = said.output + stage.type("status", roll).output + stage.type("status", "--json", roll).output
    assert CANARY not in told + files(tmp_path)
    assert len(stage.shelf.journal(roll).read_text().splitlines()) > 5


def test_r12_what_a_child_says_is_shown_without_its_secret_and_does_not_stay_on_disk(tmp_path: Path) -> None:
    children = Children(tmp_path / "packer")
    script = f"echo '1,,ui,say,export TOKEN={CANARY}'; echo '1,,ui,error,password: {CANARY}'; exit 1"
    room = children.room("bake")
    children.begin(room, Program(("sh", "-c", script), tmp_path, {"PATH": "/usr/bin:/bin"}), ["r1"])
    ended(children)
    child = children.newest(PackerWords(), "bake")
    assert child
    assert f"password: {GONE}" in child.error
    assert CANARY not in child.says + child.error + files(room)
    assert (room / "output").stat().st_mode & 0o077 == 0


def test_r12_nothing_that_is_printed_by_whomever_carries_a_secret(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table("what")
    table.add_row(f"password={CANARY}")
    with guarded():
        print(f"token={CANARY}", file=sys.stderr)
        Console().print(table)
        sys.stdout.writelines([json.dumps({"why": f"password: {CANARY}"}) + "\n"])
        thread = threading.Thread(target=print, args=(f"Bearer {CANARY}",))
        thread.start()
        thread.join()
    out, err = capsys.readouterr()
    assert CANARY not in out + err
    assert (out + err).count(GONE) == 4


def test_r12_a_traceback_carries_no_secret(capsys: pytest.CaptureFixture[str]) -> None:
    key = f"-----BEGIN PRIVATE KEY-----\n{CANARY}\n-----END PRIVATE KEY-----"
    error = ValueError(f"no key:\n{key}")
    crash(type(error), error, None)
    said = capsys.readouterr().err
    assert f"ValueError: no key:\n{GONE}" in said
    assert CANARY not in said


def test_r12_a_stream_that_can_not_say_a_character_says_another(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", plain)
    with guarded():
        print("caf\udce9 für alle")
    plain.flush()
    assert plain.buffer.getvalue() == b"caf? f?r alle\n"


def test_r12_the_process_itself_ends_a_bug_without_a_secret(tmp_path: Path) -> None:
    """The real entry, in a process of its own."""
    bug = f"import sys; from dcosmaint.cli import crash; sys.excepthook = crash; raise ValueError('token={CANARY}')"
    ended = subprocess.run([sys.executable, "-c", bug], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert ended.returncode == 1
    assert ended.stderr.count(CANARY) == 0
    assert f"ValueError: token={GONE}" in ended.stderr
