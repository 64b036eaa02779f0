"""What shall go wrong. Plain attributes: set one and it is so from then on, empty it and it is over."""

from __future__ import annotations

from dataclasses import dataclass, field

from dcosmaint.sandbox.world.program import Drift
from dcosmaint.sandbox.world.shape import Size


@dataclass
class Faults:
    never_register: set[str] = field(default_factory=set)  # addresses whose new agents never come
    attributes: dict[str, dict[str, str]] = field(default_factory=dict)  # address → what its new agents register with
    sizes: dict[str, Size] = field(default_factory=dict)  # address → the same for resources
    flags: dict[str, dict[str, str]] = field(default_factory=dict)  # address → start flags of its new agents
    plan_fails: str = ""  # what terraform says
    apply_fails: str = ""  # what terraform says; the last of the addresses is then not created
    bake_fails: str = ""  # what packer says
    unrelated: tuple[Drift, ...] = ()  # shows up in every plan
    api: dict[str, int] = field(default_factory=dict)  # port (mesos, services, ec2, …) → how many calls fail next


class Rejected(Exception):
    """An answer that is none: what HTTP would say with this status."""

    def __init__(self, status: int, says: str) -> None:
        super().__init__(says)
        self.status = status
