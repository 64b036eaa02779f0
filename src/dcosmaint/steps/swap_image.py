"""swap-image: the AMI's id goes into Terraform's variables or code, and nothing else there changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from dcosmaint.journal import Journal
from dcosmaint.model import Roll, Waiting
from dcosmaint.ports import Ec2Reads, TerraformActs, TerraformReads
from dcosmaint.steps.looks import wanted_ami


@dataclass(frozen=True)
class SwapImage:
    name: ClassVar[str] = "swap-image"
    roll: Roll
    ec2: Ec2Reads
    terraform: TerraformReads
    acts: TerraformActs

    def run(self) -> Iterator[Waiting]:
        while group := next(self._behind(), ""):
            self.acts.swap(group, wanted_ami(self.roll, group, self.ec2))
            if group in self._behind():
                yield Waiting(f"Terraform to name the AMI of {group}", "", self.roll.policy.waits.apply)

    def _behind(self) -> Iterator[str]:
        """Groups whose code or variables do not name the wanted AMI yet."""
        named = self.terraform.images()
        return (g for g in sorted(self.roll.images) if named.get(g) != wanted_ami(self.roll, g, self.ec2))


@dataclass(frozen=True)
class RestoreImage(SwapImage):
    """The AMI that Terraform named before a roll goes back in, once no node needs the new one any more."""

    name: ClassVar[str] = "restore-image"
    journal: Journal

    def run(self) -> Iterator[Waiting]:
        while flying := [address for address, flight in self.journal.progress.flights.items() if not flight.stopped]:
            yield Waiting("the nodes in flight to end", ", ".join(flying), float("inf"))
        yield from super().run()
