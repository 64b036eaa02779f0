"""The words of the field as frozen values. Nothing here reads, waits or decides.

Times are seconds since the epoch on the clock of whoever wrote them: `Agent.registered_at` is the
Mesos master's, `Instance.launched_at` is AWS's, everything in a journal is ours.
"""

from __future__ import annotations

from dcosmaint.model.inventory import (
    Finding,
    Inventory,
    Node,
)
from dcosmaint.model.platform import (
    Agent,
    Agents,
    Change,
    Child,
    ClusterFacts,
    Image,
    Instance,
    Placed,
    Task,
    Units,
)
from dcosmaint.model.roll import (
    Admission,
    Ended,
    Flight,
    Policy,
    Progress,
    Refusal,
    Roll,
    Waiting,
    Waits,
)
from dcosmaint.model.services import (
    App,
    Partition,
    Pod,
    Service,
)
from dcosmaint.model.words import (
    NOTHING,
    Member,
    Resources,
    Verdict,
    Work,
    natural,
)

__all__ = [
    "NOTHING",
    "Admission",
    "Agent",
    "Agents",
    "App",
    "Change",
    "Child",
    "ClusterFacts",
    "Ended",
    "Finding",
    "Flight",
    "Image",
    "Instance",
    "Inventory",
    "Member",
    "Node",
    "Partition",
    "Placed",
    "Pod",
    "Policy",
    "Progress",
    "Refusal",
    "Resources",
    "Roll",
    "Service",
    "Task",
    "Units",
    "Verdict",
    "Waiting",
    "Waits",
    "Work",
    "natural",
]
