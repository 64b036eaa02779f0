"""What the operator says with keys, `kill` and the lid of a terminal, while a roll is driven."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dcosmaint.cli.cluster import Working
from dcosmaint.cli.exits import hush
from dcosmaint.hands import Signal

LEAVING = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def heard(hands: Working) -> Iterator[None]:
    """Ctrl-C once admits nothing more, twice leaves; SIGTERM and a closed terminal leave at once.

    Under nohup a closed terminal is nobody's word.
    """
    said: list[Signal] = []

    def interrupt(number: int, frame: Any) -> None:
        said.append(Signal.LEAVE if said or number in LEAVING else Signal.STOP)
        if number == signal.SIGHUP:
            hush()  # a write to a terminal that is gone would fail before we have left
        hands.interrupt(said[-1])

    numbers = [n for n in (signal.SIGINT, *LEAVING) if n == signal.SIGINT or signal.getsignal(n) is not signal.SIG_IGN]
    before = {number: signal.signal(number, interrupt) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
