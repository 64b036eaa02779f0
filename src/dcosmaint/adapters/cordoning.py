"""What each method of a cordon does; `Mesos` asks the one that its caller names."""

from __future__ import annotations

from typing import Protocol

from dcosmaint.model import Agent, Cordon


class Cordoning(Protocol):
    """As in `MesosReads` and `MesosActs`."""

    def cordon(self, agent_id: str, how: Cordon) -> None: ...

    def uncordon(self, agent_id: str, how: Cordon) -> None: ...

    def cordoned(self, agent: Agent, how: Cordon) -> bool: ...

    def lifted(self, agent_id: str, how: Cordon) -> bool: ...


class NoCordon(Cordoning):
    """Nothing keeps work off a node, and nothing is to be lifted."""

    def cordon(self, agent_id: str, how: Cordon) -> None: ...

    def uncordon(self, agent_id: str, how: Cordon) -> None: ...

    def cordoned(self, agent: Agent, how: Cordon) -> bool:
        return True

    def lifted(self, agent_id: str, how: Cordon) -> bool:
        return True
