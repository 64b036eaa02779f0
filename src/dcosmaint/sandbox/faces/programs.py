"""Terraform and Packer as a World has them: programs outlive who began them, but who resumes never learns their end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dcosmaint.model import Change, Child, Placed
from dcosmaint.sandbox.faces.passage import Passage
from dcosmaint.sandbox.world.program import Program


class Terraform:
    """`TerraformReads` and `TerraformActs`."""

    def __init__(self, passage: Passage) -> None:
        self._passage = passage
        self._world = passage.world
        self._ours: list[int] = []
        self._built = -1
        self._placed: tuple[Placed, ...] = ()

    def placed(self) -> tuple[Placed, ...]:
        return self._passage.read("terraform", self._read_state)

    def companions(self, addresses: Sequence[str], types: Sequence[str]) -> tuple[str, ...]:
        """Once nothing of them is left in the state, only a plan tells of them."""
        terraform = self._world.terraform
        told = "aws_volume_attachment" in types and bool(terraform.attachments.state or terraform.planned)
        return self._passage.read("terraform", lambda: terraform.attachments.of(addresses)) if told else ()

    def child(self) -> Child | None:
        return self._passage.read("terraform", lambda: _child(self._world.terraform.newest, self._ours))

    def changes(self) -> tuple[Change, ...]:
        return self._passage.read("terraform", self._read_plan)

    def images(self) -> Mapping[str, str]:
        return self._passage.read("terraform", lambda: dict(self._world.terraform.images))

    def exposed(self) -> tuple[str, ...]:
        terraform = self._world.terraform
        return self._passage.read("terraform", lambda: tuple(sorted(terraform.images)) if terraform.exposed else ())

    def plan(self, addresses: Sequence[str], companions: Sequence[str], images: Mapping[str, str]) -> None:
        self._passage.act("terraform", lambda: self._began(self._world.terraform.plan(addresses, images, companions)))

    def apply(self) -> None:
        self._passage.act("terraform", lambda: self._began(self._world.terraform.apply()))

    def swap(self, group: str, ami: str) -> None:
        self._passage.act("terraform", lambda: self._world.terraform.swap(group, ami))

    def interrupt(self) -> None:
        self._passage.act("terraform", self._world.terraform.interrupt)

    def _began(self, program: Program) -> None:
        self._ours.append(program.pid)

    def _read_state(self) -> tuple[Placed, ...]:
        if self._built != self._world.terraform.changes:
            self._built = self._world.terraform.changes
            machines = self._world.ground.machines
            state = sorted(self._world.terraform.state.items())
            found = ((address, machines[instance]) for address, instance in state)
            self._placed = tuple(Placed(address, m.group, m.id, m.private_ip) for address, m in found)
        return self._placed

    def _read_plan(self) -> tuple[Change, ...]:
        plan = self._world.terraform.planned
        return tuple(
            Change(drift.address, drift.type, drift.actions, drift.ami, replaces=len(drift.actions) > 1)
            for drift in (plan.found if plan else ())
        )


class Packer:
    """`PackerReads` and `PackerActs`."""

    def __init__(self, passage: Passage) -> None:
        self._passage = passage
        self._world = passage.world
        self._ours: list[int] = []

    def child(self) -> Child | None:
        return self._passage.read("packer", lambda: _child(self._world.packer.newest, self._ours))

    def bake(self, roll: str) -> None:
        self._passage.act("packer", lambda: self._ours.append(self._world.packer.bake(roll).pid))

    def interrupt(self) -> None:
        self._passage.act("packer", self._world.packer.interrupt)


def _child(program: Program | None, ours: Sequence[int]) -> Child | None:
    """Nobody but its parent learns how a program ended."""
    if program is None:
        return None
    known = program.pid in ours and not program.running
    code, error = (program.code, program.error) if known else (None, "")
    lost = "ExpiredToken" in error
    return Child(program.what, program.pid, program.running, code, program.subject, program.says, error, lost)
