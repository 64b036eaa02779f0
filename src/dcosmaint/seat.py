"""What the pipeline of one node is built of."""

from __future__ import annotations

from dataclasses import dataclass

from dcosmaint.model import Cordon, Flight, Method, Roll
from dcosmaint.site import Site
from dcosmaint.steps.ours import Ours
from dcosmaint.steps.slots import Slots
from dcosmaint.steps.writer import Writer


@dataclass(frozen=True)
class Seat:
    """What the pipeline of one node is built of. The site's acts are logged under this node's name."""

    flight: Flight
    roll: Roll
    site: Site
    slots: Slots
    writer: Writer

    @property
    def services(self) -> Ours:
        return Ours(self.site.services, self.roll.policy)

    @property
    def inherits(self) -> bool:
        """Whether a node that comes back is under a cordon of an earlier roll of ours."""
        node = self.flight.node
        return node.agent.deactivated if node.agent else node.instance.id in self.roll.silent

    @property
    def lifts(self) -> tuple[Cordon, ...]:
        """What earlier rolls may have left on a node that comes back, under their names."""
        marked: tuple[Method, ...] = ("reserve", "maintenance")
        return tuple(Cordon(method, self.roll.lifts) for method in marked if self.roll.lifts)
