"""The leading Mesos master, through Admin Router."""

from __future__ import annotations

from collections.abc import Mapping

from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.cordoning import Cordoning
from dcosmaint.adapters.facts import facts
from dcosmaint.adapters.mesos_agents import SLAVES, agent, recovered
from dcosmaint.adapters.mesos_tasks import known, live
from dcosmaint.adapters.scheduling import schedule, windows
from dcosmaint.errors import Retryable
from dcosmaint.model import Agent, Agents, ClusterFacts, Cordon, Framework, Method, Task, Window


class Mesos:
    """`MesosReads` and `MesosActs` of one cluster. What only reads needs no way to cordon."""

    def __init__(self, router: AdminRouter, cordons: Mapping[Method, Cordoning] | None = None) -> None:
        self._router = router
        self._cordons = cordons or {}

    def agents(self) -> Agents:
        answer = self._router.get(SLAVES)
        body = answer.json()
        listed = tuple(sorted((agent(one) for one in body.list("slaves")), key=lambda one: one.id))
        away = recovered(body)
        if not listed and not away:
            raise Retryable(
                f"{answer.call}: no agent at all; the master has just started, or this user may not see any"
            )
        return Agents(listed, away, answer.at())

    def tasks(self) -> tuple[Task, ...]:
        return tuple(task for task, _ in live(self._router))

    def frameworks(self) -> tuple[Framework, ...]:
        return tuple(sorted({framework for _, framework in known(self._router)}))

    def facts(self) -> ClusterFacts:
        return facts(self._router)

    def flags(self, agent_id: str) -> Mapping[str, str]:
        """Asked of the agent itself. Admin Router learns of a new agent up to half a minute late."""
        flags = self._router.get(f"slave/{agent_id}/slave%281%29/flags").json().map("flags")
        return {name: value.text() for name, value in sorted(flags.items())}

    def windows(self) -> tuple[Window, ...]:
        return tuple(each for entry in schedule(self._router) for each in windows(entry))

    def cordoned(self, agent: Agent, how: Cordon) -> bool:
        return self._cordons[how.method].cordoned(agent, how)

    def lifted(self, agent_id: str, how: Cordon) -> bool:
        return self._cordons[how.method].lifted(agent_id, how)

    def cordon(self, agent_id: str, how: Cordon) -> None:
        self._cordons[how.method].cordon(agent_id, how)

    def uncordon(self, agent_id: str, how: Cordon) -> None:
        self._cordons[how.method].uncordon(agent_id, how)

    def mark_gone(self, agent_id: str) -> None:
        """200 also for one that is gone already. 404: it has unregistered, and nobody remembers it."""
        body = {"type": "MARK_AGENT_GONE", "mark_agent_gone": {"agent_id": {"value": agent_id}}}
        self._router.post("mesos/api/v1", body, 200, 404)
