"""stop-agent, where somebody else has terminated the instance: there is nobody to stop or to ask.

The master lists such an agent, with all its tasks, until it gives it up, which takes minutes, or hours where several
are lost: an app that ran there looks whole. So it is told, where what follows harms nobody; and even when it has given
up the agent by itself, since what is bound to that (an app with data) waits for it for ever otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from dcosmaint.errors import Forbidden, Retryable
from dcosmaint.model import MARK_GONE, Agent, Node, Roll, Service, Waiting, Work
from dcosmaint.planner.gone import refusal
from dcosmaint.ports import Ec2Reads, MesosActs, MesosReads, ServiceReads, TerraformReads
from dcosmaint.steps.await_agent import new_instance
from dcosmaint.steps.looks import LOOKS, agent_by_id
from dcosmaint.steps.slots import Slots


@dataclass(frozen=True)
class LostAgent:
    name: ClassVar[str] = "stop-agent"
    node: Node
    roll: Roll
    mesos: MesosReads
    services: ServiceReads  # all of them, also those that are not ours to move
    terraform: TerraformReads
    ec2: Ec2Reads
    acts: MesosActs
    slots: Slots

    def run(self) -> Iterator[Waiting]:
        gone, told = 0, False
        while gone < LOOKS:
            listed = self._listed()
            gone = 0 if listed else gone + 1
            why = "" if told and not listed else self._give_up()
            told = not why
            if gone < LOOKS:
                goal = f"the master to give up agent {self.node.agent_id}"
                yield Waiting(goal, "", self.roll.policy.waits.stalled, why=why)
        if self.roll.work is Work.DRAIN and self.slots.flight.keeps_cordon and self.node.work_dir_outlives:
            cure = self.roll.cordon.by_hand(self.node.agent_id)
            self.slots.note(f"should its work dir come to another instance, its agent is still cordoned there: {cure}")

    def _listed(self) -> bool:
        """Not one that is back under its id: it came with its work dir to the instance that took the place."""
        agent = agent_by_id(self.mesos, self.node.agent_id)
        return agent is not None and not (self.node.work_dir_outlives and self._returned(agent))

    def _returned(self, agent: Agent) -> bool:
        try:
            instance = new_instance(self.node, self.terraform, self.ec2)
        except Retryable:  # nobody has made one, as far as is known
            return False
        return agent.private_ip == instance.private_ip and agent.registered_at > instance.launched_at

    def _give_up(self) -> str:
        """Mark it gone, or say why not: then the master's own time is waited for."""
        try:
            if why := self._refusal():
                return why
            self.acts.mark_gone(self.node.agent_id)
        except Forbidden as error:
            self.slots.note(f"agent {self.node.agent_id} is not marked gone: {error}")
            return "our login may not mark it gone"
        except Retryable as error:
            return str(error)
        return ""

    def _refusal(self) -> str:
        if not self.roll.manner.marks_gone:
            return f"Mesos has no MARK_AGENT_GONE ({MARK_GONE.origin})"
        found = self.ec2.instances([self.node.instance.id])
        if not found or found[0].state != "terminated":
            return f"EC2 does not say that {self.node.instance.id} is terminated"
        services = self.services.all()
        return refusal(self.roll, self.slots.flight, services) or self._counted(services)

    def _counted(self, services: Sequence[Service]) -> str:
        """R1, R14: what is on it is lost, whoever replaces it, and takes its slots before that."""
        here = self.slots.flight.agent_ids
        down = ((service, [pod.member for pod in service.pods if pod.agent_id in here]) for service in services)
        return next(filter(None, (self.slots.count_lost(members, service) for service, members in down)), "")


@dataclass(frozen=True)
class MarkGone(LostAgent):
    """The same before its members move: none of them could be replaced while their agent is listed."""

    name: ClassVar[str] = "mark-gone"
