"""bake-image: Packer builds the AMI, once for all nodes. It is known by its tag, so a resume finds it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from dcosmaint.errors import NO_LOGIN, Fatal, LoginLost
from dcosmaint.model import Child, Roll, Waiting
from dcosmaint.ports import Ec2Reads, PackerActs, PackerReads


@dataclass(frozen=True)
class BakeImage:
    name: ClassVar[str] = "bake-image"
    roll: Roll
    ec2: Ec2Reads
    packer: PackerReads
    acts: PackerActs

    def run(self) -> Iterator[Waiting]:
        ours = False  # a build that failed before our time is tried again; one that failed under our eyes is not
        while True:
            child = self.packer.child()  # asked first: when it has ended, the AMI is there or never will be
            image = self.ec2.baked(self.roll.id)
            if image is not None and image.state == "available":
                return
            if image is None and not (child and child.running):
                if ours and child:
                    _judge(child)
                self.acts.bake(self.roll.id)
            ours = True
            says = child.says if child and child.running else ""
            yield Waiting(
                "packer to build the AMI", says or (image.state if image else ""), self.roll.policy.waits.apply
            )


def _judge(child: Child) -> None:
    if child.code == 0:
        raise Fatal("packer ended well, and no AMI carries the tag dcosmaint:roll: does the template set it?")
    if child.login_lost:
        raise LoginLost(f"packer: {NO_LOGIN} Nothing else was touched. It said: {child.error}")
    raise Fatal(f"packer failed: {child.error or 'no exit code is known'}. Nothing else was touched.")
