"""Attachments of volumes that Terraform manages: each hangs on a node, and its state loses one with its instance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dcosmaint.sandbox.world.cloud import Cloud
from dcosmaint.sandbox.world.ground import Ground
from dcosmaint.sandbox.world.program import Drift
from dcosmaint.sandbox.world.state import Machine

TYPE, NODES = "aws_volume_attachment", "aws_instance"


class Attachments:
    def __init__(self, ground: Ground, cloud: Cloud, nodes: Mapping[str, str]) -> None:
        """`nodes`: address → instance id, as Terraform's state has them."""
        self._ground, self._cloud, self._nodes = ground, cloud, nodes
        self.state: dict[str, str] = {}  # address → the instance that the volume was attached to

    def of(self, nodes: Iterable[str]) -> tuple[str, ...]:
        """By the code: each node has one."""
        return tuple(_renamed(node, NODES, TYPE) for node in nodes) if self._ground.shape.attachments else ()

    def found(self, machine: Machine) -> None:
        """An instance that has always been there, with its volume."""
        self.state.update(dict.fromkeys(self.of([machine.address]), machine.id))

    def missing(self, targets: Iterable[str]) -> list[Drift]:
        """What a plan for these would make."""
        drifts = []
        for address in sorted(targets):
            instance = self._nodes.get(_renamed(address, TYPE, NODES))
            gone = instance is None or self._ground.machines[instance].state == "terminated"
            if gone or self.state.get(address) != instance:
                drifts.append(Drift(address, ("create",), type=TYPE))
        return drifts

    def refresh(self, nodes: Iterable[str]) -> None:
        """An apply begins with what EC2 has: what hung on a terminated instance leaves the state."""
        for address in self.of(nodes):
            instance = self.state.get(address)
            if instance and self._ground.machines[instance].state == "terminated":
                del self.state[address]

    def make(self, address: str) -> None:
        """The volume that the predecessors of the node's instance had."""
        node = _renamed(address, TYPE, NODES)
        machine = self._ground.machines[self._nodes[node]]
        had = [m for m in self._ground.machines.values() if m.address == node and m.volume and m is not machine]
        self._cloud.attach(machine, max(had, key=lambda m: m.launched_at))
        self.state[address] = machine.id
        self._ground.tell("terraform", "attach", machine, volume=machine.volume)


def _renamed(address: str, before: str, after: str) -> str:
    return address.replace(f"{before}.", f"{after}.", 1)
