"""Where the real provider is looked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from dcosmaint.sandbox.served.files import Folder
from dcosmaint.sandbox.served.mirror import NAME, find_mirror, use_real


@pytest.mark.parametrize("place", [".terraform.d/plugins", ".local/share/terraform/plugins"])
def test_a_mirror_where_terraform_itself_would_look_is_found(tmp_path: Path, place: str) -> None:
    (tmp_path / place / NAME).mkdir(parents=True)
    assert find_mirror({"HOME": str(tmp_path)}) == tmp_path / place


def test_a_mirror_that_the_environment_names_comes_first(tmp_path: Path) -> None:
    (tmp_path / ".terraform.d/plugins" / NAME).mkdir(parents=True)
    (tmp_path / "named" / NAME).mkdir(parents=True)
    env = {"HOME": str(tmp_path), "DCOSMAINT_TERRAFORM_MIRROR": str(tmp_path / "named")}
    assert find_mirror(env) == tmp_path / "named"


def test_a_folder_without_the_provider_is_no_mirror(tmp_path: Path) -> None:
    (tmp_path / "registry.terraform.io/hashicorp/null").mkdir(parents=True)
    assert find_mirror({"HOME": "/nowhere", "DCOSMAINT_TERRAFORM_MIRROR": str(tmp_path)}) != tmp_path


def test_only_the_sandbox_s_own_file_names_the_mirror(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "sandbox")
    folder.prepare()
    (tmp_path / "named" / NAME).mkdir(parents=True)
    use_real(folder, {"HOME": str(tmp_path), "DCOSMAINT_TERRAFORM_MIRROR": str(tmp_path / "named")})
    assert f'path    = "{tmp_path / "named"}"' in folder.terraformrc.read_text()
