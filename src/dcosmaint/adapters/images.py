"""Where Terraform's code or variables name the AMI of each group: read, shown as a diff, and swapped in place."""

from __future__ import annotations

from dcosmaint.adapters.hcl import block_string, top_string
from dcosmaint.adapters.json_text import json_string
from dcosmaint.adapters.terraform_state import bare
from dcosmaint.adapters.text_edit import Literal, Source
from dcosmaint.adapters.tfvars import CODE, overriding
from dcosmaint.adapters.workspace import AmiPlace, Workspace
from dcosmaint.errors import Usage


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
        for other in overriding(self._workspace.dir, place.file, place.variable):
            raise Usage(
                f"{place.variable} stands in {other} too, which Terraform reads after {place.file}: take it out of one"
                " of them, or configure the other."
            )
        return find(Source.read(self._workspace.dir / place.file), place)


def find(source: Source, place: AmiPlace) -> Literal:
    """A variable stands in a tfvars file, HCL or JSON, or as the default in its own block in the code."""
    if not place.variable:
        kind, name = bare(place.resource).split(".")[-2:]
        return block_string(source, ("resource", kind, name), "ami")
    if source.path.suffix == ".json":
        return json_string(source, place.variable)
    if source.path.suffix in CODE:
        return block_string(source, ("variable", place.variable), "default")
    return top_string(source, place.variable)
