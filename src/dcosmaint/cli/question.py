"""A question to the person at the terminal, while the roll goes on and Ctrl-C keeps its meaning."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable
from threading import Thread

import click

YES, NO = ("", "y", "yes"), ("n", "no")
LOOK = 0.5
"""Seconds between two looks of the listener at whether it is still wanted."""


class AtTerminal:
    """One question at a time. `answered` is called, from another thread, once its answer is there."""

    def __init__(self, answered: Callable[[], None]) -> None:
        self._answered = answered
        self.answer: bool | None = None

    def put(self, words: str) -> None:
        """Ask. Without a terminal the input is read at once: whoever wrote it has thought before.

        It is said on stderr, which JSON lines leave free. The end of the input is a no: nobody starts a node by that.
        """
        self.answer = None
        click.echo(words, err=True)
        if sys.stdin.isatty():
            # A daemon, and no reader of `sys.stdin`: it holds nothing that the end of the process would wait for.
            Thread(target=self._listen, args=(sys.stdin.fileno(),), name="question", daemon=True).start()
        else:
            while self.answer is None:
                self._take(sys.stdin.readline())

    def _listen(self, terminal: int) -> None:
        """Where the terminal is gone there is nobody to say yes."""
        try:
            while self.answer is None:
                if select.select([terminal], [], [], LOOK)[0]:
                    self._take(os.read(terminal, 4096).decode(errors="replace"))
        except (OSError, ValueError):
            self.answer = False
        self._answered()

    def _take(self, line: str) -> None:
        word = line.strip().lower()
        if not line or word in NO:
            self.answer = False
        elif word in YES:
            self.answer = True
        else:
            click.echo("Please say y or n.", err=True)
