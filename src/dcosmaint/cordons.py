"""Steering cordons (R8): the planner says which agents take nothing new for a while; here that is brought about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain

from dcosmaint.errors import DcosmaintError, Fatal, LeaseUnread, NodeFailed, Retryable
from dcosmaint.journal import Journal
from dcosmaint.lines import Cordoned, Uncordoned
from dcosmaint.model import Cordon, Inventory, marks
from dcosmaint.ports import MesosActs


class Cordons:
    """Those of one roll. Only what is in its journal is ever lifted."""

    def __init__(
        self, journal: Journal, mesos: MesosActs, now: Callable[[], float], warn: Callable[[str], None]
    ) -> None:
        self._journal, self._mesos, self._now, self._warn = journal, mesos, now, warn
        self._stuck: dict[str, float] = {}  # agents whose cordon is to be lifted, and since when that fails

    @property
    def _how(self) -> Cordon:
        return self._journal.roll.cordon

    def steer(self, wanted: Sequence[str], inventory: Inventory) -> None:
        """The line comes first: a cordon that is not in our journal would never be lifted.

        Raises `Fatal` when one could not be lifted for as long as anybody should wait; it stays in the journal.
        """
        self._find(inventory)
        cordoned = {agent.id for agent in inventory.agents if agent.deactivated}
        for agent in wanted:
            if agent not in self._journal.progress.steered:
                self._journal.append(Cordoned(agent, _where(agent, inventory)))
            if agent not in cordoned:
                self._mesos.cordon(agent, self._how)
        unwanted = [agent for agent in self._journal.progress.steered if agent not in wanted]
        failed = {agent: error for agent in unwanted if (error := self._lift(agent, inventory))}
        self._stuck = {agent: self._stuck.get(agent, self._now()) for agent in failed}
        for agent, error in failed.items():
            self._endure(agent, error)

    def _find(self, inventory: Inventory) -> None:
        """What bears the name of this roll where none of its nodes is in flight: after a kill, or a comeback."""
        progress, roll = self._journal.progress, self._journal.roll.id
        known = {flight.node.agent_id for flight in progress.flights.values()} | {*progress.steered}
        for agent in inventory.agents:
            if agent.id not in known and roll in marks(agent, inventory.windows, (roll,)):
                self._journal.append(Cordoned(agent.id, _where(agent.id, inventory)))

    def _lift(self, agent: str, inventory: Inventory) -> DcosmaintError | None:
        """Each by itself: one that can't be lifted yet, for the reason returned, does not keep the others."""
        try:
            self._mesos.uncordon(agent, self._how)
        except Retryable as error:
            if isinstance(error, LeaseUnread) or _may_answer(agent, inventory):
                return error
            called, by_hand = self._journal.progress.called(agent), self._how.by_hand(agent)
            self._warn(f"{called} is not registered any more: should it come back, {by_hand}")
        except NodeFailed as error:
            self._warn(str(error))
        self._journal.append(Uncordoned(agent))
        return None

    def _endure(self, agent: str, error: DcosmaintError) -> None:
        patience, called = self._journal.roll.policy.waits.stalled, self._journal.progress.called(agent)
        if self._now() - self._stuck[agent] > patience:
            by_hand = f", {self._how.by_hand(agent)} does it by hand" if self._how.method == "deactivate" else ""
            raise Fatal(
                f"{called} can't be uncordoned in {patience:.0f} s: {error}. Nothing is placed on it:"
                f" `dcosmaint resume` tries again{by_hand}"
            )
        self._warn(f"{error}: it is tried again")


def _where(agent: str, inventory: Inventory) -> str:
    """What people know it by: its node's address, or its private IP where it is no node of ours."""
    nodes = (node.address for node in inventory.nodes if node.agent_id == agent)
    ips = (listed.private_ip for listed in inventory.agents if listed.id == agent)
    return next(chain(nodes, ips), "")


def _may_answer(agent: str, inventory: Inventory) -> bool:
    """Whether it is listed, or may be back any moment since the master failed over."""
    failover = any(finding.rule == "recovered-agents" for finding in inventory.blockers)
    return failover or agent in {listed.id for listed in inventory.agents}
