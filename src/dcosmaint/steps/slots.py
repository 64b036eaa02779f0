"""What one node's steps keep in the journal.

Slots, which `admit` and `slot` take and `moved` gives back; the apps that it moves; notes.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from dcosmaint.errors import LetGo
from dcosmaint.journal import Journal
from dcosmaint.lines import Moved, Moving, Noted, Replacing, Slot
from dcosmaint.model import Flight, Member, Partition, Pod, Service
from dcosmaint.redaction import redacted
from dcosmaint.safety import Away, baseline, lost, over_cap, thin, together, unknown, unread


@dataclass(frozen=True)
class Slots:
    address: str
    journal: Journal

    @property
    def flight(self) -> Flight:
        return self.journal.progress.flights[self.address]

    def stay(self) -> None:
        """Raises `LetGo` when the roll stops and has begun nothing here that lifting the cordon does not undo."""
        progress, flight = self.journal.progress, self.flight
        begun = flight.busy if progress.aborting else flight.busy or flight.sent
        if progress.paused and not begun:
            raise LetGo(f"{self.address} is let go: {progress.paused}")

    def baseline(self, service: Service) -> tuple[Partition, ...]:
        """Where the members of the service are to be in sync."""
        return baseline(self.journal.roll, self.journal.progress, service.name)

    def take(self, pod: Pod, service: Service) -> str:
        """Take the slot and write that the replace follows, or say why not. `service` was read just now.

        Judged and written in one go: no other node can take the same room in between. What is refused anyway needs no
        look at the lock, and a lock that can't be read leaves no line of a replace that is not sent.
        """
        if why := self.refusal(pod, service):
            return why
        self.journal.confirm()
        with self.journal.alone:
            if why := self.refusal(pod, service):
                return why
            if pod.member not in self.flight.holds:
                self._hold(pod.member)
            also = unknown(service, pod.member, self.baseline(service))
            self.journal.append(Replacing(self.address, pod.member, pod.task_id, also))
            return ""

    def refusal(self, pod: Pod, service: Service) -> str:
        """Why a member may not be replaced now, or "".

        One that is down on a node that is being stopped becomes whole only if it is moved on from there.
        """
        return self._refusal([pod.member], service, stuck=self.flight.stopping and not pod.running)

    def count_lost(self, members: Sequence[Member], service: Service) -> str:
        """Count members of a service as lost that go down with their node, or say why they may not be."""
        with self.journal.alone:
            if why := self._refusal(members, service) if members else "":
                return why
            for member in members:
                also = unknown(service, member, self.baseline(service))
                if also or member not in (*self.flight.holds, *self.flight.leaves):
                    self._hold(member, also)
            return ""

    def _hold(self, member: Member, also: tuple[Partition, ...] = ()) -> None:
        """From now on this node answers for the member, and no other one does."""
        others, flights = self._others(member), self.journal.progress.flights
        known = (p for a in others for p in flights[a].also.get(member.service, ()) if p.isr == (member.pod,))
        left = self.journal.roll.policy.ignores(member.service)
        self.journal.append(Slot(self.address, member, (*known, *also), left))
        for address in others:
            self.journal.append(Moved(address, member))

    def _refusal(self, members: Sequence[Member], service: Service, *, stuck: bool = False) -> str:
        for member in members:
            if not (stuck or self._left) and (begun := self._others(member)):
                return f"{member} is not whole yet after its move from {begun[0]}"
        away = Away(members, self.journal.progress.held, lost(service, self.baseline(service)))
        gone, cap = {*away.leaving, *away.held, *away.lost}, self.journal.roll.policy.cap(service.name)
        counted = over_cap(service, gone, cap) or together(service, gone)
        return unread(service) or counted or self._thin(service, away)

    def _thin(self, service: Service, away: Away) -> str:
        roll, also = self.journal.roll, self.journal.progress.also(service.name)
        worst = next(thin(service, away, roll.baseline.get(service.name, ()), roll.policy, also), None)
        return f"{service.name}: {worst}" if worst else ""

    @property
    def _left(self) -> bool:
        """Whether our agent has left: what landed here in its last moment becomes whole only if we move it on."""
        return self.flight.gone or "stop-agent" in self.flight.done

    def _others(self, member: Member) -> list[str]:
        """Other nodes that hold a slot for the member: it came here from there."""
        flights = self.journal.progress.flights
        return [a for a, flight in flights.items() if a != self.address and member in flight.holds]

    def on_its_way(self, member: Member) -> bool:
        """Whether a replace of ours brought it where it is, or is to."""
        return any(member in flight.asked for flight in self.journal.progress.flights.values())

    def passed_on(self, member: Member) -> bool:
        """Whether it has gone down with another node in flight, which answers for it since."""
        return member not in self.flight.holds and bool(self._others(member))

    def give_back(self, member: Member) -> None:
        if member in self.flight.holds:
            self.journal.append(Moved(self.address, member))

    def claim(self, ready: Collection[str], here: Collection[str]) -> tuple[str, ...]:
        """The apps that this node alone moves from now on: those that are ready, unless another node moves them.

        One that it moves already stays its own for as long as an instance of it is seen here.
        """
        with self.journal.alone:
            flights = self.journal.progress.flights
            taken = {app for a, flight in flights.items() if a != self.address for app in flight.moving}
            ours = tuple(sorted({*self.flight.moving}.intersection(here).union(ready) - taken))
            if ours != self.flight.moving:
                self.journal.append(Moving(self.address, ours))
            return ours

    def note(self, why: str) -> None:
        """Tell the operator, once: whoever takes over does not say it again."""
        if redacted(why) not in self.flight.noted:
            self.journal.append(Noted(self.address, why))

    @property
    def instances_in_flight(self) -> frozenset[str]:
        """What load balancers may call the instances of nodes in flight."""
        instances = (flight.node.instance for flight in self.journal.progress.flights.values())
        return frozenset(name for instance in instances for name in (instance.id, instance.private_ip))

    def flies(self, agent_id: str) -> bool:
        """Whether the agent's node is in flight."""
        return any(flight.node.agent_id == agent_id for flight in self.journal.progress.flights.values())

    def shared(self, member: Member) -> bool:
        """Whether another member of the same service is being moved now: its plans are then not COMPLETE."""
        return any(other.service == member.service for other in self.journal.progress.held - {member})
