"""Target groups of application and network load balancers: they know a target by instance id or by IP, and by port.

Only a target group itself says whom it sends traffic to, so a survey costs a call for each one in the instances'
networks, however many instances there are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from dcosmaint.adapters.aws import code_of, translated
from dcosmaint.errors import Fatal, NodeFailed
from dcosmaint.model import DRAINING, UNUSED, Balancer, Target

MISSING = "TargetGroupNotFound"
NO_TARGET = "InvalidTarget"
NOT_REGISTERED, NOT_IN_USE = "Target.NotRegistered", "Target.NotInUse"


@dataclass(frozen=True)
class TargetGroups:
    """`client` is boto3's of `elbv2`."""

    client: Any

    def of(self, networks: Collection[str]) -> Iterator[tuple[Balancer, tuple[Target, ...]]]:
        """All of these VPCs."""
        with translated("elasticloadbalancing:DescribeTargetGroups"):
            pages = list(self.client.get_paginator("describe_target_groups").paginate())
            groups = [group for page in pages for group in page["TargetGroups"] if group.get("VpcId") in networks]
            found = [Balancer(group["TargetGroupName"], group["TargetGroupArn"]) for group in groups]
        for balancer in found:
            yield balancer, self.targets(balancer.arn) or ()

    def targets(self, arn: str) -> tuple[Target, ...] | None:
        """None where there is no such target group. One that is being drained is listed until that is over."""
        try:
            with translated("elasticloadbalancing:DescribeTargetHealth"):
                said = self.client.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
                return tuple(sorted(target for each in said if (target := _target(each))))
        except Fatal as error:
            if code_of(error.__cause__) == MISSING:
                return None
            raise

    def deregister(self, arn: str, target: str, port: int) -> None:
        """One that is not registered is gone."""
        self._act("deregister_targets", "DeregisterTargets", arn, {"Id": target, "Port": port})

    def register(self, arn: str, target: str, port: int) -> None:
        if not self._act("register_targets", "RegisterTargets", arn, {"Id": target, "Port": port}):
            raise NodeFailed(f"target group {arn} does not take {target}: see that it runs, in the group's network")

    def _act(self, method: str, action: str, arn: str, target: dict[str, Any]) -> bool:
        """False where the group has no use for this target. A group that is gone is seen by whoever looks next."""
        try:
            with translated(f"elasticloadbalancing:{action}"):
                getattr(self.client, method)(TargetGroupArn=arn, Targets=[target])
        except Fatal as error:
            code = code_of(error.__cause__)
            if code not in (MISSING, NO_TARGET):
                raise
            return code != NO_TARGET
        return True


def _target(said: Any) -> Target | None:
    """None for one that is not registered. A target that is stopped is called unused as well: that one lacks health."""
    target, health = said["Target"], said["TargetHealth"]
    state, reason = health["State"], health.get("Reason", "")
    if reason == NOT_REGISTERED:
        return None
    if state.endswith(DRAINING):
        state = DRAINING
    elif state == UNUSED and reason != NOT_IN_USE:
        state = "unhealthy"
    return Target(target["Id"], target.get("Port", 0), state)
