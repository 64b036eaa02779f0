"""Site: one cluster, reachable. Every port is bound to it, so no step ever sees a cluster's name or address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dcosmaint.ports import (
    BalancerActs,
    BalancerReads,
    Ec2Acts,
    Ec2Reads,
    HealthReads,
    KeyActs,
    MarathonActs,
    MarathonReads,
    MesosActs,
    MesosReads,
    PackerActs,
    PackerReads,
    ServiceActs,
    ServiceReads,
    TerraformActs,
    TerraformReads,
    UnitActs,
    UnitReads,
)


@dataclass(frozen=True)
class Acts:
    """What changes the world. Steps get it only behind `journal.Logged`: no act without a line."""

    mesos: MesosActs
    services: ServiceActs
    marathon: MarathonActs
    units: UnitActs
    ec2: Ec2Acts
    balancers: BalancerActs
    terraform: TerraformActs
    packer: PackerActs
    keys: KeyActs


def direct(_private_ip: str) -> tuple[str, ...]:
    """The way to a node that is reached without a bastion."""
    return ()


@dataclass(frozen=True)
class Site:
    """What reads the world, and the acts beside it."""

    mesos: MesosReads
    services: ServiceReads
    marathon: MarathonReads
    health: HealthReads
    units: UnitReads
    ec2: Ec2Reads
    balancers: BalancerReads
    terraform: TerraformReads
    packer: PackerReads
    acts: Acts
    bastions: Callable[[str], tuple[str, ...]] = direct  # private IP → the hosts that our own SSH goes through
