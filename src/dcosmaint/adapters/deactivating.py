"""A cordon by Mesos's own deactivation, from 1.9 on: airtight, and gone with the agent's registration."""

from __future__ import annotations

from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.answers import Answer
from dcosmaint.adapters.cordoning import Cordoning
from dcosmaint.adapters.mesos_agents import listed
from dcosmaint.errors import Fatal, NodeFailed, Retryable
from dcosmaint.model import Agent, Cordon


class Deactivating(Cordoning):
    """Mesos keeps no name with it, so it bears nobody's mark."""

    def __init__(self, router: AdminRouter) -> None:
        self._router = router

    def cordon(self, agent_id: str, how: Cordon) -> None:
        answer = self._act("DEACTIVATE_AGENT", agent_id)
        if answer.status == 200:
            return
        if "Unknown agent" in answer.said:
            raise Retryable(f"agent {agent_id} can't be cordoned: the master does not know it now")
        why = f"Mesos answers {answer.status} to DEACTIVATE_AGENT: {answer.said or 'without a reason'}"
        raise Fatal(f"agent {agent_id} can't be cordoned: {why}; it has that call from 1.9 on (DC/OS 2.0)")

    def uncordon(self, agent_id: str, how: Cordon) -> None:
        answer = self._act("REACTIVATE_AGENT", agent_id)
        if answer.status == 200 or "is not deactivated" in answer.said:
            return
        if answer.status == 409:
            raise Retryable(f"agent {agent_id} can't be uncordoned while it is not registered: {answer.said}")
        if "DRAINING" in answer.said:
            cure = f"`dcos node reactivate {agent_id}` works once that has ended"
            raise NodeFailed(f"agent {agent_id} is being drained by somebody else: {cure}")
        raise Fatal(f"agent {agent_id} can't be uncordoned: {answer.status} {answer.said}")

    def cordoned(self, agent: Agent, how: Cordon) -> bool:
        return agent.deactivated

    def lifted(self, agent_id: str, how: Cordon) -> bool:
        """Another drain that goes on is not ours to lift."""
        found = listed(self._router, agent_id)
        return found is None or not found.deactivated or found.draining

    def _act(self, kind: str, agent_id: str) -> Answer:
        body = {"type": kind, kind.lower(): {"agent_id": {"value": agent_id}}}
        return self._router.post("mesos/api/v1", body, 200, 400, 409, 501)
