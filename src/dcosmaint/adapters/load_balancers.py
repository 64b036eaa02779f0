"""What sends traffic to instances: classic load balancers, and target groups of the newer ones.

Only a target group itself says whom it carries, so it costs a call for each one in the instances' networks, however
many instances are asked for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dcosmaint.adapters.aws import translated

Carried = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Reached:
    """What a target may call an instance."""

    id: str
    private_ip: str
    network: str  # VPC id


@dataclass(frozen=True)
class LoadBalancers:
    """`classic` and `newer` are boto3's clients of elb and elbv2."""

    classic: Any
    newer: Any

    def carrying(self, instances: Sequence[Reached]) -> Carried:
        """Instance id → names, sorted; an instance that nothing sends traffic to is left out."""
        found = defaultdict(set)
        for target, name in (*self._classic(), *self._groups({instance.network for instance in instances})):
            for instance in instances:
                if target in (instance.id, instance.private_ip):
                    found[instance.id].add(name)
        return {instance: tuple(sorted(names)) for instance, names in found.items()}

    def _classic(self) -> Iterator[tuple[str, str]]:
        with translated("elasticloadbalancing:DescribeLoadBalancers"):
            for page in self.classic.get_paginator("describe_load_balancers").paginate():
                for balancer in page["LoadBalancerDescriptions"]:
                    for instance in balancer["Instances"]:
                        yield instance["InstanceId"], balancer["LoadBalancerName"]

    def _groups(self, networks: set[str]) -> Iterator[tuple[str, str]]:
        with translated("elasticloadbalancing:DescribeTargetGroups"):
            pages = list(self.newer.get_paginator("describe_target_groups").paginate())
        groups = [group for page in pages for group in page["TargetGroups"] if group.get("VpcId") in networks]
        for group in groups:
            with translated("elasticloadbalancing:DescribeTargetHealth"):
                health = self.newer.describe_target_health(TargetGroupArn=group["TargetGroupArn"])
            for target in health["TargetHealthDescriptions"]:
                yield target["Target"]["Id"], group["TargetGroupName"]
