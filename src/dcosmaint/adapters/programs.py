"""Programs of others: how one is named, and how a short one is run to its end under a deadline."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dcosmaint.errors import Retryable, Usage


@dataclass(frozen=True)
class Program:
    """What to start. Values of the environment are never shown: credentials live there."""

    argv: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str] = field(repr=False)

    def __str__(self) -> str:
        return " ".join(self.argv)

    def check(self) -> None:
        """Raise `Usage` where it could not even be started."""
        if not self.cwd.is_dir():
            raise Usage(f"{self.cwd} is not a folder: {self.argv[0]} was to run there.")
        if shutil.which(self.argv[0], path=self.env.get("PATH", os.defpath)) is None:
            raise Usage(f"{self.argv[0]} is not on PATH, or is not executable.")


class ProgramFailed(Retryable):
    """It ended with another code than 0."""

    def __init__(self, program: Program, code: int, said: str) -> None:
        super().__init__(f"`{program}` ended with {code} and said:\n{last_lines(said)}")
        self.code = code
        self.said = said


def run(program: Program, deadline: float, *, quotes: bool = False) -> str:
    """Run it to its end, within `deadline` seconds, and return its stdout. For what only reads: it may be killed.

    `quotes`: what it wrote to stdout may be shown where it fails and says nothing else; a state is full of secrets.
    """
    program.check()
    with _started(program) as process:
        try:
            out, err = process.communicate(timeout=deadline)
        except subprocess.TimeoutExpired:
            raise Retryable(f"`{program}` did not end within {deadline:g} s, and was killed.") from None
        finally:
            _kill(process)
    if process.returncode != 0:
        raise ProgramFailed(program, process.returncode, _text(err) or (_text(out) if quotes else ""))
    return _text(out)


def _started(program: Program) -> subprocess.Popen[bytes]:
    pipe = subprocess.PIPE
    try:
        return subprocess.Popen(
            program.argv,
            cwd=program.cwd,
            env=program.env,
            stdin=subprocess.DEVNULL,
            stdout=pipe,
            stderr=pipe,
            start_new_session=True,
        )
    except OSError as error:
        raise Usage(f"{program.argv[0]} can't be started: {error.strerror}.") from error


def last_lines(said: str, count: int = 12) -> str:
    """The end of what a program said, indented; "(none)" where it said nothing."""
    lines = [line.rstrip() for line in said.splitlines() if line.strip()]
    return "\n".join(f"    {line}" for line in lines[-count:]) or "    (none)"


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the whole group of a program that has not ended: its plugins would keep our pipes open."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)


def _text(said: bytes) -> str:
    return said.decode(errors="replace")
