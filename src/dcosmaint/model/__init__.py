"""The words of the field as frozen values. Nothing here reads, waits or decides.

Times are seconds since the epoch on the clock of whoever wrote them: `Agent.registered_at` is the
Mesos master's, `Instance.launched_at` is AWS's, everything in a journal is ours.
"""

from __future__ import annotations

from dcosmaint.model.balancers import (
    DRAINING,
    HEALTHY,
    INITIAL,
    UNUSED,
    Balancer,
    Registration,
    Target,
)
from dcosmaint.model.capabilities import (
    CAPABILITIES,
    DEACTIVATE,
    KEEP_IDENTITY,
    MARK_GONE,
    Capability,
    ClusterFacts,
)
from dcosmaint.model.inventory import (
    Data,
    Finding,
    Inventory,
    Node,
    kept_off,
    marks,
)
from dcosmaint.model.manner import DEACTIVATION, Cordon, Manner, Method
from dcosmaint.model.platform import (
    Agent,
    Agents,
    Apart,
    Change,
    Child,
    Framework,
    Image,
    Instance,
    Placed,
    Task,
    Units,
    Volume,
    WorkDir,
)
from dcosmaint.model.policy import (
    BY_NAME,
    Policy,
    Waits,
)
from dcosmaint.model.roll import (
    CORDON,
    Admission,
    Ended,
    Flight,
    Progress,
    Refusal,
    Roll,
    Waiting,
)
from dcosmaint.model.services import (
    App,
    Partition,
    Pod,
    Service,
)
from dcosmaint.model.terms import Terms
from dcosmaint.model.windows import Window
from dcosmaint.model.words import (
    NOTHING,
    RENEWING,
    Fate,
    Member,
    Resources,
    Verdict,
    Work,
    counted,
    natural,
    some,
)

__all__ = [
    "BY_NAME",
    "CAPABILITIES",
    "CORDON",
    "DEACTIVATE",
    "DEACTIVATION",
    "DRAINING",
    "HEALTHY",
    "INITIAL",
    "KEEP_IDENTITY",
    "MARK_GONE",
    "NOTHING",
    "RENEWING",
    "UNUSED",
    "Admission",
    "Agent",
    "Agents",
    "Apart",
    "App",
    "Balancer",
    "Capability",
    "Change",
    "Child",
    "ClusterFacts",
    "Cordon",
    "Data",
    "Ended",
    "Fate",
    "Finding",
    "Flight",
    "Framework",
    "Image",
    "Instance",
    "Inventory",
    "Manner",
    "Member",
    "Method",
    "Node",
    "Partition",
    "Placed",
    "Pod",
    "Policy",
    "Progress",
    "Refusal",
    "Registration",
    "Resources",
    "Roll",
    "Service",
    "Target",
    "Task",
    "Terms",
    "Units",
    "Verdict",
    "Volume",
    "Waiting",
    "Waits",
    "Window",
    "Work",
    "WorkDir",
    "counted",
    "kept_off",
    "marks",
    "natural",
    "some",
]
