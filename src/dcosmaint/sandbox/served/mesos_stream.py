"""SUBSCRIBE: what happens at the master, as records of an answer that goes on for as long as it leads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from queue import Empty, SimpleQueue
from typing import Any

from dcosmaint.sandbox.served.mesos_agents import v1_agent
from dcosmaint.sandbox.served.mesos_resources import Json
from dcosmaint.sandbox.served.mesos_tasks import v1_task
from dcosmaint.sandbox.world import World
from dcosmaint.sandbox.world.state import Agent, Task

HEARTBEAT = 15.0
"""Seconds, of the cluster's time."""

GLANCE = 0.05
"""Seconds, of our time, until a stream without news looks whether anybody still listens."""


class Stream:
    """A `Subscriber`. It is written to by whoever moves the World, and read by the thread of its connection."""

    def __init__(self, world: World, state: Json) -> None:
        self._world = world
        self._records: SimpleQueue[bytes | None] = SimpleQueue()
        self._open = True
        self._put("SUBSCRIBED", get_state=state, heartbeat_interval_seconds=HEARTBEAT)
        world.master.events.subscribe(self)
        self._beat()

    def heard(self, kind: str, thing: Task | Agent) -> None:
        if isinstance(thing, Task):
            self._task(kind, v1_task(self._world, thing, thing.state))
        elif kind == "AGENT_ADDED":
            self._put(kind, agent=v1_agent(self._world, thing))
        else:
            self._put(kind, agent_id={"value": thing.id})

    def ended(self) -> None:
        self._open = False
        self._records.put(None)

    def read(self) -> Iterator[bytes]:
        """One record after the other; nothing, now and then, while there is none."""
        try:
            while True:
                try:
                    record = self._records.get(timeout=GLANCE)
                except Empty:
                    yield b""
                    continue
                if record is None:
                    return
                yield record
        finally:
            self._open = False
            self._world.master.events.leave(self)

    def _task(self, kind: str, task: Json) -> None:
        if kind == "TASK_ADDED":
            self._put(kind, task=task)
        else:
            self._put(kind, framework_id=task["framework_id"], status=task["statuses"][-1], state=task["state"])

    def _beat(self) -> None:
        if self._open:
            self._put("HEARTBEAT")
            self._world.at(HEARTBEAT, self._beat)

    def _put(self, kind: str, **members: Any) -> None:
        """RecordIO: the number of bytes, a newline, the bytes."""
        event = {"type": kind, **({kind.lower(): members} if members else {})}
        body = json.dumps(event, separators=(",", ":")).encode()
        self._records.put(b"%d\n%s" % (len(body), body))
