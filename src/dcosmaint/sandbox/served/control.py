"""`/sandbox/…`: no part of the cluster. What its owner sees of the World, and how faults are ordered."""

from __future__ import annotations

import json
from typing import Any

from dcosmaint.sandbox.served.orders import Orders
from dcosmaint.sandbox.served.pace import Pace
from dcosmaint.sandbox.served.router import Route, Table
from dcosmaint.sandbox.served.wire import Answer, Ask, as_json, as_text
from dcosmaint.sandbox.world import World


class Control:
    def __init__(self, pace: Pace, orders: Orders) -> None:
        self._pace = pace
        self._orders = orders
        self.table = Table(
            (
                Route("GET", "/sandbox/log", _log),
                Route("GET", "/sandbox/status", self._status),
                Route("POST", "/sandbox/fault", self._fault),
                Route("POST", "/sandbox/advance", self._advance),
            ),
            missing=as_text("no such order", 404),
        )

    def _status(self, world: World, _ask: Ask) -> Answer:
        found = {"now": world.now, "factor": self._pace.factor, "profile": world.shape.profile}
        nodes = [_node(world, address) for address in world.terraform.state]
        apps = {app.id: app.running for app in world.ground.apps.values()}
        return as_json({**found, "nodes": nodes, "apps": apps, "lost": world.ground.lost, "events": len(world.log)})

    def _advance(self, world: World, ask: Ask) -> Answer:
        """`{"seconds": n}`: that much of the World's time at once."""
        try:
            self._pace.skip(float(json.loads(ask.body)["seconds"]))
        except (ValueError, KeyError, TypeError) as error:
            return as_text(f"not understood: {error!r}", 400)
        return as_json({"now": world.now})

    def _fault(self, world: World, ask: Ask) -> Answer:
        """An object of orders: see `Orders`. What is not named stays as it is."""
        try:
            return as_json(self._orders.carry_out(world, json.loads(ask.body)))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return as_text(f"not understood: {error}", 400)


def _node(world: World, address: str) -> dict[str, Any]:
    machine = world.node(address)
    agent = world.ground.agents.get(machine.agent_id)
    return {
        "address": address,
        "instance": machine.id,
        "ami": machine.ami,
        "private_ip": machine.private_ip,
        "agent": machine.agent_id,
        "serves": machine.docker and agent is not None and agent.offers,
    }


def _log(world: World, _ask: Ask) -> Answer:
    return Answer(200, "".join(f"{line}\n" for line in world.log).encode(), "application/x-ndjson")
