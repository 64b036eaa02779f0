"""The services whose members we move. Steps see no others: what its operator looks after goes down with its node."""

from __future__ import annotations

from dataclasses import dataclass

from dcosmaint.model import Member, Policy, Service
from dcosmaint.ports import ServiceReads


@dataclass(frozen=True)
class Ours(ServiceReads):
    services: ServiceReads
    policy: Policy

    def all(self) -> tuple[Service, ...]:
        return tuple(service for service in self.services.all() if not self.policy.ignores(service.name))

    def one(self, name: str) -> Service:
        return self.services.one(name)

    def rejected(self, member: Member) -> tuple[str, ...]:
        return self.services.rejected(member)
