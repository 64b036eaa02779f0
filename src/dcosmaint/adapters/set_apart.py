"""Resources that a roll sets apart on an agent: how they are asked for, and how they are known again.

Role `dcosmaint`, and the roll's id as label `roll`. On a public agent everything is reserved for `slave_public` by the
agent itself; what is set apart there has that reservation first and ours, a refinement of it, behind. Everywhere else
the older of the two forms does, which a Mesos before 1.4 knows as well.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from dcosmaint.adapters.bodies import Body
from dcosmaint.adapters.mesos_agents import PUBLIC, ROLE, label
from dcosmaint.model import Agent, Resources

LEAST = 0.001
"""Mesos counts to three decimals. A resource of 0 kills a master from 1.6 on: it is never sent."""

CPUS, MEM = 0.01, 32.0
"""An agent with less of both left is offered to nobody (MIN_CPUS and MIN_MEM of Mesos' allocator)."""


def full(left: Resources) -> bool:
    """Whether nobody is offered what is left."""
    return left.cpus < CPUS and left.mem < MEM


def resources(agent: Agent, roll: str, principal: str) -> list[dict[str, Any]]:
    """All of its cpus and memory that are left. A task that wants memory alone would be placed as well."""
    left = (("cpus", agent.open.cpus), ("mem", agent.open.mem))
    marks = _marks(roll, principal, public=agent.public)
    return [
        {"name": name, "type": "SCALAR", "scalar": {"value": round(value, 3)}, **marks}
        for name, value in left
        if value >= LEAST
    ]


def _marks(roll: str, principal: str, *, public: bool) -> dict[str, Any]:
    mine = {"labels": {"labels": [{"key": "roll", "value": roll}]}} | ({"principal": principal} if principal else {})
    if not public:
        return {"role": ROLE, "reservation": mine}
    static = {"type": "STATIC", "role": PUBLIC}
    return {"reservations": [static, {"type": "DYNAMIC", "role": f"{PUBLIC}/{ROLE}", **mine}]}


def entries(body: Body, rolls: Collection[str]) -> Iterator[Any]:
    """What these rolls have set apart on an agent, as it stands: only so can it be given back."""
    for role, found in body.map_or_none("reserved_resources_full").items():
        if role.rpartition("/")[2] == ROLE:
            yield from (entry.value for entry in found.list() if label(entry) in rolls)
