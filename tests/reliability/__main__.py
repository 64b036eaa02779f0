"""`python -m tests.reliability --rolls 10000 --seed 0 --jobs 2`, or `--only SEED [--journal]` for one again."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from multiprocessing import Pool
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.reliability.draw import draw
from tests.reliability.play import Outcome, Play
from tests.reliability.sums import Sums

MEMORY = Path("/dev/shm")


def played(seed: int) -> Outcome:
    with TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None, prefix="dcosmaint-") as folder:
        return Play(draw(seed), Path(folder)).run()


def outcomes(seeds: range, jobs: int) -> Iterator[Outcome]:
    """In the order of their seeds, however many processes there are."""
    if jobs == 1:
        yield from map(played, seeds)
        return
    with Pool(jobs) as pool:
        yield from pool.imap(played, seeds, chunksize=8)
        pool.close()
        pool.join()  # what they have spent is known when they have ended


def one(seed: int, *, journal: bool) -> int:
    with TemporaryDirectory(prefix="dcosmaint-") as folder:
        play = Play(draw(seed), Path(folder))
        outcome = play.run()
        if journal:
            print(play.path.read_text() if play.path.exists() else "", *play.world.log, sep="\n")
    print(play.case, outcome, sep="\n")
    return int(bool(outcome.problems))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.reliability", description=__doc__)
    parser.add_argument("--rolls", type=int, default=500, help="how many rolls")
    parser.add_argument("--seed", type=int, default=0, help="the first one's seed; each next one has the next")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--only", type=int, metavar="SEED", help="one roll again, and what became of it")
    parser.add_argument("--journal", action="store_true", help="with --only: its journal and the cluster's log too")
    args = parser.parse_args()
    if args.only is not None:
        return one(args.only, journal=args.journal)
    began, sums = time.monotonic(), Sums()
    for outcome in outcomes(range(args.seed, args.seed + args.rolls), args.jobs):
        sums.add(outcome)
    print(*sums.table(time.monotonic() - began), sep="\n")
    return int(bool(sums.failures))


if __name__ == "__main__":
    sys.exit(main())
