"""moto's load balancers of one region, which send traffic to whom the World says.

moto itself drains no connections, finds every running target healthy at once, and says N/A of each.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from moto.core.responses import ActionResult
from moto.elb.exceptions import ELBClientError
from moto.elb.models import ELBBackend
from moto.elb.responses import ELBResponse
from moto.elbv2.exceptions import InvalidTargetError
from moto.elbv2.models import ELBv2Backend, FakeHealthStatus

from dcosmaint.sandbox.served.pace import Pace
from dcosmaint.sandbox.world import Rejected, World
from dcosmaint.sandbox.world.state import Balancer

SENTENCES = {
    "healthy": ("InService", "N/A"),
    "draining": ("InService", "Instance deregistration currently in progress."),
    "initial": ("OutOfService", "Instance registration is still in progress."),
    "unhealthy": ("OutOfService", "Instance has failed at least the UnhealthyThreshold number of health checks."),
    "": ("OutOfService", "Instance is not currently registered with the LoadBalancer."),
}
REASONS = {
    "draining": "Target.DeregistrationInProgress",
    "initial": "Elb.RegistrationInProgress",
    "unhealthy": "Target.FailedHealthChecks",
}


class WorldElb(ELBBackend):
    """Classic ones. Bind it by setting `pace`."""

    __module__ = ELBBackend.__module__  # moto derives the module of a service's URLs from it

    pace: Pace | None = None

    def add(self, balancer: Balancer, subnets: list[str]) -> None:
        listener = {"load_balancer_port": "80", "instance_port": "80", "protocol": "tcp"}
        self.create_load_balancer(balancer.shape.name, [], [listener], subnets=subnets)

    def describe_load_balancers(self, names: list[str]) -> Any:
        found = super().describe_load_balancers(names)
        if self.pace:
            with self.pace as world:
                for balancer in found:
                    balancer.instance_sparse_ids = _listed(world, balancer.name)
        return found

    def describe_instance_health(self, lb_name: str, instances: list[dict[str, str]]) -> list[dict[str, Any]]:
        """One that is being drained is told of where it is asked for by name, as AWS documents it, and not else."""
        if not self.pace:
            return super().describe_instance_health(lb_name, instances)
        super().describe_instance_health(lb_name, instances)  # says what it says of a load balancer that is unknown
        with self.pace as world:
            states = world.balancers.known(world.balancers.all[lb_name])
            asked = [each["InstanceId"] for each in instances] or _listed(world, lb_name)
            said = [(instance, *SENTENCES[states.get(instance, "")]) for instance in asked]
        return [{"InstanceId": instance, "State": state, "Description": says} for instance, state, says in said]

    def register_instances(self, load_balancer_name: str, instance_ids: Any, *args: Any, **kwargs: Any) -> Any:
        if self.pace:
            with self.pace as world:
                for instance in instance_ids:
                    try:
                        world.balancers.register(load_balancer_name, instance)
                    except Rejected as error:
                        raise ELBClientError("InvalidInstance", str(error)) from error
        return super().register_instances(load_balancer_name, instance_ids, *args, **kwargs)

    def deregister_instances(self, load_balancer_name: str, instance_ids: Any, *args: Any, **kwargs: Any) -> Any:
        if self.pace:
            with self.pace as world:
                for instance in instance_ids:
                    world.balancers.deregister(load_balancer_name, instance)
        return super().deregister_instances(load_balancer_name, instance_ids, *args, **kwargs)


class WorldElbV2(ELBv2Backend):
    """Target groups. Bind it by setting `pace`."""

    __module__ = ELBv2Backend.__module__

    pace: Pace | None = None

    def add(self, balancer: Balancer, vpc_id: str) -> None:
        """Under the ARN that the World has given it."""
        shape = balancer.shape
        asked = {"vpc_id": vpc_id, "protocol": "HTTP", "port": str(shape.port), "target_type": shape.kind}
        group = self.create_target_group(shape.name, **asked)
        del self.target_groups[group.arn]
        group.arn = balancer.arn
        self.target_groups[balancer.arn] = group

    def describe_target_health(self, target_group_arn: str, targets: list[dict[str, Any]]) -> list[FakeHealthStatus]:
        if not self.pace:
            return super().describe_target_health(target_group_arn, targets)
        super().describe_target_health(target_group_arn, targets)
        with self.pace as world:
            balancer = world.balancers.all[target_group_arn]
            states, port = world.balancers.known(balancer), str(balancer.port)
        return [FakeHealthStatus(target, port, port, state, REASONS.get(state)) for target, state in states.items()]

    def register_targets(self, target_group_arn: str, instances: list[Any]) -> None:
        if not self.pace:
            return super().register_targets(target_group_arn, instances)
        with self.pace as world:
            for target in instances:
                try:
                    world.balancers.register(target_group_arn, target["Id"])
                except Rejected as error:
                    raise InvalidTargetError from error

    def deregister_targets(self, target_group_arn: str, instances: list[dict[str, Any]]) -> None:
        if not self.pace:
            return super().deregister_targets(target_group_arn, instances)
        with self.pace as world:
            for target in instances:
                world.balancers.deregister(target_group_arn, target["Id"])


def _listed(world: World, name: str) -> list[str]:
    states = world.balancers.known(world.balancers.all[name])
    return [target for target, state in states.items() if state != "draining"]


@contextmanager
def sentences_of_instances() -> Iterator[None]:
    """moto says N/A of every instance; the World says more."""
    before = ELBResponse.describe_instance_health

    def describe_instance_health(self: ELBResponse) -> ActionResult:
        if not isinstance(self.elb_backend, WorldElb):
            return before(self)
        asked = self._get_param("LoadBalancerName"), self._get_param("Instances", [])
        return ActionResult({"InstanceStates": self.elb_backend.describe_instance_health(*asked)})

    ELBResponse.describe_instance_health = describe_instance_health  # type: ignore[method-assign]  # no other hook
    try:
        yield
    finally:
        ELBResponse.describe_instance_health = before  # type: ignore[method-assign]  # for others in this process
