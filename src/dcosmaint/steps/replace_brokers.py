"""replace-brokers: each member on the node moves to another agent, one at a time, and is in sync there.

`pod replace` answers "accepted" whatever else goes on, and sent twice it throws away what it began. So it is sent only
to a member that is seen to be untouched here, behind a line that names its task id, and whether it arrived is asked of
the scheduler (R4). Done is: another agent, running, the plans COMPLETE, back in every partition that it was in, twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from dcosmaint.errors import StartOver
from dcosmaint.model import NOTHING, Member, Node, Pod, Roll, Service, Waiting, counted
from dcosmaint.model.kinds import proved
from dcosmaint.ports import MesosActs, MesosReads, ServiceActs, ServiceReads
from dcosmaint.safety import behind, left_to_scheduler, lost
from dcosmaint.steps.kept import Steady
from dcosmaint.steps.leaving import fallen
from dcosmaint.steps.looks import LOOKS, agent_by_id, pod_of
from dcosmaint.steps.slots import Slots

UNMARKED_LOOKS = 12
"""Looks instead of LOOKS where a scheduler from before pod commands is asked: it marks nothing, so a broker that is
being shut down for its replace looks untouched until it has ended. They take about a minute."""

DOWN_LOOKS = 40
"""Looks for one that is down and that its scheduler may be about to bring up, about ten minutes: offers come every few
seconds, and the master has given up a dead agent by then (after five minutes). Nothing goes on any more that a second
replace could throw away."""


@dataclass(frozen=True)
class ReplaceBrokers:
    name: ClassVar[str] = "replace-brokers"
    node: Node
    roll: Roll
    mesos: MesosReads
    services: ServiceReads
    acts: ServiceActs
    cordons: MesosActs
    slots: Slots
    kept: Steady

    def run(self) -> Iterator[Waiting]:
        self.slots.stay()
        while (member := self._next()) is not None:
            yield from self._move(member)
            self.slots.stay()

    def _next(self) -> Member | None:
        """Held ones first: their slots are taken. Then whatever is on the node now, also what landed late."""
        pods = [pod for service in self.services.all() for pod in service.pods]
        here, fell = {pod.member for pod in pods if self._here(pod)}, {pod.member for pod in pods if self._fell(pod)}
        for member in sorted(fell):
            self.slots.note(f"{member} fell back to {self.node.address}: it is replaced once more when that is down")
        wanted = [*sorted(self.slots.flight.holds), *sorted(here)]
        return next((member for member in wanted if member not in fell), None)

    def _move(self, member: Member) -> Iterator[Waiting]:
        good = untouched = nowhere = 0
        while good < 2:
            self.kept.keep()
            service = self.services.one(member.service)
            pod = pod_of(service, member)
            if self._fell(pod) or (self.slots.passed_on(member) and not self._here(pod)):
                return
            good = good + 1 if self._moved(service, pod) else 0
            untouched = untouched + 1 if self._untouched(service, pod) else 0
            nowhere = nowhere + 1 if pod.marked or not pod.agent_id else 0
            sends = self._may_send(service, pod, untouched)
            refusal = self._replace(service, pod) if sends else ""
            untouched = 0 if sends and not refusal else untouched  # looks before it prove nothing of what was sent now
            if good < 2:
                waiting = self._waiting(service, pod, refusal)
                yield replace(waiting, why=self._why(member) if nowhere > LOOKS else service.unread)
                self.slots.stay()
        self.slots.give_back(member)

    def _fell(self, pod: Pod) -> bool:
        """R4: where a cordon leaks a second replace could fall back as the first one did. The node stops before it."""
        return self.roll.manner.leaks and not self.slots.flight.down and fallen(self.slots.flight, pod)

    def _here(self, pod: Pod) -> bool:
        return pod.agent_id in self.slots.flight.agent_ids and not self._returned(pod.agent_id)

    def _returned(self, agent_id: str) -> bool:
        """The agent came back under its old id, with its work dir: what is on it has come to the new node already."""
        renewed = "await-agent" in self.slots.flight.done and self.node.work_dir_outlives
        return renewed and agent_by_id(self.mesos, agent_id) is not None

    def _moved(self, service: Service, pod: Pod) -> bool:
        complete = {service.deploy, service.recovery} == {"COMPLETE"} or self.slots.shared(pod.member)
        complete = complete or self._stranded(service, pod)
        away = bool(pod.agent_id) and not self._here(pod)
        told = complete and not self._forgotten(service, pod)
        return away and told and pod.member not in lost(service, self.slots.baseline(service))

    def _stranded(self, service: Service, pod: Pod) -> bool:
        """All that the plan waits for are members that are down on nodes in flight, where nothing may start.

        They would wait for the slot of this one, and this one for the plan.
        """
        down = [other for other in service.pods if not other.running]
        stuck = bool(down) and all(self.slots.flies(other.agent_id) for other in down)
        return stuck and service.deploy == "COMPLETE" and pod.member.pod in service.recovered

    def _forgotten(self, service: Service, pod: Pod) -> bool:
        """Nothing but the plan would tell that it is whole, and the plan does not tell of this member.

        It may tell of others that move, and a scheduler that restarts begins with an empty plan, which is COMPLETE.
        """
        concerns = pod.member in self.slots.flight.asked or service.recovery != "COMPLETE"
        return concerns and not proved(service) and pod.member.pod not in service.recovered

    def _untouched(self, service: Service, pod: Pod) -> bool:
        """The scheduler shows no trace of a replace of this task: no mark, no other task, no recovery."""
        quiet = service.recovery == "COMPLETE" or self.slots.shared(pod.member) or not pod.running
        here = self._here(pod) or self._down_here(pod)
        told = not pod.marked and service.deploy == "COMPLETE" and quiet
        return here and told and (pod.agent_id != "" or self._room(service))

    def _down_here(self, pod: Pod) -> bool:
        """Down, and nobody says where: here, where nothing may start."""
        return not pod.agent_id and pod.member in (*self.node.members, *self.slots.flight.holds)

    def _room(self, service: Service) -> bool:
        """Whether an offer could place a member of it: where none can, an unplaced broker proves nothing."""
        needs = next((pod.needs for pod in service.pods if pod.running), NOTHING)
        taken = {pod.agent_id for pod in service.pods}
        agents = (a for a in self.mesos.agents().listed if a.active and not (a.deactivated or a.draining or a.public))
        return any(agent.id not in taken and agent.free.covers(needs) for agent in agents)

    def _may_send(self, service: Service, pod: Pod, untouched: int) -> bool:
        """Once sent, a replace may still be on its way: a task that is seen to run on proves that it was lost.

        So does one that is down for a minute and not marked, where the scheduler marks at all: it crashed.
        """
        asked = pod.member in self.slots.flight.asked
        given_up = self.slots.flight.given_up and not pod.running and untouched <= UNMARKED_LOOKS
        if given_up or left_to_scheduler(service, pod):
            return False  # its scheduler may be about to replace it by itself
        if self._down_here(pod) and not asked:
            return untouched > LOOKS
        if pod.task_id in self.slots.flight.sent or (asked and not pod.task_id):
            return untouched > self._proof(service, pod) and not self._syncing(service, pod)
        if self.slots.on_its_way(pod.member) and self._here(pod) and not pod.running:  # somebody had lifted a cordon
            return untouched > DOWN_LOOKS  # it may be starting: what an earlier replace began is not thrown away
        return untouched > 0 and not self._syncing(service, pod)

    def _proof(self, service: Service, pod: Pod) -> int:
        """So many looks at an untouched task prove that the replace of it was lost on its way."""
        marks = service.api != "brokers"
        if pod.running:
            return LOOKS if marks else UNMARKED_LOOKS
        return UNMARKED_LOOKS if marks else DOWN_LOOKS

    def _syncing(self, service: Service, pod: Pod) -> bool:
        """It runs here and is on its way back into its partitions: a replace would have it begin again elsewhere."""
        if service.partitions is None:
            return False
        return self._here(pod) and pod.running and pod.member in lost(service, self.slots.baseline(service))

    def _replace(self, service: Service, pod: Pod) -> str:
        """Send the replace, or say why it may not be sent now."""
        if self._kept_down(pod) and (refusal := self.slots.refusal(pod, service)):
            self._let_start()
            return refusal
        refusal = self._open() or self.slots.take(pod, service)
        if not refusal:
            self.acts.replace(pod.member)
        return refusal

    def _kept_down(self, pod: Pod) -> bool:
        """It crashed, and our cordon alone keeps it from starting where its data is.

        Not even its own reservation is offered to a framework on a deactivated agent (recorded on Mesos 1.12).
        """
        flight, asked = self.slots.flight, pod.member in self.slots.flight.asked
        return not pod.running and not asked and flight.cordoned and not (flight.stopping or flight.gone)

    def _let_start(self) -> None:
        """What may not be replaced is not kept down either: its copies may be the last ones (R14)."""
        agent = agent_by_id(self.mesos, self.node.agent_id)
        if agent is not None and agent.deactivated and not agent.draining:
            self.cordons.uncordon(agent.id, self.roll.cordon)

    def _open(self) -> str:
        """Why a member might be placed on this very node again, or "". Raises `StartOver` where a cordon is missing."""
        agent, flight = agent_by_id(self.mesos, self.node.agent_id), self.slots.flight
        if flight.gone or "terminate-instance" in flight.done:
            return f"agent {agent.id}, whose instance is gone, is still listed" if agent else ""
        if agent is None and (flight.down or self.roll.manner.last):
            return ""
        shut = agent is not None and not flight.down and self.mesos.cordoned(agent, self.roll.cordon)
        if not shut and (agent is None or flight.down or not self.roll.manner.leaks):
            raise StartOver(f"agent {self.node.agent_id} is not cordoned any more")
        return "" if shut else f"agent {self.node.agent_id} to be {self.roll.cordon.shown} again"

    def _waiting(self, service: Service, pod: Pod, refusal: str) -> Waiting:
        waits, member = self.roll.policy.waits, pod.member
        if refusal:
            goal = f"{member} to start again on its node" if self._kept_down(pod) else f"room to replace {member}"
            return Waiting(goal, refusal, waits.stalled)
        if self._here(pod) and not pod.marked:
            return self._staying(service, pod)
        if pod.marked or not pod.agent_id:
            return self._unplaced(service, pod)
        if not pod.running or not pod.registered:
            return Waiting(f"{member} to start on agent {pod.agent_id}", "", waits.start)
        if left := self._behind(service, pod):
            return Waiting(f"{member} to be in sync", left, waits.stalled)
        left = f"recovery {service.recovery}"
        if service.recovery == "COMPLETE" and self._forgotten(service, pod):
            left = (
                f"its scheduler has forgotten the move: pod restart of {member.pod} has it tell anew, once that is"
                f" whole, and so does a command as services.{service.name}.in_sync"
            )
        return Waiting(f"{member} to stay in sync", left, waits.stalled)

    def _unplaced(self, service: Service, pod: Pod) -> Waiting:
        goal, place = f"{pod.member} to be placed on another agent", self.roll.policy.waits.place
        if service.replaces_after is None or not left_to_scheduler(service, pod):
            return Waiting(goal, self._unproved(service, pod), place)
        left = f"left to its scheduler, which replaces a broker that is down for {service.replaces_after:g} s"
        return Waiting(goal, left, service.replaces_after + place)

    def _unproved(self, service: Service, pod: Pod) -> str:
        """What people do who know more: no look can prove for minutes that a replace of one that is down was lost."""
        if service.api != "brokers" or pod.agent_id or pod.member not in self.slots.flight.asked:
            return ""
        number = pod.member.pod.rpartition("-")[2]
        return (
            f"its scheduler does not tell whether the replace arrived: where its log has none of broker {number},"
            f" `dcos kafka --name={service.name} broker replace {number}` sends it again"
        )

    def _why(self, member: Member) -> str:
        """What its scheduler found wrong with the places that it was offered: it may be nothing that time mends."""
        reasons = self.services.rejected(member)
        return f"its scheduler says: {'; '.join(reasons)}" if reasons else ""

    def _staying(self, service: Service, pod: Pod) -> Waiting:
        waits, member = self.roll.policy.waits, pod.member
        if self._syncing(service, pod):
            return Waiting(f"{member} to be in sync before it is moved", self._behind(service, pod), waits.stalled)
        return Waiting(f"{member} to leave", f"recovery {service.recovery}", waits.place)

    def _behind(self, service: Service, pod: Pod) -> str:
        """What is left of its re-sync, as its operator's command or its topics tell; "" where nothing is."""
        if service.partitions is None:
            return "its topics can't be read"
        count = behind(service, pod.member, self.slots.baseline(service))
        return pod.out_of_sync or (f"{counted(count, 'partition')} behind" if count else "")
