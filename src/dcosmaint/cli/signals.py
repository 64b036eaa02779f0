"""What the operator says with keys, `kill` and the lid of a terminal, while a roll is driven."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from dcosmaint.cli.cluster import Working
from dcosmaint.cli.exits import hush
from dcosmaint.hands import Signal

LEAVING = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def heard(hands: Working, price: Callable[[], str]) -> Iterator[None]:
    """Ctrl-C once admits nothing more and says its price, twice leaves; SIGTERM and a closed terminal leave at once.

    Under nohup a closed terminal is nobody's word.
    """
    said: list[Signal] = []

    def interrupt(number: int, frame: Any) -> None:
        said.append(Signal.LEAVE if said or number in LEAVING else Signal.STOP)
        if number == signal.SIGHUP:
            hush()  # a write to a terminal that is gone would fail before we have left
        elif said[-1] is Signal.STOP:
            click.echo(f"No node starts any more. {price()} Ctrl-C again leaves now; a resume goes on.", err=True)
        hands.interrupt(said[-1])

    numbers = [n for n in (signal.SIGINT, *LEAVING) if n == signal.SIGINT or signal.getsignal(n) is not signal.SIG_IGN]
    before = {number: signal.signal(number, interrupt) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
