"""A roll told in plain lines, for logs and pipes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import click

from dcosmaint.reporter import Event, Reporter

WORDS = {
    "roll-begin": "roll begins",
    "batch-begin": "batch {batch}: {nodes}",
    "step-begin": "{step}",
    "waiting": "{step}: waits for {goal}",
    "step-done": "{step}: done",
    "step-failed": "{step}: FAILED: {why}",
    "node-done": "node done",
    "node-held": "{step}: HELD: {why}",
    "node-released": "let go, as it was found",
    "batch-done": "batch {batch} done",
    "warning": "warning: {why}",
    "cordoned": "{agent} takes nothing new for now",
    "uncordoned": "{agent} takes work again",
    "roll-done": "roll done",
    "roll-stopped": "roll STOPPED: {why}",
    "roll-aborted": "roll aborted: nobody goes on with it",
}


def sentence(event: Event) -> str:
    """One event in words, without its time."""
    fields = {key: ", ".join(value) if isinstance(value, list) else value for key, value in event.fields.items()}
    words = WORDS[event.event].format(step=event.step or "roll", batch=event.batch, agent=_agent(fields), **fields)
    left = f" ({event.fields['left']})" if event.fields.get("left") else ""
    return f"{event.node + ': ' if event.node else ''}{words}{left}"


def _agent(fields: Mapping[str, Any]) -> str:
    agent = f"agent {fields.get('agent_id')}"
    return f"{fields['where']} ({agent})" if fields.get("where") else agent


class Plain(Reporter):
    """Says the end of steps and what is waited for; the beginning of a step is said by what it waits for."""

    def say(self, event: Event) -> None:
        if event.event != "step-begin":
            at = datetime.fromtimestamp(event.at, UTC).astimezone()
            click.echo(f"{at:%H:%M:%S} {sentence(event)}")
