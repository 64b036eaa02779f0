"""A cordon by reservation, for a Mesos that can't deactivate: what is free of an agent is set apart for nobody.

It is best effort. What a task leaves is offered to all within a second unless it is set apart before, so a follower
looks ten times a second. Mesos's event stream would not do: it tells nobody of a scheduler that gives up a reservation,
which is how a moved broker leaves.
"""

from __future__ import annotations

from threading import Lock
from typing import Any

from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.bodies import Body
from dcosmaint.adapters.cordoning import Cordoning
from dcosmaint.adapters.follower import Follower
from dcosmaint.adapters.mesos_agents import agent as read_agent
from dcosmaint.adapters.mesos_agents import entry
from dcosmaint.adapters.set_apart import entries, full, resources
from dcosmaint.errors import Fatal, Retryable
from dcosmaint.model import Agent, Cordon


class Reserving(Cordoning):
    """Close it: it ends its followers."""

    def __init__(self, router: AdminRouter) -> None:
        self._router = router
        self._alone = Lock()
        self._followers: dict[str, Follower] = {}

    def cordon(self, agent_id: str, how: Cordon) -> None:
        with self._alone:
            follower = self._followers.get(agent_id)
            if follower is None or not follower.alive():
                follower = Follower(_Round(self._router, agent_id, how.rolls[0]), f"full-{agent_id}")
                self._followers[agent_id] = follower
        follower.round()

    def uncordon(self, agent_id: str, how: Cordon) -> None:
        self._leave(agent_id)
        body = entry(self._router, agent_id)
        if body is None:
            raise Retryable(f"agent {agent_id} is not registered: what is set apart there can't be given back now")
        if ours := [*entries(body, how.rolls)]:
            operate(self._router, "UNRESERVE", agent_id, ours)

    def cordoned(self, agent: Agent, how: Cordon) -> bool:
        follower = self._followers.get(agent.id)
        return follower is not None and follower.alive() and agent.active and full(agent.open)

    def lifted(self, agent_id: str, how: Cordon) -> bool:
        """Asked of the agent, too: the master shows at once what is on the agent's disk a moment later."""
        body = entry(self._router, agent_id)
        if body is None:
            raise Retryable(f"agent {agent_id} is not registered: nobody knows what is set apart there")
        if agent_id in self._followers or any(entries(body, how.rolls)):
            return False
        own = self._router.get(f"slave/{agent_id}/slave%281%29/state").json()
        return not any(entries(own, how.rolls))

    def close(self) -> None:
        """Waits for none of them: what they would set apart now is found by its label."""
        for follower in self._followers.values():
            follower.stop()

    def _leave(self, agent_id: str) -> None:
        with self._alone:
            follower = self._followers.pop(agent_id, None)
        if follower:
            follower.end()


class _Round:
    """Set apart whatever is left now. An agent that was restarted may have lost what it had not written yet."""

    def __init__(self, router: AdminRouter, agent_id: str, roll: str) -> None:
        self._router, self._agent_id, self._roll = router, agent_id, roll
        self._seen: Any = None

    def __call__(self) -> bool:
        body = entry(self._router, self._agent_id)
        if body is None:
            raise Retryable(f"agent {self._agent_id} can't be cordoned: the master does not know it now")
        agent = read_agent(body)
        if agent.active and not full(agent.open):
            operate(self._router, "RESERVE", self._agent_id, resources(agent, self._roll, self._router.uid()))
        return self._news(body)

    def _news(self, body: Body) -> bool:
        before, self._seen = self._seen, [body.find(name) for name in ("reserved_resources", "used_resources")]
        return bool(before != self._seen)


def operate(router: AdminRouter, kind: str, agent_id: str, given: list[Any]) -> None:
    """All or nothing. A 409 is what was true when we looked and is no more: the next look tells."""
    member = {"agent_id": {"value": agent_id}, "resources": given}
    body = {"type": f"{kind}_RESOURCES", f"{kind.lower()}_resources": member}
    answer = router.post("mesos/api/v1", body, 202, 400, 409)
    if answer.status == 400 and "No agent found" in answer.said:
        raise Retryable(f"{kind}_RESOURCES: the master does not know agent {agent_id} now")
    if answer.status == 400:
        raise Fatal(f"agent {agent_id}: Mesos refuses {kind}_RESOURCES: {answer.said}")
