"""What shall go wrong. Plain attributes: set one and it is so from then on, empty it and it is over."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from dcosmaint.sandbox.world.program import Drift
from dcosmaint.sandbox.world.shape import Size


@dataclass
class Faults:
    never_register: set[str] = field(default_factory=set)  # addresses whose new agents never come
    attributes: dict[str, dict[str, str]] = field(default_factory=dict)  # address → what its new agents register with
    sizes: dict[str, Size] = field(default_factory=dict)  # address → the same for resources
    flags: dict[str, dict[str, str]] = field(default_factory=dict)  # address → start flags of its new agents
    amis: dict[str, str] = field(default_factory=dict)  # address → what its new instances are launched with instead
    plan_fails: str = ""  # what terraform says
    apply_fails: str = ""  # what terraform says; the last of the addresses is then not created
    locked: str = ""  # who holds the lock of Terraform's state beside us
    bake_fails: str = ""  # what packer says
    unrelated: tuple[Drift, ...] = ()  # shows up in every plan
    api: dict[str, int] = field(default_factory=dict)  # port (mesos, services, ec2, …) → how many calls fail next
    wire: dict[str, list[str]] = field(default_factory=dict)  # port → names of `wire.WIRE` that befall its next calls
    host_keys: set[str] = field(default_factory=set)  # instances that show another SSH host key than they had
    hangs: set[str] = field(default_factory=set)  # instances on which SSH takes a command and never answers
    masterless: bool = False  # the leading master knows no agent yet
    login_expired: bool = False  # DC/OS takes our token no more, and nobody can renew it
    disk_full: bool = False  # of the machine that the tool runs on
    unfinished: set[str] = field(default_factory=set)  # service/pod whose recovery never becomes COMPLETE
    cordons: set[str] = field(default_factory=set)  # agents that somebody else has deactivated
    calls: Counter[str] = field(default_factory=Counter)  # that something befell, by its name
    happened: Counter[str] = field(default_factory=Counter)  # by name of the fault


class Rejected(Exception):
    """An answer that is none: what HTTP would say with this status."""

    def __init__(self, status: int, says: str) -> None:
        super().__init__(says)
        self.status = status
