"""Configuration files for tests."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dcosmaint.config import Config, load
from dcosmaint.errors import Usage

SMALLEST = """\
clusters:
  prod:
    dcos: {url: "https://dcos.example.com"}
    aws: {region: us-east-1}
    terraform:
      dir: infra
      groups:
        - resources: [aws_instance.dcos_agent_node]
          ami: {variable: dcos_agent_ami, file: agents.auto.tfvars}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "dcosmaint.yaml"
    path.write_text(text)
    return path


def read(folder: Path, more: str = "", text: str = SMALLEST) -> Config:
    """The smallest configuration with `more` lines in cluster prod."""
    return load(written(folder, text + more))


def refusal(folder: Path, more: str = "", text: str = SMALLEST) -> str:
    """What is said of it, without the folder, and without the columns, which tests/cases/config shows."""
    with pytest.raises(Usage) as caught:
        read(folder, more, text)
    return re.sub(r"(dcosmaint\.yaml:\d+):\d+: ", r"\1: ", str(caught.value).replace(f"{folder}/", ""))
