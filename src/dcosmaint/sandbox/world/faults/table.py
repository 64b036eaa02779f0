"""Every fault by its name: what it does, and how often a random roll meets it."""

from __future__ import annotations

from dcosmaint.sandbox.world.faults.clouds import CLOUDS
from dcosmaint.sandbox.world.faults.cluster import CLUSTER
from dcosmaint.sandbox.world.faults.fault import Fault
from dcosmaint.sandbox.world.faults.laptop import LAPTOP
from dcosmaint.sandbox.world.faults.nodes import NODES
from dcosmaint.sandbox.world.faults.services import SERVICES
from dcosmaint.sandbox.world.faults.wire import WIRES

FAULTS: dict[str, Fault] = {fault.name: fault for fault in (*WIRES, *CLUSTER, *SERVICES, *NODES, *CLOUDS, *LAPTOP)}
