"""Classic load balancers: they know instances by id, and their listeners have the ports.

The API of 2012-06-01 tells a state by a word and a sentence. One whose connections are drained is InService still: only
the sentence says that it is on its way out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from dcosmaint.adapters.aws import code_of, translated
from dcosmaint.errors import Fatal, NodeFailed
from dcosmaint.model import DRAINING, HEALTHY, INITIAL, Balancer, Target

MISSING = ("AccessPointNotFound", "LoadBalancerNotFound")
NO_TARGET = "InvalidInstance"
LEAVES, COMES = "deregistration currently in progress", "registration is still in progress"
IS_NOT_THERE = "not currently registered"


@dataclass(frozen=True)
class ClassicBalancers:
    """`client` is boto3's of `elb`."""

    client: Any

    def of(self, instances: Collection[str]) -> Iterator[tuple[Balancer, tuple[Target, ...]]]:
        """Those that one of these instances is registered with. A call for each of them, and one for a page of all."""
        with translated("elasticloadbalancing:DescribeLoadBalancers"):
            pages = list(self.client.get_paginator("describe_load_balancers").paginate())
            found = [balancer for page in pages for balancer in page["LoadBalancerDescriptions"]]
            names = [
                balancer["LoadBalancerName"]
                for balancer in found
                if any(instance["InstanceId"] in instances for instance in balancer["Instances"])
            ]
        for name in names:
            yield Balancer(name), self._health(name) or ()

    def targets(self, name: str, of: str) -> tuple[Target, ...] | None:
        """A second call where `of` is not among them: whether one that is being drained is listed, nobody documents."""
        targets = self._health(name)
        if targets is None or any(target.id == of for target in targets):
            return targets
        alone = self._health(name, of) or ()
        return tuple(sorted((*targets, *(target for target in alone if target.state == DRAINING))))

    def deregister(self, name: str, instance: str) -> None:
        """One that is not registered, or unknown, is gone."""
        self._act("deregister_instances_from_load_balancer", "DeregisterInstancesFromLoadBalancer", name, instance)

    def register(self, name: str, instance: str) -> None:
        if not self._act("register_instances_with_load_balancer", "RegisterInstancesWithLoadBalancer", name, instance):
            raise NodeFailed(f"load balancer {name} does not take {instance}: see that both are in the same network")

    def _act(self, method: str, action: str, name: str, instance: str) -> bool:
        """False where it has no use for this instance. That it is gone itself is seen by whoever looks next."""
        try:
            with translated(f"elasticloadbalancing:{action}"):
                getattr(self.client, method)(LoadBalancerName=name, Instances=[{"InstanceId": instance}])
        except Fatal as error:
            code = code_of(error.__cause__)
            if code not in (*MISSING, NO_TARGET):
                raise
            return code != NO_TARGET
        return True

    def _health(self, name: str, *instances: str) -> tuple[Target, ...] | None:
        """None where there is no such load balancer."""
        asked = {"Instances": [{"InstanceId": instance} for instance in instances]} if instances else {}
        try:
            with translated("elasticloadbalancing:DescribeInstanceHealth"):
                said = self.client.describe_instance_health(LoadBalancerName=name, **asked)["InstanceStates"]
                states = [(each["InstanceId"], each["State"], each.get("Description", "")) for each in said]
        except Fatal as error:
            code = code_of(error.__cause__)
            if code in MISSING:
                return None
            if code == NO_TARGET and instances:  # EC2 has forgotten it
                return ()
            raise
        found = (Target(instance, 0, _state(state, says)) for instance, state, says in states if _is_there(says))
        return tuple(sorted(found))


def _is_there(says: str) -> bool:
    return IS_NOT_THERE not in says


def _state(state: str, says: str) -> str:
    if LEAVES in says:
        return DRAINING
    if COMES in says:
        return INITIAL
    return HEALTHY if state == "InService" else "unhealthy"
