"""Mutants of a file: every place where an operator can change it so that it means something else."""

from __future__ import annotations

import ast
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Operator
from cosmic_ray.plugins import get_operator, operator_names

from tests.mutation.operators import LeaveLineOut, ReplaceText

OURS = {"LeaveLineOut": LeaveLineOut, "ReplaceText": ReplaceText}
THEIRS = re.compile(
    r"AddNot|NumberReplacer|ZeroIterationForLoop|ReplaceContinueWithBreak|ReplaceBreakWithContinue"
    r"|ReplaceTrueWithFalse|ReplaceFalseWithTrue|ReplaceAndWithOr|ReplaceOrWithAnd"
    r"|ReplaceUnaryOperator_(Delete_Not|Delete_USub)"
    r"|ReplaceBinaryOperator_(Add_Sub|Sub_Add|Mul_Div|Div_Mul|Pow_Mul)"
    r"|ReplaceBinaryOperator_(BitOr_(BitAnd|Sub)|BitAnd_(BitOr|Sub)|Sub_(BitAnd|BitOr))"
    r"|ReplaceComparisonOperator_(?!Eq_Is$|Is_Eq$|NotEq_IsNot$|IsNot_NotEq$).*"
)
"""Those of cosmic-ray that make another program. Left out: arithmetic that no type here has (a set plus a set fails in
every test), `is` for `==` (the same of None, an enum and a literal), and what makes files that can't be imported."""


@dataclass(frozen=True, order=True)
class Mutant:
    file: str  # below src
    line: int = field(compare=False)
    operator: str
    was: str  # the line
    nth: int  # of this operator in lines of these words: the same in a file that has changed elsewhere
    occurrence: int = field(compare=False)
    place: tuple[int, int] = field(compare=False)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.place[1]} {self.operator}: {self.was}"

    @property
    def kind(self) -> str:
        return self.operator.partition("_")[0]

    def code(self, source: Path) -> str:
        return str(mutate_code((source / self.file).read_text(), _operator(self.operator), self.occurrence))


def mutants_of(source: Path, file: str) -> Iterator[Mutant]:
    text = (source / file).read_text()
    lines, nodes = text.splitlines(), [*ast_nodes(get_ast(text))]
    core = (name.removeprefix("core/") for name in operator_names())
    for name in sorted([*filter(THEIRS.fullmatch, core), *OURS]):
        seen: Counter[str] = Counter()
        operator = _operator(name)
        places = (start for node in nodes for start, _ in operator.mutation_positions(node))
        for occurrence, place in enumerate(places):
            was = lines[place[0] - 1].strip()
            seen[was] += 1
            yield Mutant(file, place[0], name, was, seen[was], occurrence, place)


def drawn(everything: Sequence[Mutant], sample: int, seed: int, source: Path) -> Iterator[Mutant]:
    """One mutant of each kind in a place, from so many places, drawn at random: `==` has five others, and is one."""
    places: dict[tuple[str, str, tuple[int, int]], list[Mutant]] = defaultdict(list)
    for mutant in everything:
        places[mutant.file, mutant.kind, mutant.place].append(mutant)
    chance, left = random.Random(seed), sample
    for place in chance.sample(sorted(places), len(places)):
        different = [mutant for mutant in sorted(places[place]) if differs(mutant, source)] if left else []
        if different:
            left -= 1
            yield chance.choice(different)


def differs(mutant: Mutant, source: Path) -> bool:
    """Whether it is code, and says something else.

    Annotations, docstrings, `frozen` and `__all__` are nobody's behaviour: they tell readers and checkers.
    """
    try:
        return _meaning(mutant.code(source)) != _meaning((source / mutant.file).read_text())
    except SyntaxError:
        return False


@cache
def _meaning(code: str) -> str:
    tree = ast.parse(code)
    for node in ast.walk(tree):
        match node:
            case ast.AnnAssign() | ast.arg():
                node.annotation = ast.Constant(None)
            case ast.FunctionDef():
                node.returns = None
            case ast.ClassDef():
                node.decorator_list = []
            case ast.Assign(targets=[ast.Name(id="__all__")]):
                node.value = ast.Constant(None)
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.BinOp() | ast.Subscript()) if name[0].isupper():
                node.value = ast.Constant(None)  # a type under a name
            case ast.Expr(value=ast.Constant(value=str())):
                node.value = ast.Constant(None)
    return ast.dump(tree)


def _operator(name: str) -> Operator:
    return OURS[name]() if name in OURS else get_operator(f"core/{name}")()
