"""Mutants of a file: every place where an operator can change it so that it means something else."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

SAYS_NOTHING = ("RemoveDecorator", "VariableReplacer", "VariableInserter", "ExceptionReplacer")
"""Of the frozen dataclasses that this code is made of, they make files that can't be imported at all."""


@dataclass(frozen=True, order=True)
class Mutant:
    file: str  # below src
    line: int
    operator: str
    occurrence: int
    was: str  # the line

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.operator}: {self.was}"

    def code(self, source: Path) -> str:
        operator = get_operator(f"core/{self.operator}")()
        return str(mutate_code((source / self.file).read_text(), operator, self.occurrence))


def mutants_of(source: Path, file: str) -> Iterator[Mutant]:
    text = (source / file).read_text()
    lines, tree = text.splitlines(), get_ast(text)
    for name in sorted(operator_names()):
        short = name.removeprefix("core/")
        if not name.startswith("core/") or short in SAYS_NOTHING:
            continue
        operator = get_operator(name)()
        places = [place for node in ast_nodes(tree) for place in operator.mutation_positions(node)]
        for occurrence, ((line, _), _) in enumerate(places):
            yield Mutant(file, line, short, occurrence, lines[line - 1].strip())


def differs(mutant: Mutant, source: Path) -> bool:
    """Whether it is code, and says something else: annotations and docstrings are nobody's behaviour."""
    try:
        return _meaning(mutant.code(source)) != _meaning((source / mutant.file).read_text())
    except SyntaxError:
        return False


def _meaning(code: str) -> str:
    tree = ast.parse(code)
    for node in ast.walk(tree):
        match node:
            case ast.AnnAssign() | ast.arg():
                node.annotation = ast.Constant(None)
            case ast.FunctionDef():
                node.returns = None
            case ast.Assign(targets=[ast.Name(id=name)]) if name[0].isupper() and isinstance(node.value, ast.BinOp):
                node.value = ast.Constant(None)  # a union of types under a name
    return ast.dump(tree)
