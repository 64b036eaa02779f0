"""One mutant before the tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.mutation.mutants import Mutant

ROOT = Path(__file__).parents[2]
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
    *("test_interrupts", "test_survey", "test_plan"),
]
NEAR = [f"tests/{name}.py" for name in ALONE] + ["tests/planner", "tests/steps"]
FAR = ["tests/rolls", "tests/cli"]
PATIENCE = 600.0
"""Seconds: a mutant that has the tests wait for longer is seen by whoever waits."""


@dataclass(frozen=True)
class Trial:
    mutant: Mutant
    killed_by: str  # "" for a survivor


def files() -> list[str]:
    package = SOURCE / "dcosmaint"
    return [str(path.relative_to(SOURCE)) for pattern in CORE for path in sorted(package.glob(pattern))]


def tried(mutant: Mutant) -> Trial:
    with TemporaryDirectory(prefix="mutant-") as folder:
        shutil.copytree(SOURCE, Path(folder) / "src")
        (Path(folder) / "src" / mutant.file).write_text(mutant.code(SOURCE))
        for tests in (NEAR, FAR):
            if killer := _killer(Path(folder), tests):
                return Trial(mutant, killer)
    return Trial(mutant, "")


def _killer(folder: Path, tests: list[str]) -> str:
    environment = {**os.environ, "PYTHONPATH": str(folder / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    argv = [sys.executable, "-m", "pytest", "-x", "-q", "-m", "not slow and not real", "-p", "no:cacheprovider", *tests]
    try:
        ran = subprocess.run(
            argv, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE
        )
    except subprocess.TimeoutExpired:
        return "patience"
    if ran.returncode == 0:
        return ""
    failed = [line.split()[1] for line in ran.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return failed[0] if failed else "import"
