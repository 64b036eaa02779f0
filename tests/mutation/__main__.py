"""`python -m tests.mutation --sample 300 --seed 1 --jobs 2 --minutes 60 --out mutants.jsonl`."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from time import monotonic

from tests.mutation.mutants import Mutant, differs, drawn, mutants_of
from tests.mutation.results import Results, table
from tests.mutation.trial import SOURCE, Trial, files, reach, tried


def main() -> None:
    asked = _asked()
    everything = [mutant for file in files() for mutant in mutants_of(SOURCE, file)]
    chosen = chosen_of(asked.only, everything) if asked.only else drawn(everything, asked.sample, asked.seed, SOURCE)
    results = Results(asked.out)
    left = [mutant for mutant in chosen if mutant not in results.killers]
    for trial in trials(left, asked):
        results.add(trial)
        print(f"{trial.seconds:6.1f} s  {trial.mutant}  {trial.killed_by or 'SURVIVED'}", flush=True)
    print("\n".join(table(results.killers)))


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--sample", type=int, default=300, help="so many mutants")
    parser.add_argument("--seed", type=int, default=1, help="which ones")
    parser.add_argument("--only", default="", help="all of one file, executor.py, or what survived in an earlier --out")
    parser.add_argument("--tests", nargs="+", default=[], help="try these alone, instead of all that run the line")
    parser.add_argument("--within", type=float, default=30.0, help="seconds of tests for one mutant, without it")
    parser.add_argument("--jobs", type=int, default=2, help="at once")
    parser.add_argument("--minutes", type=float, default=60.0, help="none begins later than that; 0 only sums up --out")
    parser.add_argument("--out", type=Path, default=Path("mutants.jsonl"), help="results, added to what is in there")
    return parser.parse_args()


def chosen_of(only: str, everything: Sequence[Mutant]) -> list[Mutant]:
    """Every mutant of a file, or those that survived before and still can be made."""
    if only.endswith(".py"):
        return [mutant for mutant in everything if mutant.file.endswith(f"/{only}") and differs(mutant, SOURCE)]
    survivors = {mutant for mutant, killer in Results(Path(only)).killers.items() if not killer}
    return [mutant for mutant in everything if mutant in survivors]


def trials(left: Sequence[Mutant], asked: argparse.Namespace) -> Iterator[Trial]:
    """As they end."""
    if not left or not asked.minutes:
        return
    until, lines = monotonic() + asked.minutes * 60.0, asked.out.with_suffix(".reach")
    near = None if asked.tests else reach(lines)

    def trial(mutant: Mutant) -> Trial | None:
        tests = near.of(mutant.file, mutant.line, asked.within) if near else asked.tests
        return tried(mutant, tests) if monotonic() < until else None

    with ThreadPoolExecutor(asked.jobs) as pool:
        begun = [pool.submit(trial, mutant) for mutant in left]
        yield from (found for done in as_completed(begun) if (found := done.result()))


if __name__ == "__main__":
    main()
