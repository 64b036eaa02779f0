"""Strings in HCL, found by its grammar: values of attributes at the top of a file, or in one of its blocks.

Only what is a plain string is found: an expression, a template or a string with an escape is refused with its line, and
so is a name that stands twice, since nobody could say which one counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import tree_sitter_hcl
from tree_sitter import Language, Node, Parser

from dcosmaint.adapters.text_edit import Literal, Source
from dcosmaint.errors import Usage

LANGUAGE = Language(tree_sitter_hcl.language())


def parse(source: Source) -> Node:
    """The file's body. Raises `Usage` with the line of the first thing that is no HCL."""
    try:
        source.data.decode()
    except UnicodeDecodeError as error:
        raise source.usage(error.start, "this is not UTF-8.") from error
    root = Parser(LANGUAGE).parse(source.data).root_node
    if root.has_error:
        raise source.usage(_first_error(root).start_byte, "this can't be read as HCL.")
    return next((child for child in root.children if child.type == "body"), root)


def top_string(source: Source, name: str) -> Literal:
    """The value of an attribute at the top of a file, as in `dcos_agent_ami = "ami-1"`."""
    return _string(source, parse(source), name)


def block_string(source: Source, labels: Sequence[str], name: str) -> Literal:
    """The value of an attribute of the one block with these labels, as in `resource "aws_instance" "node" { … }`."""
    found = list(blocks(parse(source), labels))
    title = " ".join([labels[0], *(f'"{label}"' for label in labels[1:])])
    if not found:
        raise Usage(f"{source.path}: there is no `{title}`.")
    if len(found) > 1:
        raise source.usage(found[1].start_byte, f"`{title}` stands here for a second time.")
    return _string(source, body(found[0]), name)


def blocks(within: Node, labels: Sequence[str]) -> Iterator[Node]:
    """The blocks right inside this body whose type and labels begin with these words."""
    for block in within.children:
        if block.type == "block" and _labels(block)[: len(labels)] == list(labels):
            yield block


def body(block: Node) -> Node:
    """What is between a block's braces; the block itself where nothing is."""
    return next((child for child in block.children if child.type == "body"), block)


def attributes(within: Node, name: str) -> Iterator[Node]:
    """The expressions that this body gives to an attribute: one, in HCL that is right."""
    for attribute in within.children:
        if attribute.type == "attribute" and text(attribute.children[0]) == name:
            yield attribute.children[-1]


def plain(expression: Node) -> str | None:
    """The value of an expression that is a plain string; None for any other."""
    quoted = _only(_only(expression, "literal_value"), "string_lit")
    if quoted is None:
        return None
    value = text(quoted)[1:-1]
    return None if any(mark in value for mark in ("\\", "$${", "%%{")) else value


def text(node: Node) -> str:
    return (node.text or b"").decode()


def _string(source: Source, within: Node, name: str) -> Literal:
    found = list(attributes(within, name))
    if not found:
        raise source.usage(within.start_byte, f"`{name}` has no value here.")
    if len(found) > 1:
        raise source.usage(found[1].start_byte, f"`{name}` stands here for a second time.")
    value = plain(found[0])
    if value is None:
        raise source.usage(
            found[0].start_byte, f"`{name}` is no plain string but `{text(found[0])}`: name the AMI itself here."
        )
    return Literal(source, found[0].start_byte + 1, found[0].end_byte - 1, value)


def _labels(block: Node) -> list[str]:
    return [text(child).strip('"') for child in block.children if child.type in ("identifier", "string_lit")]


def _only(node: Node | None, kind: str) -> Node | None:
    """The only child of a node, where it is of this kind."""
    children = node.children if node else []
    return children[0] if len(children) == 1 and children[0].type == kind else None


def _first_error(root: Node) -> Node:
    node = root
    while inner := next((child for child in node.children if child.has_error or child.is_missing), None):
        node = inner
    return node
