"""`/service/<name>/…`: which scheduler a path belongs to, and whether it can be reached."""

from __future__ import annotations

from urllib.parse import quote

from dcosmaint.sandbox.served import kafka, legacy_kafka, marathon, sdk
from dcosmaint.sandbox.served.cache import Cache
from dcosmaint.sandbox.served.router import Table
from dcosmaint.sandbox.served.wire import Answer, Ask, as_text, page
from dcosmaint.sandbox.world import World
from dcosmaint.sandbox.world.kafka import SdkService
from dcosmaint.sandbox.world.shape import KafkaShape

UNKNOWN = as_text("404 Not Found: service not found.", 404)
MOST_SEGMENTS = 10
MARATHON = "marathon"


class Services:
    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._marathon = marathon.TABLE
        self._pods = Table(sdk.ROUTES, missing=page(404))
        self._kafka = Table((*sdk.ROUTES, *kafka.ROUTES), missing=page(404))
        self._brokers = Table(legacy_kafka.ROUTES, missing=page(404))

    def __call__(self, world: World, ask: Ask) -> Answer:
        """`ask.path` begins behind `/service`."""
        name, rest = self._resolve(ask.path)
        if not name:
            return UNKNOWN
        if not rest and "/" not in name:
            return page(301, ("Location", f"/service/{quote(name)}/"))
        if name == MARATHON:
            return self._marathon(world, ask.at(rest))
        return self._scheduler(world, ask.at(rest or "/", service=name))

    def _resolve(self, path: str) -> tuple[str, str]:
        """The first of the leading segments that is a service, and what is behind it."""
        segments = path.strip("/").split("/")
        known = {MARATHON, *self._cache.routes}
        for count in range(1, min(len(segments), MOST_SEGMENTS) + 1):
            name = "/".join(segments[:count])
            if name in known:
                return name, path.removeprefix(f"/{name}")
        return "", ""

    def _scheduler(self, world: World, ask: Ask) -> Answer:
        service = world.ground.services[ask.named["service"]]
        task = self._cache.routes[service.name]
        machine = world.ground.agents[task.agent_id].machine
        if not task.live or not service.up or machine.state != "running":
            return page(502)  # it moved, or its JVM starts: nobody listens where the cache points
        return self._table(service)(world, ask)

    def _table(self, service: SdkService) -> Table:
        """Topics and brokers are paths of a Kafka alone."""
        if service.shape.api == "brokers":
            return self._brokers
        return self._kafka if isinstance(service.shape, KafkaShape) else self._pods
