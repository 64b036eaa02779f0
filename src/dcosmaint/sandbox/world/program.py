"""A program that somebody began, and what a terraform plan found."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Drift:
    """One line of a saved Terraform plan."""

    address: str
    actions: tuple[str, ...]
    ami: str = ""
    type: str = "aws_instance"


@dataclass(eq=False)
class Program:
    """A packer or terraform that was begun. It lives here, so it outlives a tool that was killed."""

    what: str  # bake, plan, apply
    pid: int
    subject: tuple[str, ...]
    running: bool = True
    code: int | None = None
    says: str = ""
    error: str = ""
    images: dict[str, str] = field(default_factory=dict)  # of a plan: group → AMI
    companions: tuple[str, ...] = ()  # what a plan was also for
    found: tuple[Drift, ...] = ()  # of a plan that ended well
    waited: float = 0.0  # seconds, for somebody else's lock
    serial: int = 0  # of the state that a plan was made for
    by: str = "tool"  # who began it

    def end(self, error: str = "") -> None:
        """It ends, with an error or well. One that has ended stays as it is."""
        if self.running:
            self.running, self.error = False, error
            self.code = 1 if error else 0
            self.says = error or "complete"
