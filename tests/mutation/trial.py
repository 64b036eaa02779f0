"""One mutant before the tests."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from tests.mutation.mutants import Mutant
from tests.mutation.nursery import ROOT, run
from tests.mutation.reach import Reach

SOURCE = ROOT / "src"
CORE = (
    "planner/*.py",
    "steps/*.py",
    "lines/*.py",
    "executor.py",
    "admission.py",
    "turn.py",
    "journal.py",
    "guard.py",
    "safety.py",
    "pipeline.py",
)
ALONE = [
    *("test_executor", "test_admission", "test_turn", "test_journal", "test_lines", "test_guard", "test_safety"),
    *("test_interrupts", "test_deadline", "test_frameworks", "test_cordons", "test_survey", "test_plan", "test_choice"),
    *("test_tighten", "test_outcomes", "test_older_journals", "test_clean_lines"),
]
TESTS = [
    *(f"tests/{name}.py" for name in ALONE),
    *("tests/planner", "tests/steps", "tests/rolls", "tests/cli", "tests/faults/test_in_process.py"),
]
NOT_ASKED = ["tests/rolls/test_crash.py", "tests/rolls/test_determinism.py", "tests/cli/test_imports.py"]
"""They start processes of their own, or roll anew from each line of a journal. All else in TESTS is quick."""

FIRST = 25
"""Tests in a first process: most mutants meet their killer there. The others are in a second one."""

PATIENCE = 600.0
"""Seconds: a process that takes longer is seen by whoever waits."""


@dataclass(frozen=True)
class Trial:
    mutant: Mutant
    killed_by: str  # "" for a survivor
    seconds: float


def files() -> list[str]:
    package = SOURCE / "dcosmaint"
    return [str(path.relative_to(SOURCE)) for pattern in CORE for path in sorted(package.glob(pattern))]


def reach(out: Path) -> Reach:
    """Run all of TESTS once, and hear which lines each runs. Raises `RuntimeError` where one fails without a mutant."""
    changed = max(file.stat().st_mtime for folder in ("src", "tests") for file in (ROOT / folder).rglob("*.py"))
    if out.exists() and out.stat().st_mtime > changed:
        return Reach.read(SOURCE, out)
    out.unlink(missing_ok=True)
    into = {"REACH_OUT": str(out), "REACH_SOURCE": str(SOURCE), "REACH_FILES": ":".join(files())}
    ignored = [word for file in NOT_ASKED for word in ("--ignore", file)]
    says = out.with_suffix(".says")
    ran = run(SOURCE, ["-p", "tests.mutation.reach", *ignored, *TESTS], says, env=into)
    if ran.code:
        out.unlink(missing_ok=True)
        raise RuntimeError(f"the tests fail without a mutant: see {says}")
    return Reach.read(SOURCE, out)


def tried(mutant: Mutant, tests: list[str]) -> Trial:
    """Against these tests, in this order."""
    began = monotonic()
    with TemporaryDirectory(prefix="mutant-") as folder:
        source = Path(folder) / "src"
        shutil.copytree(SOURCE, source)
        changed = source / mutant.file
        changed.write_text(mutant.code(SOURCE))
        for compiled in changed.parent.glob(f"__pycache__/{changed.stem}.*"):
            compiled.unlink()
        killer = next(_killers(source, [tests[:FIRST], tests[FIRST:]]), "")
    return Trial(mutant, killer, monotonic() - began)


def _killers(source: Path, rounds: Sequence[list[str]]) -> Iterator[str]:
    for tests in filter(None, rounds):
        if killer := _killer(source, tests):
            yield killer


def _killer(source: Path, tests: list[str]) -> str:
    names = source.parent / "tests"
    names.write_text("\n".join(tests))
    ran = run(source, ["-x", "-p", "tests.mutation.watch", f"@{names}"], source.parent / "says", patience=PATIENCE)
    if ran.code == 0:
        return ""
    if ran.code is None:
        return "patience"
    failed = [line.split()[1] for line in ran.says.splitlines() if line.startswith(("FAILED", "ERROR"))]
    if not failed and "not found:" in ran.says:
        raise RuntimeError(f"a test that was there is not any more: {ran.says[-500:]}")
    return failed[0] if failed and "::" in failed[0] else "import"
