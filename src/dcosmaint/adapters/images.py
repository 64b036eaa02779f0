"""Where Terraform's code or variables name the AMI of each group: read, shown as a diff, and swapped in place."""

from __future__ import annotations

from pathlib import Path

from dcosmaint.adapters.hcl import block_string, top_string
from dcosmaint.adapters.json_text import json_string
from dcosmaint.adapters.terraform_state import bare
from dcosmaint.adapters.text_edit import Literal, Source
from dcosmaint.adapters.workspace import AmiPlace, Workspace


class Images:
    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def named(self) -> dict[str, str]:
        """The AMI that each group is to have now. Raises `Usage` where a file does not say so in a plain string."""
        return {group.resource: self._literal(group.resource).value for group in self._workspace.groups}

    def preview(self, group: str, ami: str) -> str:
        """What `swap` would change, as a unified diff."""
        return self._literal(group).diff(ami)

    def swap(self, group: str, ami: str) -> None:
        """Write the AMI in place of the one that stands there."""
        self._literal(group).write(ami)

    def _literal(self, group: str) -> Literal:
        place = self._workspace.group(group).ami
        return find(Source.read(self._workspace.dir / place.file), place)


def find(source: Source, place: AmiPlace) -> Literal:
    """A variable stands in a tfvars file, HCL or JSON, or as the default in its own block in the code."""
    if not place.variable:
        kind, name = bare(place.resource).split(".")[-2:]
        return block_string(source, ("resource", kind, name), "ami")
    if source.path.suffix == ".json":
        return json_string(source, place.variable)
    if source.path.suffix in (".tf", ".tofu"):
        return block_string(source, ("variable", place.variable), "default")
    return top_string(source, place.variable)


def loaded_by_itself(file: str) -> bool:
    """Whether Terraform reads a file without being told: its own code, `terraform.tfvars` and `*.auto.tfvars`."""
    name = Path(file).name.removesuffix(".json")
    in_place = Path(file).parent == Path()
    return not name.endswith(".tfvars") or (in_place and (name == "terraform.tfvars" or name.endswith(".auto.tfvars")))
