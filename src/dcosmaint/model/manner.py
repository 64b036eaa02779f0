"""How the nodes of a roll are emptied: what keeps new work off them, and whether members move before or after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Manner:
    """Decided when a roll is planned, and kept by everybody who goes on with it.

    `replace-first`: members move while their node still runs, and each is away for as long as its re-sync takes.
    `replace-last`: they are replaced once a new node stands in its place, and are away for as long as that takes too.
    """

    cordon: Literal["deactivate", "none"] = "deactivate"
    order: Literal["replace-first", "replace-last"] = "replace-first"
    because: str = ""  # why, where nobody ordered it

    @property
    def airtight(self) -> bool:
        """Whether nothing can be placed on a node in flight, not even by the owner of a reservation there."""
        return self.cordon == "deactivate"

    @property
    def last(self) -> bool:
        return self.order == "replace-last"


MEMBERS_FIRST = Manner()
"""What journals mean that say nothing of it."""
