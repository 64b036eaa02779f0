"""A Terraform workspace as it was configured, and how each command for it is put together.

python-terraform builds the argument vectors and does nothing else: its own handling of processes loses state when it is
interrupted.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from python_terraform import IsFlagged, Terraform

from dcosmaint.adapters.programs import Program
from dcosmaint.errors import Fatal, Usage

FLAG = IsFlagged
"""An option without a value."""


@dataclass(frozen=True)
class AmiPlace:
    """Where the AMI of a group is written: a variable's value, or the `ami` of a resource."""

    file: str  # relative to the workspace's folder
    variable: str = ""
    resource: str = ""  # aws_instance.dcos_agent_node, where there is no variable


@dataclass(frozen=True)
class Group:
    """Agent nodes that one resource block makes, by count, for_each or a module."""

    resource: str  # aws_instance.dcos_agent_node, module.agents.aws_instance.node
    ami: AmiPlace


@dataclass(frozen=True)
class Workspace:
    dir: Path
    binary: str  # terraform or tofu, on PATH or as a path
    workspace: str
    groups: tuple[Group, ...]
    env: Mapping[str, str] = field(repr=False)  # the operator's own, with the credentials for AWS and the backend
    deadline: float = 120.0  # seconds for a command that only reads
    lock_timeout: int = 60  # seconds to wait for somebody else's state lock

    def group(self, name: str) -> Group:
        for group in self.groups:
            if group.resource == name:
                return group
        known = ", ".join(group.resource for group in self.groups)
        raise Fatal(f"{name} is no configured Terraform group: those are {known}.")

    def program(self, command: str, *args: str, **options: Any) -> Program:
        """A command with its options in python-terraform's form: `no_color=FLAG`, `target=[…]`."""
        # It would read a state file when it is made; in the null device it finds none.
        builder = Terraform(working_dir=os.devnull, terraform_bin_path=self.binary)
        argv = builder.generate_cmd_string(command, *args, **options)
        return Program(tuple(argv), self.dir, self._environment())

    @property
    def selected(self) -> str:
        """The workspace that `terraform workspace select` left chosen in the folder."""
        file = self.data_dir / "environment"
        return (file.read_text().strip() if file.is_file() else "") or "default"

    @property
    def data_dir(self) -> Path:
        """Where `terraform init` puts what it fetched."""
        return self.dir / self.env.get("TF_DATA_DIR", ".terraform")

    def _environment(self) -> dict[str, str]:
        env = {name: value for name, value in self.env.items() if name != "TF_WORKSPACE"}
        env |= {"TF_IN_AUTOMATION": "1", "TF_INPUT": "0", "CHECKPOINT_DISABLE": "1"}
        if self.workspace != "default":
            env["TF_WORKSPACE"] = self.workspace
        elif self.selected != "default":
            # Backends without workspaces refuse TF_WORKSPACE=default, so it can't be forced.
            raise Usage(
                f"{self.dir} has workspace {self.selected} selected, and terraform.workspace is default: run"
                f" `{self.binary} workspace select default` there, or set terraform.workspace."
            )
        if not Path(env.get("TF_CLI_CONFIG_FILE", os.devnull)).exists():
            del env["TF_CLI_CONFIG_FILE"]  # terraform would warn of it in every answer
        return env
