"""What befalls one call on its way over a wire, in the names that `world.faults.wire` knows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dcosmaint.sandbox.served.wire import Answer, Ask, Reset, page
from dcosmaint.sandbox.world import World
from dcosmaint.sandbox.world.faults.wire import WIRE, Wire

SILENT = 600.0
"""Seconds of ours without a word: longer than any caller listens."""

READS = b'"GET_'
"""In the body of a call of Mesos' v1 API that changes nothing: all of them are POSTs."""

Work = Callable[[], Answer]


def next_of(world: World, *keys: str) -> str:
    """The name of what befalls this call, "" for nothing. It counts as happened."""
    waiting = next((names for key in keys if (names := world.faults.wire.get(key))), None)
    if not waiting:
        return ""
    name = waiting.pop(0)
    world.faults.calls[name] += 1
    return name


def on_route(world: World, port: str, ask: Ask) -> str:
    """The same for a call over HTTP: by the beginning of its whole path, which is more exact, or by its port."""
    routes = [key for key in world.faults.wire if key.startswith("/") and ask.path.startswith(key)]
    acts = ask.method not in ("GET", "HEAD") and READS not in ask.body
    return next_of(world, *routes, *([f"{port} acts"] if acts else []), port)


def befallen(name: str, work: Work) -> Answer:
    """The answer that comes of it. Raises `Reset` where the connection breaks instead."""
    wire = WIRE[name]
    answer = work() if wire.arrives or not wire.says else Answer()
    return _ANSWERS.get(name, _unheard)(answer, wire)


def _unheard(_answer: Answer, wire: Wire) -> Answer:
    """Silence, and then the end of the connection, at once where nothing else is told."""
    if wire.seconds:
        return Answer(delay=SILENT, share=0.0)
    raise Reset


def _truncated(answer: Answer, _wire: Wire) -> Answer:
    return replace(answer, share=0.5)


def _slow(answer: Answer, wire: Wire) -> Answer:
    return replace(answer, delay=wire.seconds)


_ANSWERS: dict[str, Callable[[Answer, Wire], Answer]] = {
    "http-500": lambda _answer, _wire: page(500),
    "http-502": lambda _answer, _wire: page(502),
    "http-503": lambda _answer, _wire: page(503),
    "not-json": lambda _answer, _wire: page(200),
    "unauthorized": lambda _answer, _wire: page(401, ("WWW-Authenticate", "oauthjwt")),
    "truncated": _truncated,
    "slow": _slow,
}
