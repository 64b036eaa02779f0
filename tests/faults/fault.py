"""What a row of the table of faults is, in process and over real wires."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial

from dcosmaint.sandbox.world import World
from dcosmaint.sandbox.world.faults.injector import Injector
from dcosmaint.sandbox.world.faults.table import FAULTS
from tests.served.desk import Desk

ROLL = ("roll", "--yes", "--limit", "2")
"""Two of the fleet's nodes, each with a broker, one after the other."""

RESUME = "` goes on; `dcosmaint abort "
"""In what every command prints that stopped after something was touched."""

Strike = Callable[[World, Injector], None]
Circumstance = Callable[[Desk], AbstractContextManager[Desk]]
"""Brings a fault about, gives the desk at which the command meets it, and mends it in the end."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One named fault, and how the command that met it ends."""

    name: str
    code: int
    says: tuple[str, ...]  # each is in what the command prints
    command: tuple[str, ...] = ROLL
    does: str = ""  # for people; by default what the fault's own entry says

    @property
    def then(self) -> str:
        """What comes after it."""
        if not self.code:
            return "nothing"
        return "a resume ends the roll" if self.code == 4 else "the same command, once that is mended"

    @property
    def line(self) -> str:
        """In the table of the docs."""
        said = "; ".join(f"`` {words} ``" if "`" in words else f"`{words}`" for words in self.says)
        does = self.does or FAULTS[self.name].does
        return f"| `{self.name}` | {does} | `{self.command[0]}` | {said} | {self.code} | {self.then} |"


@dataclass(frozen=True, kw_only=True)
class InProcess(Row):
    """On a World in this process, on virtual time."""

    brings: Strike


@dataclass(frozen=True, kw_only=True)
class OnWires(Row):
    """By a process of its own, on a served sandbox. `{node}` and `{other}` in the command are two public nodes' IPs."""

    brings: Circumstance


def after(seconds: float, name: str) -> Strike:
    """A fault of the World's own table, that many seconds after the command was typed."""

    def brings(_world: World, injector: Injector) -> None:
        injector.let_loose(FAULTS[name], seconds)

    return brings


def on_wire(seconds: float, where: str, *names: str) -> Strike:
    """What befalls the next calls of a port from then on."""

    def brings(world: World, _injector: Injector) -> None:
        world.at(seconds, partial(world.faults.wire.__setitem__, where, list(names)))

    return brings
