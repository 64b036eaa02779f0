"""What sends traffic to instances: classic load balancers, and target groups of the newer ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dcosmaint.adapters.aws import Account
from dcosmaint.adapters.classic_balancers import ClassicBalancers
from dcosmaint.adapters.target_groups import TargetGroups
from dcosmaint.model import HEALTHY, Balancer, Registration, Target

Carried = Mapping[str, tuple[Registration, ...]]


@dataclass(frozen=True)
class Reached:
    """What a target may call an instance."""

    id: str
    private_ip: str
    network: str  # VPC id


class LoadBalancers:
    """`BalancerReads` and `BalancerActs` of one account and region."""

    def __init__(self, account: Account) -> None:
        self._classic = ClassicBalancers(account.client("elb"))
        self._groups = TargetGroups(account.client("elbv2"))

    def carrying(self, instances: Sequence[Reached]) -> Carried:
        """Instance id → its registrations, sorted; an instance that nothing sends traffic to is left out."""
        names = {name: each for each in instances for name in (each.id, each.private_ip) if name}
        found: dict[str, list[Registration]] = defaultdict(list)
        everything = (
            *self._classic.of({each.id for each in instances}),
            *self._groups.of({each.network for each in instances}),
        )
        for balancer, targets in everything:
            for target in targets:
                if instance := names.get(target.id):
                    by_ip = target.id != instance.id
                    found[instance.id].append(_registration(balancer, target, targets, by_ip=by_ip))
        return {instance: tuple(sorted(registrations)) for instance, registrations in found.items()}

    def targets(self, balancer: Balancer, of: str) -> tuple[Target, ...] | None:
        return self._groups.targets(balancer.arn) if balancer.arn else self._classic.targets(balancer.name, of)

    def deregister(self, balancer: Balancer, target: str, port: int) -> None:
        if balancer.arn:
            self._groups.deregister(balancer.arn, target, port)
        else:
            self._classic.deregister(balancer.name, target)

    def register(self, balancer: Balancer, target: str, port: int) -> None:
        if balancer.arn:
            self._groups.register(balancer.arn, target, port)
        else:
            self._classic.register(balancer.name, target)

    def close(self) -> None:
        """Close the connections that were opened."""
        for part in (self._classic, self._groups):
            part.client.close()


def _registration(balancer: Balancer, target: Target, among: Sequence[Target], *, by_ip: bool) -> Registration:
    others = {other.id for other in among if other.state == HEALTHY and other.id != target.id}
    return Registration(balancer, target.id, target.port, by_ip, target.state, len(others))
