"""A cordon by Mesos' maintenance schedule. Frameworks are told that a machine will be away, and most don't listen.

Marathon takes no offers of it from 1.7 on; the SDK does not look. A schedule is written as a whole: it is read, merged,
written and read again, and other people's windows are sent back as they were told (R9).
"""

from __future__ import annotations

from threading import Lock
from typing import Any

from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.bodies import Body
from dcosmaint.adapters.cordoning import Cordoning
from dcosmaint.adapters.mesos_agents import SLAVES
from dcosmaint.adapters.mesos_agents import agent as read_agent
from dcosmaint.adapters.mesos_tasks import v1
from dcosmaint.errors import Fatal, Retryable
from dcosmaint.model import Agent, Cordon
from dcosmaint.model.windows import Window, window


class Scheduling(Cordoning):
    """Nodes in flight write it one after the other; for other processes there is the roll's lock."""

    def __init__(self, router: AdminRouter) -> None:
        self._router = router
        self._alone = Lock()

    def cordon(self, agent_id: str, how: Cordon) -> None:
        """A machine is in one window only: where somebody else has scheduled it, that does as well."""
        agent, now = self._listed(agent_id)
        if agent is None:
            raise Retryable(f"agent {agent_id} can't be cordoned: the master does not know it now")
        mine = window(how.rolls[0], agent_id, agent.hostname, agent.private_ip, now)
        with self._alone:
            seen = schedule(self._router)
            here = [each for entry in seen for each in windows(entry) if _at(each, agent)]
            if not any(_holds(each, agent_id, how) for each in here):
                self._write([*(entry for entry in seen if not _stale(entry, agent, how)), _entry(mine)])

    def uncordon(self, agent_id: str, how: Cordon) -> None:
        agent, _ = self._listed(agent_id)
        with self._alone:
            seen = schedule(self._router)
            left = [entry for entry in seen if not _mine(entry, agent_id, agent, how)]
            if len(left) < len(seen):
                self._write(left)

    def cordoned(self, agent: Agent, how: Cordon) -> bool:
        there = (each for entry in schedule(self._router) for each in windows(entry) if _at(each, agent))
        return any(_holds(each, agent.id, how) for each in there)

    def lifted(self, agent_id: str, how: Cordon) -> bool:
        agent, _ = self._listed(agent_id)
        return not any(_mine(entry, agent_id, agent, how) for entry in schedule(self._router))

    def _listed(self, agent_id: str) -> tuple[Agent | None, float]:
        """The agent, and what time it is for the master."""
        answer = self._router.get(f"{SLAVES}?slave_id={agent_id}")
        found = [read_agent(body) for body in answer.json().list("slaves") if body.text("id") == agent_id]
        return found[0] if found else None, answer.at()

    def _write(self, entries: list[Body]) -> None:
        """Raises `Retryable` where it is another one afterwards: somebody wrote it at the same moment."""
        given = [entry.value for entry in entries]
        member = {"schedule": {"windows": given}}
        body = {"type": "UPDATE_MAINTENANCE_SCHEDULE", "update_maintenance_schedule": member}
        answer = self._router.post("mesos/api/v1", body, 200, 202, 400)
        if answer.status == 400 and ("deactivated" in answer.said or "more than once" in answer.said):
            raise Retryable(f"the maintenance schedule has changed meanwhile: {answer.said}")
        if answer.status == 400:
            raise Fatal(f"Mesos refuses UPDATE_MAINTENANCE_SCHEDULE: {answer.said}")
        if [entry.value for entry in schedule(self._router)] != given:
            raise Retryable("somebody else wrote the maintenance schedule in the same moment: it is read again")


def schedule(router: AdminRouter) -> tuple[Body, ...]:
    """Its windows as they stand. An empty one has no list at all."""
    return v1(router, "GET_MAINTENANCE_SCHEDULE").at("get_maintenance_schedule", "schedule").list_or_none("windows")


def windows(entry: Body) -> tuple[Window, ...]:
    """One for each machine of a window."""
    away = entry.at("unavailability")
    start, duration = _exact(away.at("start", "nanoseconds")), away.find("duration", "nanoseconds")
    length = None if duration is None else _exact(duration)
    ids = entry.list("machine_ids")
    return tuple(Window(m.text_or("", "hostname"), m.text_or("", "ip"), start, length) for m in ids)


def _exact(body: Body) -> int:
    """Nanoseconds since the epoch are more than a float can tell apart."""
    body.number()
    return int(body.value)


def _at(each: Window, agent: Agent) -> bool:
    return each.on(agent.hostname, agent.private_ip)


def _holds(each: Window, agent_id: str, how: Cordon) -> bool:
    """Somebody else's, or ours for this very agent; one of ours for an agent that it had before does not count."""
    return each.about(agent_id) or not any(each.of(roll) for roll in how.rolls)


def _stale(entry: Body, agent: Agent, how: Cordon) -> bool:
    return any(_at(each, agent) and any(each.of(roll) for roll in how.rolls) for each in windows(entry))


def _mine(entry: Body, agent_id: str, agent: Agent | None, how: Cordon) -> bool:
    """For it, or for another agent that its machine had before."""
    ours = [each for each in windows(entry) if any(each.of(roll) for roll in how.rolls)]
    return any(each.about(agent_id) or (agent is not None and _at(each, agent)) for each in ours)


def _entry(mine: Window) -> Body:
    away: dict[str, Any] = {"start": {"nanoseconds": mine.start}, "duration": {"nanoseconds": mine.duration}}
    machine = {"hostname": mine.hostname, "ip": mine.private_ip}
    return Body({"machine_ids": [machine], "unavailability": away}, "our window")
