"""pytest on one copy of the source, in a process forked from one that has loaded the libraries, but nothing of ours."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIBRARIES = [
    "pytest",
    "_pytest.pytester",
    "hypothesis",
    "pydantic",
    "click",
    "rich.console",
    "requests",
    "yaml",
    "boto3",
]

OPTIONS = [
    "-q",
    "-m",
    "not slow and not real",
    "-p",
    "no:cacheprovider",
    "-W",
    "ignore::pytest.PytestAssertRewriteWarning",
]

FORKS = get_context("forkserver")
FORKS.set_forkserver_preload(["__main__", *LIBRARIES])


@dataclass(frozen=True)
class Run:
    code: int | None  # None: it took too long
    says: str


def run(
    source: Path, argv: Sequence[str], out: Path, *, patience: float | None = None, env: Mapping[str, str] | None = None
) -> Run:
    """Quick tests against `source`. What they say goes into the file `out`."""
    environment = {"PYTHONPATH": str(source), **(env or {})}
    process = FORKS.Process(target=_pytest, args=(source, list(argv), out, environment))
    process.start()
    process.join(patience)
    code = process.exitcode
    if code is None:
        process.kill()
        process.join()
    return Run(code, out.read_text())


def _pytest(source: Path, argv: list[str], out: Path, env: Mapping[str, str]) -> None:
    with out.open("w") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    os.chdir(ROOT)
    os.environ.update(env)
    sys.path.insert(0, str(source))
    sys.dont_write_bytecode = "mutant-" in str(source)  # what was compiled once serves every mutant
    sys.exit(pytest.main([*OPTIONS, *argv]))
