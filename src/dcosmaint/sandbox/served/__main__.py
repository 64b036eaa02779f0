"""`python -m dcosmaint.sandbox.served`: serve one pretend cluster until a SIGTERM."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
from pathlib import Path
from threading import Event

from dcosmaint.errors import DcosmaintError
from dcosmaint.sandbox.served.files import Folder
from dcosmaint.sandbox.served.settings import JOBS, KAFKA, VOLUMES, Settings
from dcosmaint.sandbox.world.profiles import PROFILES


def main(words: list[str]) -> int:
    settings = _settings(words)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    over = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    from dcosmaint.sandbox.served.daemon import serve  # moto takes a second, and a wrong argument need not wait for it

    try:
        serve(settings, over)
    except DcosmaintError as error:
        logging.critical("%s", error)
        return error.exit_code
    return 0


def _settings(words: list[str]) -> Settings:
    parser = argparse.ArgumentParser(prog="python -m dcosmaint.sandbox.served", description=__doc__)
    parser.add_argument("--dir", type=Path, default=Folder.default(os.environ).root, help="where its files are")
    parser.add_argument("--nodes", type=int, default=12)
    parser.add_argument("--kafka", choices=sorted(KAFKA), default="default")
    parser.add_argument("--jobs", choices=sorted(JOBS), default="none")
    parser.add_argument("--profile", choices=list(PROFILES), default="2.1")
    parser.add_argument("--time-factor", type=float, default=60.0, help="seconds of the cluster for each of yours")
    parser.add_argument("--faults", default="none", help="none, some, or names with commas between them")
    parser.add_argument("--provider", choices=("builtin", "real"), default="builtin")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--volumes", choices=VOLUMES, default="none")
    found = vars(parser.parse_args(words))
    return Settings(root=found.pop("dir"), **found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
