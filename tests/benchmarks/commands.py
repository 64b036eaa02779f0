"""Wall time and memory of the commands that people wait for: `python -m tests.benchmarks.commands`.

Each is a process of its own, the last ones against a served sandbox that this program starts and stops.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from tests.served.desk import COMMAND, sit_down

ROUNDS = 5
ALONE = (("--version",), ("--help",))
SERVED = (("nodes",), ("plan",))
HEAVY = ("boto3", "botocore", "moto", "paramiko", "requests", "tf")


def main() -> None:
    print(f"{'command':<12}{'best s':>8}{'of --version':>14}{'memory MiB':>12}  heavy modules")
    with TemporaryDirectory(prefix="dcosmaint-") as home:
        base = _row(("--version",), dict(os.environ), None)
        for words in ALONE[1:]:
            _row(words, dict(os.environ), base)
        desk = sit_down(Path(home))
        try:
            for words in SERVED:
                _row((*words, "--cluster", "sandbox"), desk.environment, base)
        finally:
            desk.sandbox.stop()


def _row(words: tuple[str, ...], environment: dict[str, str], base: float | None) -> float:
    runs = [_run(words, environment) for _ in range(ROUNDS)]
    best, memory = min(seconds for seconds, _ in runs), max(kib for _, kib in runs) / 1024
    ratio = f"{best / (base or best):.1f}"
    print(f"{words[0]:<12}{best:>8.2f}{ratio:>14}{memory:>12.0f}  {', '.join(_heavy(words, environment)) or 'none'}")
    return best


def _run(words: tuple[str, ...], environment: dict[str, str]) -> tuple[float, int]:
    """Seconds, and the most KiB that the process had resident."""
    began = perf_counter()
    process = subprocess.Popen([COMMAND, *words], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return perf_counter() - began, usage.ru_maxrss


def _heavy(words: tuple[str, ...], environment: dict[str, str]) -> list[str]:
    argv = [sys.executable, "-X", "importtime", COMMAND, *words]
    told = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False).stderr
    loaded = {line.rpartition("|")[2].strip() for line in told.splitlines() if line.startswith("import time:")}
    return [name for name in HEAVY if name in loaded]


if __name__ == "__main__":
    main()
