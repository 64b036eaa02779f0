"""A scheduler from before the SDK: no recovery plan to watch, no mark to see, and maybe a will of its own."""

from __future__ import annotations

from dcosmaint.sandbox.world.kafka import Broker
from dcosmaint.sandbox.world.scheduler import ServiceScheduler
from dcosmaint.sandbox.world.state import Task

REPLACE_DELAY = 600.0
"""Seconds between two brokers that it replaces by itself (REPLACE_DELAY_SEC)."""


class OldScheduler(ServiceScheduler):
    def updated(self, task: Task) -> None:
        super().updated(task)
        after = self.service.shape.replaces_after
        if after is not None and not task.live:
            self._ground.clock.after(after, self._poke)

    def look_after(self, broker: Broker) -> None:
        """It replaces what has been down for too long, and does not look whose data is the last."""
        after, now, service = self.service.shape.replaces_after, self._ground.clock.now, self.service
        if after is None or broker.task.live or broker.marked or now < broker.task.ended_at + after:
            return
        wait = service.replaced_at + REPLACE_DELAY - now if service.replaced_at else 0.0
        if wait > 0:
            self._ground.clock.after(wait, self._poke)
        else:
            service.replaced_at = now
            self.replace(broker.pod, by="sdk")

    def task_id(self, name: str) -> str:
        """`<task>__<uuid>`, without the name of its service."""
        return f"{name}__{self._ground.chance.uuid()}"
