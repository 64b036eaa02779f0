"""What DC/OS says of its own units on each node: a new node is measured by what was red on the old one."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from dcosmaint.checkup.check import Check, Remark, ok, warning
from dcosmaint.checkup.dcos import ROUTER
from dcosmaint.errors import Retryable
from dcosmaint.model import counted
from dcosmaint.site import Site

ENOUGH = 3
"""Nodes without an answer after which no other is asked: each may take as long as a call may."""


def of_nodes(site: Site) -> tuple[Check, ...]:
    remedy = "see to DC/OS diagnostics, and to the permission to ask it"
    return (Check("health", partial(_health, site), remedy, needs=ROUTER),)


def _health(site: Site) -> Iterator[Remark]:
    """Of every node that serves, as each is asked for before its turn."""
    red = silent = 0
    serving = [agent.private_ip for agent in site.mesos.agents().listed if agent.active]
    for private_ip in serving:
        if silent == ENOUGH:
            break
        try:
            units = site.health.red(private_ip)
        except Retryable as error:
            silent += 1
            yield warning(f"{private_ip}: {error}", "a node does not start before its health can be read")
            continue
        red += bool(units)
        if units:
            yield warning(
                f"{private_ip}: {', '.join(units)} is red already, so no new node is held for it",
                f"look there: `journalctl -u {units[0]}`",
            )
    if not red and not silent:
        yield ok(f"no DC/OS unit is red on any of {counted(len(serving), 'node')}")
