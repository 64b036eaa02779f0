"""`python -m dcosmaint.sandbox.served.provider CACHE`: terraform begins it, through the wrapper in the mirror."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from tf import runner

from dcosmaint.sandbox.served.provider import patches
from dcosmaint.sandbox.served.provider.provider import Aws


def main(cache: Path, arguments: list[str]) -> None:
    # A Ctrl-C in a terminal reaches the whole process group; terraform alone decides what becomes of us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stop = patches.apply(cache)
    runner.run_provider(Aws(stop), ["provider", *arguments])


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
