"""Exit codes and the last sentence: the one place that knows how a command ends.

0 done, or nothing to do · 1 a bug · 2 usage or configuration · 3 refused, nothing was touched; also a plan that is
blocked, or that got stuck in its rehearsal · 4 stopped after something was touched · 5 another roll holds the lock ·
6 `plan --exit-code`: nodes are outdated, and nothing blocks or is stuck · 130 interrupted before anything was touched,
or at once.
"""

from __future__ import annotations

import os
import sys
from typing import Any, TextIO

import click

from dcosmaint.cli.edge import guarded
from dcosmaint.cli.pasted import typed
from dcosmaint.cli.typed import by_line
from dcosmaint.errors import DcosmaintError, Fatal, Refused, Retryable

DONE, REFUSED, STOPPED, OUTDATED, INTERRUPTED = 0, 3, 4, 6, 130


class Stopped(DcosmaintError):
    """After something was touched, whatever the cause."""

    exit_code = STOPPED


class Commands(click.Group):
    """A group whose commands end by the contract."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Bytes that are no text come in as lone surrogates, and could be neither journalled nor printed."""
        if wrong := [arg for arg in args if not _is_text(arg)]:
            raise click.UsageError(f"{wrong[0]!a} is no text in UTF-8: set a UTF-8 locale, or write it anew.", ctx)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        with guarded(typed(ctx)), by_line():
            return self._ended(ctx)

    def _ended(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except DcosmaintError as error:
            _last_words(f"dcosmaint: {error}")
            ctx.exit(error.exit_code)
        except BrokenPipeError:  # whoever read us has seen enough
            hush()
            ctx.exit(DONE)
        except OSError as error:  # a roll that has begun translates its own
            _last_words(f"dcosmaint: {unusable(error)}. Nothing was touched.")
            ctx.exit(REFUSED)
        except (KeyboardInterrupt, click.Abort):  # the latter at a question, where the input may have ended as well
            _last_words("dcosmaint: interrupted, nothing was touched")
            ctx.exit(INTERRUPTED)


def hush(*streams: TextIO) -> None:
    """Nobody reads our output any more: what is still to be flushed at the exit goes nowhere."""
    for stream in streams or (sys.stdout,):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _last_words(words: str) -> None:
    """The exit code is the same where nobody can read them: a terminal that was closed takes nothing any more."""
    try:
        click.echo(words, err=True)
    except OSError:
        hush(sys.stdout, sys.stderr)


NO_ANSWER = (Retryable, Fatal)
"""What a look at a cluster may raise: it does not answer, or not to us."""


def untouched(error: DcosmaintError, cluster: str) -> Refused:
    """A cluster that does not answer before anything was begun."""
    return Refused(f"cluster {cluster}: {str(error).rstrip('.')}. Nothing was touched.")


def unusable(error: OSError) -> str:
    """What the system refused, and for which file: a full disk, a right that is missing."""
    return f"{error.filename or 'this machine'}: {error.strerror or error}"


def _is_text(word: str) -> bool:
    try:
        word.encode()
    except UnicodeEncodeError:
        return False
    return True
