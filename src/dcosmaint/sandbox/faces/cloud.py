"""EC2 as a World has it."""

from __future__ import annotations

from collections.abc import Sequence

from dcosmaint.errors import NodeFailed
from dcosmaint.model import Image, Instance
from dcosmaint.sandbox.faces.balancers import registrations
from dcosmaint.sandbox.faces.kept import Kept
from dcosmaint.sandbox.faces.passage import Passage
from dcosmaint.sandbox.world import Rejected
from dcosmaint.sandbox.world.state import Ami, Machine

REMEMBERED = 3600.0
"""Seconds for which EC2 still lists a terminated instance."""


class Ec2:
    """`Ec2Reads` and `Ec2Acts`."""

    def __init__(self, passage: Passage) -> None:
        self._passage = passage
        self._world = passage.world
        self._kept: Kept[Instance] = Kept()

    def instances(self, ids: Sequence[str]) -> tuple[Instance, ...]:
        return self._passage.read(
            "ec2", lambda: tuple(Instance(*_plain(m), outlived_by=_kept(m)) for m in self._known(ids))
        )

    def in_full(self, ids: Sequence[str]) -> tuple[Instance, ...]:
        return self._passage.read("ec2", lambda: tuple(map(self._in_full, self._known(ids))))

    def image(self, ami: str) -> Image | None:
        return self._passage.read("ec2", lambda: _image(self._world.cloud.amis.get(ami)))

    def baked(self, roll: str) -> Image | None:
        return self._passage.read("ec2", lambda: _image(self._world.cloud.newest_ami(roll)))

    def terminate(self, instance_id: str) -> None:
        self._passage.act("ec2", lambda: self._terminate(instance_id))

    def _in_full(self, machine: Machine) -> Instance:
        truth = (*_plain(machine), machine.protected, registrations(self._world, machine), _kept(machine))
        return self._kept.get(machine.id, truth, lambda: Instance(*truth))

    def _known(self, ids: Sequence[str]) -> list[Machine]:
        since = self._world.now - REMEMBERED
        machines = self._world.ground.machines
        found = [machines[instance_id] for instance_id in ids if instance_id in machines]
        return [machine for machine in found if not 0 < machine.terminated_at < since]

    def _terminate(self, instance_id: str) -> None:
        try:
            self._world.cloud.terminate(instance_id)
        except Rejected as error:
            raise NodeFailed(f"EC2 refuses to terminate {instance_id}: {error}") from error


def _plain(machine: Machine) -> tuple[str, str, str, str, str, float, str, str]:
    """What `DescribeInstances` says by itself, in the order of `Instance`."""
    return (
        machine.id,
        machine.ami,
        machine.private_ip,
        machine.zone,
        machine.state,
        machine.launched_at,
        machine.architecture,
        machine.scaling_group,
    )


def _kept(machine: Machine) -> tuple[str, ...]:
    """Of one that is terminated EC2 tells no volumes."""
    return (machine.volume,) if machine.volume and machine.state != "terminated" else ()


def _image(ami: Ami | None) -> Image | None:
    return Image(ami.id, ami.name, ami.state, ami.architecture) if ami else None
