"""`python -m tests.reliability.killed --cycles 50`: kill -9 of the real process at random moments, then resume."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.reliability.cycles import Operator
from tests.served.desk import sit_down

FAST = 75.0
"""Seconds of the cluster for one of ours."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.reliability.killed", description=__doc__)
    parser.add_argument("--cycles", type=int, default=50, help="how many kills, each with a resume")
    parser.add_argument("--seed", type=int, default=0, help="decides the moments")
    parser.add_argument("--nodes", type=int, default=12)
    args = parser.parse_args()
    with TemporaryDirectory(prefix="dcosmaint-killed-") as home:
        desk = sit_down(Path(home), time_factor=FAST, nodes=args.nodes)
        try:
            cycles = Operator(desk, args.seed, partial(print, flush=True)).play(args.cycles)
            tally = desk.tally
        finally:
            desk.sandbox.stop()
    print(*cycles.table(tally), sep="\n")
    return int(bool(tally.breaches or cycles.problems))


if __name__ == "__main__":
    sys.exit(main())
