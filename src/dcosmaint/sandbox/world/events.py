"""Who hears of what at the master: each framework's scheduler of its own tasks, and operators of everything."""

from __future__ import annotations

from typing import Protocol

from dcosmaint.sandbox.world.state import Agent, Task


class Scheduler(Protocol):
    """What the master calls back."""

    def updated(self, task: Task) -> None: ...

    def offered(self) -> None:
        """Some agent has more to offer than before."""
        ...


class Subscriber(Protocol):
    def heard(self, kind: str, thing: Task | Agent) -> None:
        """`kind` is Mesos' word for the event: TASK_ADDED, TASK_UPDATED, AGENT_ADDED or AGENT_REMOVED."""
        ...

    def ended(self) -> None:
        """The master that it subscribed to leads no more."""
        ...


class Events:
    """Nothing is told of a drain, a cordon, or an agent that is unreachable or marked gone: no master does."""

    def __init__(self) -> None:
        self._subscribers: list[Subscriber] = []

    def subscribe(self, subscriber: Subscriber) -> None:
        self._subscribers.append(subscriber)

    def leave(self, subscriber: Subscriber) -> None:
        if subscriber in self._subscribers:
            self._subscribers.remove(subscriber)

    def tell(self, kind: str, thing: Task | Agent) -> None:
        for subscriber in list(self._subscribers):
            subscriber.heard(kind, thing)

    def end(self) -> None:
        for subscriber in list(self._subscribers):
            subscriber.ended()
        self._subscribers.clear()
