"""AWS, as the World's faults let it answer. They strike before a call has had any effect."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterable
from typing import Any

from dcosmaint.sandbox.served.befall import SILENT, next_of
from dcosmaint.sandbox.served.pace import Pace
from dcosmaint.sandbox.world.faults.wire import WIRE

THROTTLED = (
    b'<?xml version="1.0" encoding="UTF-8"?><Response><Errors><Error><Code>RequestLimitExceeded</Code>'
    b"<Message>Request limit exceeded.</Message></Error></Errors><RequestID>0</RequestID></Response>"
)

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Befallen:
    """A WSGI application around moto's."""

    def __init__(self, inner: Application, pace: Callable[[], Pace | None]) -> None:
        """`pace` gives None as long as there is no World."""
        self._inner = inner
        self._pace = pace

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        name = self._next()
        if name == "throttled":
            start_response("503 Service Unavailable", [("Content-Type", "text/xml;charset=UTF-8")])
            return [THROTTLED]
        if name and WIRE[name].says:
            time.sleep(SILENT if WIRE[name].seconds else 0.0)
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            return []
        if name:
            time.sleep(WIRE[name].seconds)
        return self._inner(environ, start_response)

    def _next(self) -> str:
        pace = self._pace()
        if pace is None:
            return ""
        with pace as world:
            return next_of(world, "ec2")
