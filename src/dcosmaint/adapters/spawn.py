"""Fork a program that waits until it is told to go, in its own session, beside a shell that keeps its exit code."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dcosmaint.adapters.processes import Process
from dcosmaint.adapters.programs import Program
from dcosmaint.errors import Retryable

BIRTH = 60.0
"""Seconds that a fork may take on a machine under load."""

# Says its pid, waits for a line, and becomes the program: so the pid is the program's own, and known before it is.
_PROGRAM = """
exec 3>>"$1"
shift
echo $$
read -r go || { echo "not begun: whoever began it ended first" >&3; exit 125; }
exec "$@" </dev/null >&3 2>&3 3>&-
"""

# `trap :`, not `trap ""`: a signal to the group must not end the keeper, and must not be ignored by the program.
_KEEPER = """
trap : HUP INT TERM
cd -- "$1" || exit
room=$2 program=$3
shift 3
sh -c "$program" sh "$room/output" "$@"
echo $? >"$room/code.new" && mv "$room/code.new" "$room/code"
"""


@dataclass(frozen=True)
class Waiting:
    """A program that is about to begin."""

    program: Process
    keeper: Process
    _go: int

    def go(self) -> None:
        os.write(self._go, b"go\n")


@contextmanager
def spawn(program: Program, room: Path) -> Iterator[Waiting]:
    """Fork it. Where the block ends without `go`, or we die in it, it gives up without having begun."""
    told, go = os.pipe()
    heard, says = os.pipe()
    try:
        try:
            keeper = _fork(program, room, told, says)
        finally:
            os.close(told)
            os.close(says)
        yield Waiting(Process.now(_pid(heard)), Process.now(keeper), go)
    finally:
        os.close(heard)
        os.close(go)


def _fork(program: Program, room: Path, told: int, says: int) -> int:
    """`posix_spawn`, since nobody here is to wait for it: it outlives us by design."""
    return os.posix_spawn(
        "/bin/sh",
        ["sh", "-c", _KEEPER, "sh", str(program.cwd), str(room), _PROGRAM, *program.argv],
        program.env,
        file_actions=[(os.POSIX_SPAWN_DUP2, told, 0), (os.POSIX_SPAWN_DUP2, says, 1), (os.POSIX_SPAWN_DUP2, says, 2)],
        setsid=True,
        setsigdef=[signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGPIPE],
    )


def _pid(heard: int) -> int:
    ready, _, _ = select.select([heard], [], [], BIRTH)
    said = os.read(heard, 200).decode(errors="replace").strip() if ready else ""
    if not said.isdigit():
        raise Retryable(f"a child did not start within {BIRTH:g} s: {said or 'it said nothing'}")
    return int(said)
