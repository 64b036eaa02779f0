"""Resource blocks in Terraform's code, followed through modules in local folders."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from tree_sitter import Node

from dcosmaint.adapters import hcl
from dcosmaint.adapters.terraform_state import bare
from dcosmaint.adapters.text_edit import Source
from dcosmaint.errors import Usage


def resource_block(folder: Path, address: str) -> Node | None:
    """The block of a resource such as module.agents.aws_instance.node; None where it can't be read."""
    parts = bare(address).split(".")
    while len(parts) > 2 and parts[0] == "module":
        module = _module(folder, parts[1])
        if module is None:
            return None
        folder, parts = module, parts[2:]
    return next(_blocks(folder, "resource", *parts), None)


def ignores_ami(resource: Node) -> bool:
    """Whether `lifecycle { ignore_changes = … }` holds for the AMI: a plain apply then leaves the instances alone."""
    return any(
        _holds_ami(expression)
        for lifecycle in hcl.blocks(hcl.body(resource), ("lifecycle",))
        for expression in hcl.attributes(hcl.body(lifecycle), "ignore_changes")
    )


def _holds_ami(expression: Node) -> bool:
    words = hcl.text(expression)
    return words == "all" or bool({"ami", "all"} & set(_elements(expression)))


def _elements(expression: Node) -> Iterator[str]:
    """The names in a list, with quotes or without: both are in use."""
    for node in expression.children:
        for inner in node.children if node.type == "collection_value" else ():
            yield from (hcl.text(each).strip('"') for each in inner.children if each.type == "expression")


def _module(folder: Path, name: str) -> Path | None:
    """The folder of a local module; None for one that comes from elsewhere."""
    for block in _blocks(folder, "module", name):
        for expression in hcl.attributes(hcl.body(block), "source"):
            source = hcl.plain(expression) or ""
            if source.startswith(("./", "../")):
                return folder / source
    return None


def _blocks(folder: Path, *labels: str) -> Iterator[Node]:
    """In the order of the files' names. What can't be read is passed over: it proves nothing."""
    for path in sorted([*folder.glob("*.tf"), *folder.glob("*.tofu")]):
        with suppress(Usage):
            yield from hcl.blocks(hcl.parse(Source.read(path)), labels)
