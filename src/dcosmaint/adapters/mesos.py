"""The leading Mesos master, through Admin Router."""

from __future__ import annotations

from collections.abc import Mapping

from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.answers import Answer
from dcosmaint.adapters.mesos_agents import SLAVES, agent, recovered
from dcosmaint.adapters.mesos_tasks import known, live, v1
from dcosmaint.errors import Fatal, NodeFailed, Retryable
from dcosmaint.model import Agents, ClusterFacts, Framework, Task


class Mesos:
    """`MesosReads` and `MesosActs` of one cluster."""

    def __init__(self, router: AdminRouter) -> None:
        self._router = router

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
        dcos = self._router.get("dcos-metadata/dcos-version.json").json()
        return ClusterFacts(
            dcos_version=dcos.text("version"),
            mesos_version=v1(self._router, "GET_VERSION").text("get_version", "version_info", "version"),
            variant=dcos.text_or("", "dcos-variant"),
            masters=self._masters(),
        )

    def flags(self, agent_id: str) -> Mapping[str, str]:
        """Asked of the agent itself. Admin Router learns of a new agent up to half a minute late."""
        flags = self._router.get(f"slave/{agent_id}/slave%281%29/flags").json().map("flags")
        return {name: value.text() for name, value in sorted(flags.items())}

    def cordon(self, agent_id: str) -> None:
        answer = self._act("DEACTIVATE_AGENT", agent_id)
        if answer.status == 200:
            return
        if "Unknown agent" in answer.said:
            raise Retryable(f"agent {agent_id} can't be cordoned: the master does not know it now")
        why = f"Mesos answers {answer.status} to DEACTIVATE_AGENT: {answer.said or 'without a reason'}"
        raise Fatal(f"agent {agent_id} can't be cordoned: {why}; it has that call from 1.9 on (DC/OS 2.0)")

    def uncordon(self, agent_id: str) -> None:
        answer = self._act("REACTIVATE_AGENT", agent_id)
        if answer.status == 200 or "is not deactivated" in answer.said:
            return
        if answer.status == 409:
            raise Retryable(f"agent {agent_id} can't be uncordoned while it is not registered: {answer.said}")
        if "DRAINING" in answer.said:
            cure = f"`dcos node reactivate {agent_id}` works once that has ended"
            raise NodeFailed(f"agent {agent_id} is being drained by somebody else: {cure}")
        raise Fatal(f"agent {agent_id} can't be uncordoned: {answer.status} {answer.said}")

    def _act(self, kind: str, agent_id: str) -> Answer:
        body = {"type": kind, kind.lower(): {"agent_id": {"value": agent_id}}}
        return self._router.post("mesos/api/v1", body, 200, 400, 409, 501)

    def _masters(self) -> tuple[str, ...]:
        """From Mesos-DNS, which lists an empty address where it knows none."""
        answer = self._router.get("mesos_dns/v1/hosts/master.mesos")
        found = sorted({ip for entry in answer.json().list() if (ip := entry.text_or("", "ip"))})
        if not found:
            raise Retryable(f"{answer.call}: Mesos-DNS knows no master")
        return tuple(found)
