"""`/sandbox/…`: no part of the cluster. What its owner sees of the World, and how faults are ordered."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from dcosmaint.sandbox.served.pace import Pace
from dcosmaint.sandbox.served.router import Route, Table
from dcosmaint.sandbox.served.trouble import Trouble
from dcosmaint.sandbox.served.wire import Answer, Ask, as_json, as_text
from dcosmaint.sandbox.world import World


class Control:
    def __init__(self, pace: Pace, trouble: Trouble) -> None:
        self._pace = pace
        self._trouble = trouble
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
        nodes = [
            {
                "address": address,
                "instance": instance_id,
                "ami": world.machine(instance_id).ami,
                "private_ip": world.machine(instance_id).private_ip,
                "agent": world.machine(instance_id).agent_id,
            }
            for address, instance_id in world.terraform.state.items()
        ]
        found = {"now": world.now, "factor": self._pace.factor, "profile": world.shape.profile}
        return as_json({**found, "nodes": nodes, "lost": world.ground.lost, "events": len(world.log)})

    def _advance(self, world: World, ask: Ask) -> Answer:
        """`{"seconds": n}`: that much of the World's time at once."""
        try:
            self._pace.skip(float(json.loads(ask.body)["seconds"]))
        except (ValueError, KeyError, TypeError) as error:
            return as_text(f"not understood: {error!r}", 400)
        return as_json({"now": world.now})

    def _fault(self, world: World, ask: Ask) -> Answer:
        """An object of orders: see `_orders`. What is not named stays as it is."""
        orders = self._orders(world)
        try:
            wanted = json.loads(ask.body)
            unknown = [name for name in wanted if name not in orders]
            if unknown:
                return as_text(f"no such fault: {', '.join(unknown)}; there are {', '.join(orders)}", 400)
            for name, value in wanted.items():
                orders[name](value)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return as_text(f"not understood: {error!r}", 400)
        return as_json({})

    def _orders(self, world: World) -> dict[str, Callable[[Any], None]]:
        return {
            "rate": self._trouble.set_rate,
            "master": self._trouble.set_master,
            "api": lambda counts: world.faults.api.update({port: int(n) for port, n in counts.items()}),
            "fail_over": lambda _yes: world.master.fail_over(),
            "crash": lambda member: world.crash(*member.rsplit("/", 1)),
            "vanish": world.vanish,
            "never_register": world.faults.never_register.update,
            "unreadable": partial(_unreadable, world),
            "deploy": partial(_deploy, world),
            "leave_volume": partial(_leave_volumes, world),
        }


def _unreadable(world: World, names: list[str]) -> None:
    """The topics of all services, but for those named, can be read."""
    for name, service in world.ground.services.items():
        service.readable = name not in names


def _leave_volumes(world: World, frameworks: dict[str, str]) -> None:
    """By the Terraform address of the node: data of a framework that has no task there."""
    for address, framework in frameworks.items():
        world.leave_volume(world.node(address).agent_id, framework)


def _deploy(world: World, plans: dict[str, str]) -> None:
    for name, status in plans.items():
        world.ground.services[name].deploy = status


def _log(world: World, _ask: Ask) -> Answer:
    return Answer(200, "".join(f"{line}\n" for line in world.log).encode(), "application/x-ndjson")
