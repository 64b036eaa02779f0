"""Which files of variables Terraform reads by itself, and in which order: the last one that names a variable counts."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from dcosmaint.adapters import hcl
from dcosmaint.adapters.text_edit import Source
from dcosmaint.errors import Usage

CODE = (".tf", ".tofu")


def loaded_by_itself(file: str) -> bool:
    """Whether Terraform reads a file without being told: its own code, `terraform.tfvars` and `*.auto.tfvars`."""
    path = Path(file)
    return path.suffix in CODE or (path.parent == Path() and _is_auto(path))


def overriding(folder: Path, file: str, variable: str) -> tuple[Path, ...]:
    """Files that name the variable too and are read after this one, so that what stands in it does not count."""
    if not loaded_by_itself(file):
        return ()  # told files come last
    auto = sorted((path for path in folder.glob("*.tfvars*") if _is_auto(path)), key=_turn)
    later = auto if Path(file).suffix in CODE else [path for path in auto if _turn(path) > _turn(folder / file)]
    return tuple(path for path in later if _names(path, variable))


def _is_auto(path: Path) -> bool:
    name = path.name.removesuffix(".json")
    return name == "terraform.tfvars" or name.endswith(".auto.tfvars")


def _turn(path: Path) -> tuple[bool, str]:
    """`terraform.tfvars` first, its JSON form next, then all others by name."""
    return path.name.removesuffix(".json") != "terraform.tfvars", path.name


def _names(path: Path, variable: str) -> bool:
    """Whether a file gives the variable a value, of whatever kind. One that can't be read is Terraform's to refuse."""
    with suppress(Usage, json.JSONDecodeError, RecursionError, UnicodeDecodeError, TypeError):
        source = Source.read(path)
        if path.suffix == ".json":
            return variable in json.loads(source.data)
        return any(hcl.attributes(hcl.parse(source), variable))
    return False
