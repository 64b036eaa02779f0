"""What sends traffic to instances, and how an instance is known to it."""

from __future__ import annotations

from dataclasses import dataclass

HEALTHY, INITIAL, DRAINING, UNUSED = "healthy", "initial", "draining", "unused"
"""States of a target, in AWS's words of the newer kind. Unused is one that no traffic is sent to at all."""


@dataclass(frozen=True, order=True)
class Balancer:
    """A classic load balancer, or a target group of a newer one (ALB, NLB)."""

    name: str
    arn: str = ""  # of the target group; a classic load balancer goes by its name

    @property
    def id(self) -> str:
        return self.arn or self.name


@dataclass(frozen=True, order=True)
class Target:
    """Something that is registered with a load balancer, or that it drains still."""

    id: str  # an instance id, or a private IP
    port: int  # 0 with a classic load balancer: its listeners have it
    state: str  # of those above, or another word for not healthy


@dataclass(frozen=True, order=True)
class Registration:
    """An instance as one load balancer knew it when it was surveyed."""

    balancer: Balancer
    target: str
    port: int = 0
    by_ip: bool = False  # its successor is registered by its own private IP, else by its instance id
    state: str = HEALTHY
    others: int = 0  # healthy targets beside it

    @property
    def key(self) -> tuple[str, str, int]:
        """What tells it from others, however healthy it is."""
        return self.balancer.id, self.target, self.port
