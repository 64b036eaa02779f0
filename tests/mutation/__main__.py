"""`python -m tests.mutation --sample 300 --seed 1 --jobs 2 --minutes 60`."""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

from tests.mutation.mutants import Mutant, differs, mutants_of
from tests.mutation.trial import SOURCE, Trial, files, tried


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--sample", type=int, default=300, help="so many mutants")
    parser.add_argument("--seed", type=int, default=1, help="which ones")
    parser.add_argument("--jobs", type=int, default=2, help="at once")
    parser.add_argument("--minutes", type=float, default=90.0, help="none begins later than that")
    asked = parser.parse_args()
    everything = [mutant for file in files() for mutant in mutants_of(SOURCE, file)]
    chosen = drawn(everything, asked.sample, asked.seed)
    until = monotonic() + asked.minutes * 60.0
    with ThreadPoolExecutor(asked.jobs) as pool:
        trials = [trial for trial in pool.map(lambda m: tried(m) if monotonic() < until else None, chosen) if trial]
    print("\n".join(table(trials, len(everything))))


def drawn(everything: list[Mutant], sample: int, seed: int) -> list[Mutant]:
    """A random sample of those that say something else than the code."""
    order = random.Random(seed).sample(everything, len(everything))
    return [mutant for mutant in order[: 2 * sample] if differs(mutant, SOURCE)][:sample]


def table(trials: list[Trial], of: int) -> Iterator[str]:
    survivors = [trial.mutant for trial in trials if not trial.killed_by]
    killed = len(trials) - len(survivors)
    yield f"{len(trials)} mutants of {of}: {killed} killed, {len(survivors)} survived ({killed / len(trials):.0%})"
    places, lost = Counter(t.mutant.file for t in trials), Counter(mutant.file for mutant in survivors)
    for file, count in sorted(places.items()):
        yield f"  {file:<44}{count - lost[file]:>4} of {count}"
    yield from (f"survived: {mutant}" for mutant in sorted(survivors))


if __name__ == "__main__":
    main()
