"""A cordon by Mesos' maintenance schedule. Frameworks are told that a machine will be away, and most don't listen.

Marathon takes no offers of it from 1.7 on; the SDK does not look. A schedule is written as a whole: it is read, merged,
written and read again, and other people's windows are sent back as they were told (R9).
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import Any

from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.answers import Answer
from dcosmaint.adapters.bodies import Body
from dcosmaint.adapters.cordoning import Cordoning
from dcosmaint.adapters.mesos_agents import SLAVES
from dcosmaint.adapters.mesos_agents import agent as read_agent
from dcosmaint.errors import Fatal, NodeFailed, Retryable
from dcosmaint.model import Agent, Cordon
from dcosmaint.model.windows import Window, in_the_way, stands, window


class Scheduling(Cordoning):
    """Nodes in flight write it one after the other; for other processes there is the roll's lock."""

    def __init__(self, router: AdminRouter) -> None:
        self._router = router
        self._alone = Lock()

    def cordon(self, agent_id: str, how: Cordon) -> None:
        """A machine is in one window only: where somebody else's keeps work off it, that does as well.

        Raises `NodeFailed` where it does not.
        """
        agent, now = self._listed(agent_id)
        if agent is None:
            raise Retryable(f"agent {agent_id} can't be cordoned: the master does not know it now")
        mine = window(how.rolls[0], agent_id, agent.hostname, agent.private_ip, now)
        with self._alone:
            seen = schedule(self._router)
            here = _here(seen, agent)
            if other := in_the_way(here, how.rolls, now):
                raise NodeFailed(
                    f"machine {agent.private_ip} is in {other}: have that taken out, it is in no second one"
                )
            if not stands(here, agent_id, how.rolls, now):
                self._write([*(entry for entry in seen if not _stale(entry, agent, how)), _entry(mine)])

    def uncordon(self, agent_id: str, how: Cordon) -> None:
        agent, _ = self._listed(agent_id)
        with self._alone:
            seen = schedule(self._router)
            left = [entry for entry in seen if not _mine(entry, agent_id, agent, how)]
            if len(left) < len(seen):
                self._write(left)

    def cordoned(self, agent: Agent, how: Cordon) -> bool:
        answer = _ask(self._router)
        return stands(_here(_entries(answer), agent), agent.id, how.rolls, answer.at())

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
    return _entries(_ask(router))


def windows(entry: Body) -> tuple[Window, ...]:
    """One for each machine of a window."""
    away = entry.at("unavailability")
    start, duration = _exact(away.at("start", "nanoseconds")), away.find("duration", "nanoseconds")
    length = None if duration is None else _exact(duration)
    ids = entry.list("machine_ids")
    return tuple(Window(m.text_or("", "hostname"), m.text_or("", "ip"), start, length) for m in ids)


def _ask(router: AdminRouter) -> Answer:
    return router.post("mesos/api/v1", {"type": "GET_MAINTENANCE_SCHEDULE"})


def _entries(answer: Answer) -> tuple[Body, ...]:
    return answer.json().at("get_maintenance_schedule", "schedule").list_or_none("windows")


def _exact(body: Body) -> int:
    """Nanoseconds since the epoch are more than a float can tell apart."""
    body.number()
    return int(body.value)


def _here(seen: Sequence[Body], agent: Agent) -> list[Window]:
    return [each for entry in seen for each in windows(entry) if _at(each, agent)]


def _at(each: Window, agent: Agent) -> bool:
    return each.on(agent.hostname, agent.private_ip)


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
