"""Exit codes and the last sentence: the one place that knows how a command ends.

0 done, or nothing to do · 1 a bug · 2 usage or configuration · 3 refused, nothing was touched · 4 stopped after
something was touched · 5 another roll holds the lock · 6 `plan --exit-code`: nodes are outdated and nothing blocks ·
130 interrupted before anything was touched, or at once.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from dcosmaint.errors import DcosmaintError, Refused, Retryable

DONE, REFUSED, STOPPED, OUTDATED, INTERRUPTED = 0, 3, 4, 6, 130


class Stopped(DcosmaintError):
    """After something was touched, whatever the cause."""

    exit_code = STOPPED


class Commands(click.Group):
    """A group whose commands end by the contract."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except DcosmaintError as error:
            click.echo(f"dcosmaint: {error}", err=True)
            ctx.exit(error.exit_code)
        except BrokenPipeError:  # whoever read us has seen enough
            hush()
            ctx.exit(DONE)
        except KeyboardInterrupt:
            click.echo("dcosmaint: interrupted, nothing was touched", err=True)
            ctx.exit(INTERRUPTED)


def hush() -> None:
    """Nobody reads our output any more: what is still to be flushed at the exit goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def untouched(error: Retryable) -> Refused:
    """A cluster that does not answer before anything was begun."""
    return Refused(f"{error}. Nothing was touched.")
