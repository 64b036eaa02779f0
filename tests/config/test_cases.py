"""Files as a tired operator writes them, and all that is said of each, word for word: tests/cases/config.

A case is a file, a line of `=====`, and what `dcosmaint plan` says of it. When words were changed on purpose:
`python -m tests.config.test_cases`, and read what became of them.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from click.testing import CliRunner

from dcosmaint.cli import commands
from tests.adapters.dcos.certificates import a_certificate

CASES = sorted((Path(__file__).parents[1] / "cases" / "config").glob("*.txt"))
LINE = "=====\n"
ENV = {"DCOS_TOKEN": "e30.e30.c2ln", "EMPTY": ""}


def machine(folder: Path) -> None:
    """What a configuration may name: Terraform's folder, certificates in two forms, a check, programs on PATH."""
    for each in ("infra", "certs", "checks", "bin", "home/.aws"):
        (folder / each).mkdir(parents=True)
    (folder / "infra/agents.auto.tfvars").touch()
    (folder / "bin/terraform").symlink_to(sys.executable)
    a_certificate(folder / "certs", "prod-ca").rename(folder / "certs/prod-ca.pem")
    a_certificate(folder / "certs", "other").rename(folder / "certs/other.pem")
    (folder / "certs/ca.der").write_bytes(b"0\x82\x03\x01")
    (folder / "certs/empty.pem").touch()
    (folder / "certs/locked.key").write_text("-----BEGIN ENCRYPTED PRIVATE KEY-----\n")
    (folder / "checks/cassandra.sh").write_text("#!/bin/sh\n")
    (folder / "home/.aws/config").write_text("[default]\n[profile prod]\n")


def said(case: Path, folder: Path) -> str:
    (folder / "dcosmaint.yaml").write_text(case.read_text().partition(LINE)[0])
    env = {**ENV, "HOME": str(folder / "home"), "PATH": f"{folder / 'bin'}{os.pathsep}/bin"}
    arguments = ["plan", "--config", str(folder / "dcosmaint.yaml"), "--cluster", "prod"]
    ended = CliRunner(env=env).invoke(commands, arguments, catch_exceptions=False)
    assert ended.exit_code == 2, ended.output
    return ended.output.replace(f"{folder}/", "")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_all_that_is_wrong_is_said_at_once_with_what_to_write(tmp_path: Path, case: Path) -> None:
    machine(tmp_path)
    assert said(case, tmp_path) == case.read_text().partition(LINE)[2]


if __name__ == "__main__":
    for path in CASES:
        with TemporaryDirectory() as temporary:
            machine(Path(temporary).resolve())
            wrong = path.read_text().partition(LINE)[0]
            path.write_text(f"{wrong}{LINE}{said(path, Path(temporary).resolve())}")
