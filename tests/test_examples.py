"""The examples are what the real programs take."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"


def ran(*command: str) -> subprocess.CompletedProcess[str]:
    if not shutil.which(command[0]):
        pytest.skip(f"{command[0]} is not on PATH")
    return subprocess.run(command, cwd=EXAMPLES, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.real
def test_packer_takes_the_template_with_the_roll_as_a_variable() -> None:
    given = ("-var", "dcosmaint_roll=r1", "-var", "source_ami=ami-0123456789abcdef0", "packer/agent.pkr.hcl")
    done = ran("packer", "validate", *given)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.real
def test_a_build_that_nobody_can_find_again_is_not_begun() -> None:
    done = ran("packer", "validate", "-var", "source_ami=ami-0123456789abcdef0", "packer/agent.pkr.hcl")
    assert done.returncode == 1
    assert "dcosmaint_roll" in done.stdout + done.stderr


@pytest.mark.real
def test_terraform_reads_the_code_and_would_write_it_the_same_way() -> None:
    done = ran("terraform", "fmt", "-check", "-diff", "infra")
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_agent_node_of_the_code_keeps_its_ami_in_a_plain_apply() -> None:
    code = (EXAMPLES / "infra" / "main.tf").read_text()
    assert code.count('resource "aws_instance"') == code.count("ignore_changes = [ami]") == 2
