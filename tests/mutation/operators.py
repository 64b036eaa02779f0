"""Two ways of being wrong that cosmic-ray has no operator for: a line left out, and another text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import parso
from cosmic_ray.operators.operator import Example, Operator

Node = Any  # parso's types are only half there
Span = tuple[tuple[int, int], tuple[int, int]]

ACTS = ("atom_expr", "power", "yield_expr", "raise_stmt", "del_stmt")
"""Statements of which something is left when they are not there: a call, a `yield`, a `raise`, a `del`."""


class LeaveLineOut(Operator):  # type: ignore[misc]  # cosmic-ray ships no types
    def mutation_positions(self, node: Node) -> Iterator[Span]:
        acts = node.type in ACTS and node.parent.type == "simple_stmt"
        code = node.get_code(include_prefix=False)
        keeps = node.type == "expr_stmt" and code.startswith("self.") and "=" in code  # without: a type alone
        if acts or keeps:
            yield node.start_pos, node.end_pos

    def mutate(self, node: Node, index: int) -> Node:
        return _parsed(node, "pass")

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return (Example("act()", "pass"),)


class ReplaceText(Operator):  # type: ignore[misc]  # cosmic-ray ships no types
    def mutation_positions(self, node: Node) -> Iterator[Span]:
        if node.type in ("string", "fstring"):
            yield node.start_pos, node.end_pos

    def mutate(self, node: Node, index: int) -> Node:
        return _parsed(node, '"another"')

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return (Example('say("one")', 'say("another")'),)


def _parsed(node: Node, code: str) -> Node:
    """In its place, as far from whatever is before it on its line."""
    parse: Any = parso.parse
    return parse(node.get_first_leaf().prefix + code)
