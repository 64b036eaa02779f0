"""The data of one service that is no Kafka: each member is whole, or on its way to be."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from dcosmaint.sandbox.world.ground import Ground
from dcosmaint.sandbox.world.kafka import Broker, SdkService
from dcosmaint.sandbox.world.topics import CATCH_UP


class Store:
    """Stands where a Kafka has its topics. `whole` hears of each member that is in sync."""

    def __init__(self, ground: Ground, service: SdkService, whole: Callable[[Broker], None]) -> None:
        self._ground, self._service, self._heard = ground, service, whole

    def leave(self, member: Broker) -> None:
        member.registered, member.behind = False, 1
        self._service.changes += 1

    def wipe(self, member: Broker) -> None:
        member.empty = True

    def rejoin(self, member: Broker) -> None:
        """It runs, and fetches what it lacks from the others."""
        member.registered = True
        self._service.changes += 1
        lasts = self._ground.chance.within(self._ground.shape.resync if member.empty else CATCH_UP)
        self._ground.clock.after(lasts, partial(self._join, member, member.placed))

    def _join(self, member: Broker, placed: int) -> None:
        if member.placed != placed or not member.registered:
            return
        member.behind = 0
        self._service.changes += 1
        facts = {"pod": member.pod, "agent": member.task.agent_id, "lost": self._ground.lost}
        self._ground.log.write("sdk", "in-sync", service=self._service.name, **facts)
        self._heard(member)
        member.empty = False

    def replicas(self, _member: Broker) -> dict[str, int]:
        """Nobody counts copies of it."""
        return {}

    def copies(self, _member: Broker) -> dict[str, int]:
        return {}
