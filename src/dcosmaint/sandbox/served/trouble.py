"""An API that fails now and then: before the effect of a call, or after it."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from dcosmaint.sandbox.served.befall import befallen, on_route
from dcosmaint.sandbox.served.due import due
from dcosmaint.sandbox.served.wire import Answer, Ask, Reset, page
from dcosmaint.sandbox.world import World
from dcosmaint.sandbox.world.faults.wire import DCOS

KINDS = ("502", "503", "reset")


class Trouble:
    """What goes wrong on the wire, by a share of calls or by name."""

    def __init__(self, rate: float, seed: int) -> None:
        """`rate`: the share of calls that fail."""
        self.rate = rate
        self.master = ""  # starting: it answers 404 to everything; electing: nobody leads
        self._random = Random(seed)

    def set_rate(self, share: float) -> None:
        self.rate = float(share)

    def set_master(self, state: str) -> None:
        self.master = str(state)

    def around(self, world: World, port: str, ask: Ask, work: Callable[[], Answer]) -> Answer:
        """Let a call through, or let it fail; who asked can't tell whether it had its effect."""
        if world.faults.login_expired and port in DCOS:
            return page(401, ("WWW-Authenticate", "oauthjwt"))
        if due(world, port):
            return page(503)
        if name := on_route(world, port, ask):
            return befallen(name, work)
        if not self.rate or self._random.random() >= self.rate:
            return work()
        kind, late = self._random.choice(KINDS), self._random.random() < 0.5
        if late:
            work()
        if kind == "reset":
            raise Reset
        return page(int(kind))
