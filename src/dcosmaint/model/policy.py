"""How fast a roll goes, how much may be lost, and for how long anything is waited for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from dcosmaint.model.manner import Method
from dcosmaint.model.words import Fate


@dataclass(frozen=True)
class Waits:
    """Patience: seconds without progress after which a node is held."""

    place: float = 900.0
    start: float = 900.0
    stalled: float = 7200.0
    stop: float = 600.0
    terminate: float = 600.0
    apply: float = 1200.0
    register: float = 900.0
    connections: float = 4500.0  # longer than the hour that a load balancer may drain them
    tasks: float = 7200.0  # of frameworks that nobody here moves


BY_NAME = ("data-loss", "differs", "no-proof", "service-unsupported")
"""Rules whose risk is taken for one subject at a time, never for all at once."""


Moves = Literal["auto", "refuse", "ignore"]
"""Whether members of a service are moved by us: as their kind needs it, never, or by the operator (`ignore`)."""


@dataclass(frozen=True)
class Policy:
    """How fast, and how much may be lost. Journalled with the roll: a resume keeps what it began with."""

    strategy: Literal["batch", "window"] = "batch"
    batch_size: int = 1
    max_in_flight: int = 10
    default_cap: int = 1
    caps: Mapping[str, int] = field(default_factory=dict)
    min_isr: Mapping[str, int] = field(default_factory=dict)  # by service, where the default is not wanted
    moves: Mapping[str, Moves] = field(default_factory=dict)  # by service, where the operator says whose they are
    frameworks: Mapping[str, Fate] = field(default_factory=dict)  # neither Marathon nor SDK services; else refuse
    canary: int = 1
    soak: float = 120.0
    max_failures: int = 0
    max_tasks_lost: float = 0.1  # share of the tasks that no node in flight had, above which nobody starts
    order: Literal["auto", "replace-first", "replace-last"] = "auto"
    cordon: Literal["auto"] | Method = "auto"
    move_apps: bool = True  # instances of apps leave a node one by one, before it is stopped
    stop_order: Literal["auto", "docker-first", "agent-first"] = "auto"
    work_dir: Literal["", "fresh", "keep"] = ""  # of agents, where a volume outlives the instance; "": nobody has said
    waits: Waits = Waits()
    deadline: float = 0.0  # seconds from the roll's first line, after which nobody starts; 0 for none
    accepted: tuple[str, ...] = ()  # RULE or RULE=SUBJECT
    companions: tuple[str, ...] = ()  # resource types that may be re-created with their node

    def cap(self, service: str) -> int:
        return self.caps.get(service, self.default_cap)

    def ignores(self, service: str) -> bool:
        """Whether its operator looks after it: its members stay on their nodes, and go down with them."""
        return self.moves.get(service) == "ignore"

    @property
    def waited(self) -> tuple[str, ...]:
        """Frameworks whose tasks a node waits for."""
        return tuple(sorted(name for name, fate in self.frameworks.items() if fate == "wait"))

    def accepts(self, rule: str, *subjects: str) -> bool:
        """Whether the operator took this risk."""
        whole = rule in self.accepted and rule not in BY_NAME
        return whole or any(f"{rule}={subject}" in self.accepted for subject in subjects)
