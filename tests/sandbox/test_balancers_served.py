"""Load balancers as the World has them, asked by the adapters over the wire: moto itself drains no connections."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import boto3
import pytest

from dcosmaint.adapters.aws import Account
from dcosmaint.adapters.ec2 import Ec2
from dcosmaint.adapters.load_balancers import LoadBalancers
from dcosmaint.errors import NodeFailed
from dcosmaint.model import Registration, Target
from dcosmaint.sandbox.served.aws import Aws, Image
from dcosmaint.sandbox.served.founding import found
from dcosmaint.sandbox.served.pace import Pace
from dcosmaint.sandbox.world import BalancerShape, Shape, World

OLD = Image("ami-0aaaaaaaaaaaaaaa1", "old")
KINDS = ("classic", "instance", "ip")
SHAPE = Shape(nodes=2, public=2, services=(), apps=(), balancers=tuple(BalancerShape(kind, kind) for kind in KINDS))


@dataclass
class Bench:
    """Two public nodes behind three load balancers. Time stands still but for `pace.skip`."""

    adapter: LoadBalancers
    ec2: Ec2
    world: World
    pace: Pace

    def surveyed(self) -> dict[str, Registration]:
        """By name, as the first node is registered."""
        machine = next(iter(self.world.ground.machines.values()))
        return {each.balancer.name: each for each in self.ec2.in_full([machine.id])[0].balancers}

    def targets(self, each: Registration) -> list[Target]:
        """Those of them that are the first node."""
        found = self.adapter.targets(each.balancer, each.target) or ()
        return [target for target in found if target.id == each.target]


@pytest.fixture(scope="module")
def served() -> Iterator[Bench]:
    """One for all: each test leaves the first node registered and healthy, as it found it."""
    aws = Aws(network=74)
    aws.start()
    aws.found(SHAPE.zones, (OLD,))
    client = boto3.client("ec2", endpoint_url=aws.endpoint, region_name="us-east-1")
    for number, subnet in enumerate([*aws.subnets.values()][:2]):
        tags = {"dcosmaint:address": f"aws_instance.node[{number}]", "dcosmaint:public": "true"}
        client.run_instances(
            ImageId=OLD.id, MinCount=1, MaxCount=1, InstanceType="m5.large", SubnetId=subnet,
            TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": k, "Value": v} for k, v in tags.items()]}],
        )  # fmt: skip
    client.close()
    world = found(SHAPE, aws.nodes(), (OLD,), 1_700_000_000.0)
    pace = Pace(world, 0.0)
    aws.follow(pace, lambda instance: "")
    account = Account("us-east-1", "", aws.endpoint)
    with closing(LoadBalancers(account)) as adapter, closing(Ec2(account, adapter)) as ec2:
        yield Bench(adapter, ec2, world, pace)
    aws.stop()


def test_a_survey_finds_each_kind_with_who_else_is_healthy(served: Bench) -> None:
    machine = next(iter(served.world.ground.machines.values()))
    told = served.surveyed().items()
    said = {name: (each.target, each.port, each.by_ip, each.state, each.others) for name, each in told}
    assert said == {
        "classic": (machine.id, 0, False, "healthy", 1),
        "instance": (machine.id, 80, False, "healthy", 1),
        "ip": (machine.private_ip, 80, True, "healthy", 1),
    }


@pytest.mark.parametrize("kind", KINDS)
def test_connections_are_drained_and_health_takes_its_time(served: Bench, kind: str) -> None:
    each = served.surveyed()[kind]
    served.adapter.deregister(each.balancer, each.target, each.port)
    assert [target.state for target in served.targets(each)] == ["draining"]
    served.pace.skip(31.0)
    assert served.targets(each) == []
    assert kind not in served.surveyed()
    served.adapter.register(each.balancer, each.target, each.port)
    assert [target.state for target in served.targets(each)] == ["initial"]
    served.pace.skip(31.0)
    assert [target.state for target in served.targets(each)] == ["healthy"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_target_that_does_not_exist_is_not_taken(served: Bench, kind: str) -> None:
    each = served.surveyed()[kind]
    unknown = "10.9.9.9" if each.by_ip else "i-0123456789abcdef0"
    with pytest.raises(NodeFailed, match=f"does not take {unknown}"):
        served.adapter.register(each.balancer, unknown, each.port)
