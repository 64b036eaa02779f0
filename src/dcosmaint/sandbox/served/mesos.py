"""The Mesos master behind Admin Router, which is not always ready to answer."""

from __future__ import annotations

from dcosmaint.sandbox.served import mesos_maintenance, mesos_reserve, mesos_v0, mesos_v1
from dcosmaint.sandbox.served.router import Table
from dcosmaint.sandbox.served.trouble import Trouble
from dcosmaint.sandbox.served.wire import Answer, Ask, as_text
from dcosmaint.sandbox.world import World

NOT_FOUND = as_text("404 Not Found.", 404)
READY = ("/metrics/snapshot", "/version")  # answered by the process, before the master in it has recovered


class Mesos:
    def __init__(self, trouble: Trouble) -> None:
        self._trouble = trouble
        self._table = Table(
            (*mesos_v0.ROUTES, *mesos_v1.ROUTES, *mesos_reserve.ROUTES, *mesos_maintenance.ROUTES), missing=NOT_FOUND
        )

    def __call__(self, world: World, ask: Ask) -> Answer:
        if self._trouble.master == "starting" and ask.path not in READY:
            return NOT_FOUND
        if self._trouble.master == "electing":
            return as_text("No leader elected", 503)
        return self._table(world, ask)
