"""A question to whoever types or pipes, while the roll goes on and Ctrl-C keeps its meaning."""

from __future__ import annotations

import select
import sys
from collections.abc import Callable
from threading import Thread

import click

from dcosmaint.cli.typed import descriptor, line

YES, NO = ("", "y", "yes"), ("n", "no")
LOOK = 0.5
"""Seconds between two looks of the listener at whether it is still wanted."""


class AtTerminal:
    """One question at a time. `answered` is called, from another thread, once its answer is there."""

    def __init__(self, answered: Callable[[], None]) -> None:
        self._answered = answered
        self.answer: bool | None = None

    def put(self, words: str) -> None:
        """Ask, and come back at once: who asks has nodes in flight. A text in memory is there already, and is read.

        It is said on stderr, which JSON lines leave free. The end of the input is a no: nobody starts a node by that.
        """
        self.answer = None
        click.echo(words, err=True)
        of = descriptor()
        if of is not None:
            # A daemon, and no reader of `sys.stdin`: it holds nothing that the end of the process would wait for.
            Thread(target=self._listen, args=(of,), name="question", daemon=True).start()
        while of is None and self.answer is None:
            self._take(sys.stdin.readline() if sys.stdin else "")

    def _listen(self, of: int) -> None:
        """Where the terminal, or the other end of the pipe, is gone there is nobody to say yes."""
        try:
            while self.answer is None:
                if select.select([of], [], [], LOOK)[0]:
                    self._take(line(of))
        except (OSError, ValueError):
            self.answer = False
        self._answered()

    def _take(self, said: str) -> None:
        word = said.strip().lower()
        if not said or word in NO:
            self.answer = False
        elif word in YES:
            self.answer = True
        else:
            click.echo("Please say y or n.", err=True)
