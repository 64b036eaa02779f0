"""How the nodes of a roll are emptied: what keeps new work off them, and whether members move before or after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Method = Literal["deactivate", "reserve", "maintenance", "none"]


@dataclass(frozen=True)
class Cordon:
    """One way to keep new work off an agent, and whose it is.

    Mesos keeps no name with a deactivation. A reservation and a maintenance window bear the roll's id.
    """

    method: Method
    rolls: tuple[str, ...] = ()  # a new one bears the first; those of all of them are ours to lift

    def __str__(self) -> str:
        return self.method

    @property
    def shown(self) -> str:
        """What an agent is called that is under it."""
        return {"deactivate": "deactivated", "reserve": "set apart"}.get(self.method, "scheduled for maintenance")

    def by_hand(self, agent_id: str) -> str:
        """The command that lifts it without its roll."""
        if self.method == "deactivate":
            return f"`dcos node reactivate {agent_id}`"
        return f"`dcosmaint resume {self.rolls[0]}`" if self.rolls else "`dcosmaint doctor` names it"


DEACTIVATION = Cordon("deactivate")


@dataclass(frozen=True)
class Manner:
    """Decided when a roll is planned, and kept by everybody who goes on with it.

    `replace-first`: members move while their node still runs, and each is away for as long as its re-sync takes.
    `replace-last`: they are replaced once a new node stands in its place, and are away for as long as that takes too.
    """

    cordon: Method = "deactivate"
    order: Literal["replace-first", "replace-last"] = "replace-first"
    because: str = ""  # why, where nobody ordered it
    marks_gone: bool = False  # Mesos can be told of an agent that it is gone for good

    @property
    def airtight(self) -> bool:
        """Whether nothing can be placed on a node in flight, not even by the owner of a reservation there."""
        return self.cordon == "deactivate"

    @property
    def leaks(self) -> bool:
        """Whether there is a cordon that has to be made good in every round, and may be broken all the same."""
        return self.cordon == "reserve"

    @property
    def empties(self) -> bool:
        """Whether members may move first: what leaves a node is placed elsewhere, always or nearly so."""
        return self.cordon in ("deactivate", "reserve")

    @property
    def marked(self) -> bool:
        """Whether it bears the name of its roll, and may so be left on a node where nobody else has to do with it."""
        return self.cordon in ("reserve", "maintenance")

    @property
    def stays(self) -> bool:
        """Whether it is one of the machine, and lifted once the agent has left."""
        return self.cordon == "maintenance"

    @property
    def last(self) -> bool:
        return self.order == "replace-last"


MEMBERS_FIRST = Manner()
"""What journals mean that say nothing of it."""
