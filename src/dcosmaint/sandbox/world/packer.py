"""Packer, as a program that takes its time and outlives a tool that was killed."""

from __future__ import annotations

from functools import partial

from dcosmaint.sandbox.world.cloud import Cloud
from dcosmaint.sandbox.world.ground import Ground
from dcosmaint.sandbox.world.program import Program
from dcosmaint.sandbox.world.state import Ami


class Packer:
    def __init__(self, ground: Ground, cloud: Cloud) -> None:
        self._ground = ground
        self._cloud = cloud
        self.newest: Program | None = None

    def bake(self, roll: str, by: str = "tool") -> Program:
        """Five minutes until the AMI is there; for the last one it is known, and pending."""
        self._ground.log.write(by, "bake", roll=roll)
        program = self.newest = Program("bake", 4000 + len(self._cloud.amis), (roll,), says="amazon-ebs: provisioning")
        self._ground.clock.after(240.0, partial(self._image, program, roll))
        return program

    def interrupt(self) -> None:
        if self.newest and self.newest.running:
            self.newest.end("interrupted")

    def _image(self, program: Program, roll: str) -> None:
        if not program.running:
            return
        if why := self._ground.faults.bake_fails:
            program.end(why)
            return
        ami = self._cloud.add_ami(f"dcos-agent-{roll}")
        ami.state, ami.roll = "pending", roll
        program.says = f"amazon-ebs: waiting for {ami.id}"
        self._ground.clock.after(60.0, partial(self._available, program, ami))

    def _available(self, program: Program, ami: Ami) -> None:
        if not program.running:
            return
        ami.state = "available"
        self._cloud.changes += 1
        self._ground.log.write("aws", "ami-available", ami=ami.id, roll=ami.roll)
        program.end()
