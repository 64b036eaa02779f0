"""Sockets that speak Kafka's wire protocol, opened and closed as somebody wants them to be."""

from __future__ import annotations

import asyncio
import struct
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from ssl import SSLContext
from typing import Self

from dcosmaint.sandbox.served.kafka_wire import Conversation, HangUp, Known

LOOK_EVERY = 0.05
"""Seconds of ours between two looks at which are wanted."""

LONGEST = 1 << 20
"""Bytes of a request: whoever sends more is no client of Kafka's."""


@dataclass(frozen=True)
class Broker:
    """One that listens. Equal are those that may go on listening in each other's place."""

    name: str
    ip: str
    port: int
    know: Callable[[], Known] = field(compare=False)
    users: Mapping[str, str] = field(default_factory=dict, compare=False)  # by their passwords
    context: Callable[[str], SSLContext] | None = field(default=None, compare=False)  # of TLS at an IP


class Listeners:
    """Serves from `start` to `stop`, or within a `with`, all brokers that `wanted` gives at the moment."""

    def __init__(self, wanted: Callable[[], tuple[Broker, ...]]) -> None:
        self._wanted = wanted
        self._open: dict[Broker, _Listening] = {}
        self._over, self._up = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="kafka", daemon=True)

    def start(self) -> Self:
        """Returns when the first ones can be asked."""
        self._thread.start()
        self._up.wait(30.0)
        return self

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def _serve(self) -> None:
        while not self._over.is_set():
            await self._follow(self._wanted())
            self._up.set()
            await asyncio.sleep(LOOK_EVERY)
        await self._follow(())

    async def _follow(self, wanted: tuple[Broker, ...]) -> None:
        for broker in [broker for broker in self._open if broker not in wanted]:
            self._open.pop(broker).close()
        for broker in wanted:
            if broker not in self._open:
                self._open[broker] = listening = _Listening(broker)
                await listening.open()


class _Listening:
    """One open port, and the connections to it."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.StreamWriter] = set()

    async def open(self) -> None:
        broker = self._broker
        context = broker.context(broker.ip) if broker.context else None
        self._server = await asyncio.start_server(self._talk, broker.ip, broker.port, ssl=context, limit=LONGEST)

    def close(self) -> None:
        if self._server:
            self._server.close()
        for writer in self._connections:
            writer.transport.abort()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections.add(writer)
        conversation = Conversation(self._broker.know, self._broker.users)
        with suppress(HangUp, OSError, asyncio.IncompleteReadError, asyncio.CancelledError):  # the last: at the end
            while True:
                (length,) = struct.unpack(">i", await reader.readexactly(4))
                if not 0 < length <= LONGEST:
                    break
                answer = conversation.answer(await reader.readexactly(length))
                writer.write(struct.pack(">i", len(answer)) + answer)
                await writer.drain()
        self._connections.discard(writer)
        writer.transport.abort()
