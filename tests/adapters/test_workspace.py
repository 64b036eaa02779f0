"""How commands of terraform are put together."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from dcosmaint.adapters.workspace import FLAG, Workspace
from dcosmaint.errors import Usage
from tests.adapters.test_terraform import a_workspace


def environment(workspace: Workspace) -> Mapping[str, str]:
    return workspace.program("plan").env


def test_arguments_are_built_without_a_shell_and_without_a_trace(tmp_path: Path) -> None:
    before = list(logging.getLogger().handlers)
    argv = a_workspace(tmp_path).program("plan", "x", json=FLAG, input=False, target=['a.b["c d"]', "a.b[0]"]).argv
    assert argv == ("terraform", "plan", "-json", "-input=false", '-target=a.b["c d"]', "-target=a.b[0]", "x")
    assert logging.getLogger().handlers == before


def test_every_command_is_told_that_nobody_is_there_to_answer(tmp_path: Path) -> None:
    env = environment(a_workspace(tmp_path, AWS_PROFILE="prod"))
    assert (
        env.items()
        >= {
            "TF_IN_AUTOMATION": "1",
            "TF_INPUT": "0",
            "CHECKPOINT_DISABLE": "1",
            "AWS_PROFILE": "prod",
        }.items()
    )


def test_a_cli_configuration_that_is_missing_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "rc").touch()
    there, missing = (str(tmp_path / name) for name in ("rc", "nowhere"))
    assert environment(a_workspace(tmp_path, TF_CLI_CONFIG_FILE=there))["TF_CLI_CONFIG_FILE"] == there
    assert "TF_CLI_CONFIG_FILE" not in environment(a_workspace(tmp_path, TF_CLI_CONFIG_FILE=missing))


def test_the_configured_workspace_counts_and_not_the_callers(tmp_path: Path) -> None:
    workspace = a_workspace(tmp_path, TF_WORKSPACE="staging")
    assert "TF_WORKSPACE" not in environment(workspace)
    assert environment(replace(workspace, workspace="prod"))["TF_WORKSPACE"] == "prod"


def test_another_workspace_that_is_selected_in_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".terraform").mkdir()
    (tmp_path / ".terraform/environment").write_text("staging")
    with pytest.raises(Usage, match=r"workspace staging selected.*workspace select default"):
        a_workspace(tmp_path).program("plan")


def test_the_environment_is_never_shown(tmp_path: Path) -> None:
    workspace = a_workspace(tmp_path, AWS_SECRET_ACCESS_KEY="hunter2")
    assert "hunter2" not in f"{workspace} {workspace.program('plan')!r}"
