"""A roll told in JSON lines, for programs."""

from __future__ import annotations

import json
import time

import click

from dcosmaint.reporter import Event, Reporter

SCHEMA = "dcosmaint/event/v1"


def nothing(says: str, *, as_json: bool) -> None:
    """That there is nothing to do, and why: the only line of a command that begins no roll."""
    line = {"schema": SCHEMA, "seq": 1, "at": time.time(), "roll": "", "event": "nothing-to-do", "says": says}
    click.echo(json.dumps(line) if as_json else says)


class JsonLines(Reporter):
    def __init__(self, roll: str) -> None:
        self._roll, self._seq = roll, 0

    def say(self, event: Event) -> None:
        self._seq += 1
        line = {
            "schema": SCHEMA,
            "seq": self._seq,
            "at": event.at,
            "roll": self._roll,
            "event": event.event,
        }
        named = {"batch": event.batch, "node": event.node, "step": event.step}
        click.echo(json.dumps(line | {key: value for key, value in named.items() if value} | event.fields))
