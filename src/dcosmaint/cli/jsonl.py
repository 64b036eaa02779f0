"""A roll told in JSON lines, for programs."""

from __future__ import annotations

import json

import click

from dcosmaint.reporter import Event, Reporter


class JsonLines(Reporter):
    def __init__(self, roll: str) -> None:
        self._roll, self._seq = roll, 0

    def say(self, event: Event) -> None:
        self._seq += 1
        line = {
            "schema": "dcosmaint/event/v1",
            "seq": self._seq,
            "at": event.at,
            "roll": self._roll,
            "event": event.event,
        }
        named = {"batch": event.batch, "node": event.node, "step": event.step}
        click.echo(json.dumps(line | {key: value for key, value in named.items() if value} | event.fields))
