"""Every patch beside this file breaks one safety rule, and the tests that it names must see it.

A patch that no longer applies fails with its name: make it anew, since the rule still needs its proof. That the tests
pass without the patch is what every other run says.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

ROOT = Path(__file__).parents[2]
PATCHES = sorted(Path(__file__).parent.glob("*.patch"))
RULES = frozenset(f"R{number}" for number in range(1, 17))
KILLED_BY = "Killed by: "
TESTS_FAILED = 1  # pytest's exit code; 2 to 5 would say that no test was run
QUICK = ("R1-cap-off-by-one", "R4-sent-again", "R5-any-plan", "R10-half-line-stays", "R14-together")
"""What `make test` runs; `make test-all` runs every mutant."""

Run = subprocess.CompletedProcess[str]


def killers(patch: Path) -> list[str]:
    """The tests that must see it, as its first lines name them."""
    return [line.removeprefix(KILLED_BY) for line in patch.read_text().splitlines() if line.startswith(KILLED_BY)]


def tried(patch: Path) -> Run:
    """What its killers say of a copy of the source with this patch in it."""
    with TemporaryDirectory(prefix="mutant-") as folder:
        shutil.copytree(ROOT / "src", Path(folder) / "src")
        applied = subprocess.run(
            ["git", "apply", "--verbose", str(patch)], cwd=folder, capture_output=True, text=True, check=False
        )
        if applied.returncode:
            return applied
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-m", "not slow", "-p", "no:cacheprovider"]
        environment = {**os.environ, "PYTHONPATH": str(Path(folder) / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
        return subprocess.run(
            [*command, *killers(patch)], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )


@pytest.fixture(scope="module")
def runs(request: pytest.FixtureRequest) -> Iterator[dict[Path, Future[Run]]]:
    """The mutants that were asked for, two at a time."""
    asked = {
        item.callspec.params["patch"]
        for item in request.session.items
        if isinstance(item, pytest.Function) and item.originalname == "test_a_broken_rule_is_seen"
    }
    with ThreadPoolExecutor(2) as pool:
        yield {patch: pool.submit(tried, patch) for patch in PATCHES if patch in asked}


@pytest.mark.parametrize(
    "patch",
    [pytest.param(p, id=p.stem, marks=[] if p.stem in QUICK else [pytest.mark.slow]) for p in PATCHES],
)
def test_a_broken_rule_is_seen(patch: Path, runs: dict[Path, Future[Run]]) -> None:
    run = runs[patch].result()
    assert run.returncode == TESTS_FAILED, f"{patch.name} was not seen:\n{run.stdout[-3000:]}\n{run.stderr[-1000:]}"
    assert " failed" in run.stdout, f"{patch.name} can't be applied or run:\n{run.stdout[-3000:]}\n{run.stderr[-1000:]}"


def test_every_rule_has_its_mutant_and_every_mutant_its_killers() -> None:
    assert {patch.stem.partition("-")[0] for patch in PATCHES} == RULES
    assert [patch.name for patch in PATCHES if not killers(patch)] == []


@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: patch.stem)
def test_a_patch_still_applies(patch: Path) -> None:
    checked = subprocess.run(
        ["git", "apply", "--check", str(patch)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, f"{patch.name} no longer applies: {checked.stderr}"
