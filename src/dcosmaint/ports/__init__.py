"""What the core asks of the world, in its own words. Reading ports stand apart from acting ones.

Every method may raise `Retryable` (no answer, or one that proves nothing), `NodeFailed` (it concerns one
node and will not pass) or `Fatal`. No other exception of a foreign library leaves an adapter.
"""

from __future__ import annotations

from dcosmaint.ports.acting import (
    BalancerActs,
    Ec2Acts,
    KeyActs,
    Lease,
    MarathonActs,
    MesosActs,
    PackerActs,
    ServiceActs,
    TerraformActs,
    UnitActs,
)
from dcosmaint.ports.reading import (
    BalancerReads,
    Ec2Reads,
    HealthReads,
    MarathonReads,
    MesosReads,
    PackerReads,
    ServiceReads,
    TerraformReads,
    UnitReads,
)
from dcosmaint.ports.step import Step

__all__ = [
    "BalancerActs",
    "BalancerReads",
    "Ec2Acts",
    "Ec2Reads",
    "HealthReads",
    "KeyActs",
    "Lease",
    "MarathonActs",
    "MarathonReads",
    "MesosActs",
    "MesosReads",
    "PackerActs",
    "PackerReads",
    "ServiceActs",
    "ServiceReads",
    "Step",
    "TerraformActs",
    "TerraformReads",
    "UnitActs",
    "UnitReads",
]
