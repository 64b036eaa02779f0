"""What the operator says with keys, `kill` and the lid of a terminal, while a roll is driven."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
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
            hush(sys.stdout, sys.stderr)  # a write to a terminal that is gone would fail before we have left
        hands.interrupt(said[-1])

    with _handled((signal.SIGINT, *_heeded()), interrupt):
        yield


@contextmanager
def unwinding() -> Iterator[None]:
    """SIGTERM and a closed terminal end this block as Ctrl-C does: what it has taken is given back on the way out.

    Only the first of them: those that follow would break the giving back off.
    """

    said: list[int] = []

    def interrupt(number: int, frame: Any) -> None:
        said.append(number)
        if len(said) == 1:
            raise KeyboardInterrupt

    with _handled(_heeded(), interrupt):
        yield


def ended(code: int) -> None:
    """All is said and written: whoever presses once more waits for no look that is still under way."""
    for number in (signal.SIGINT, *_heeded()):
        signal.signal(number, lambda *_: os._exit(code))


def _heeded() -> tuple[signal.Signals, ...]:
    return tuple(number for number in LEAVING if signal.getsignal(number) is not signal.SIG_IGN)


@contextmanager
def _handled(numbers: tuple[signal.Signals, ...], handler: Callable[[int, Any], None]) -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)
