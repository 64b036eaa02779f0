"""The real terraform, for the one apply that makes the nodes."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dcosmaint.errors import Usage

HOW = (
    "The sandbox over real wires drives the real terraform, and there is none on PATH. Get it from"
    " https://developer.hashicorp.com/terraform/install (any version from 1.5 on; one binary, no account)."
)


def find_terraform(env: Mapping[str, str]) -> str:
    """Its path. Raises `Usage`, with the way to get it."""
    found = shutil.which("terraform", path=env.get("PATH"))
    if not found:
        raise Usage(HOW)
    return found


@dataclass(frozen=True)
class Terraform:
    binary: str
    folder: Path
    env: Mapping[str, str]
    deadline: float = 300.0  # seconds for one command

    def run(self, *words: str) -> str:
        """What it printed. Raises `Usage` with its words where it fails."""
        argv = [self.binary, *words, "-input=false", "-no-color"]
        try:
            done = subprocess.run(
                argv, cwd=self.folder, env=dict(self.env), capture_output=True, text=True, timeout=self.deadline,
                check=False, stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise Usage(f"`terraform {words[0]}` did not end within {self.deadline:g} s in {self.folder}.") from error
        if done.returncode:
            raise Usage(f"`terraform {' '.join(words)}` failed in {self.folder}:\n{done.stdout}{done.stderr}")
        return done.stdout


def environment(terraformrc: Path) -> dict[str, str]:
    """Ours, without what belongs to another cloud or another terraform, and with what belongs to the sandbox."""
    foreign = ("AWS_", "TF_", "MOTO_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return kept | sandbox_environment(terraformrc)


def sandbox_environment(terraformrc: Path) -> dict[str, str]:
    """What a program needs in its environment to work on the sandbox. None of it is a secret."""
    return {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "CHECKPOINT_DISABLE": "1",
        "TF_CLI_CONFIG_FILE": str(terraformrc),
        "NO_PROXY": "127.0.0.1,localhost",  # everything is here
        "TF_IN_AUTOMATION": "1",
    }
