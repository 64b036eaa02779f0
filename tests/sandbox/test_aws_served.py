"""EC2 as the World has it, asked with boto3."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from dcosmaint.sandbox.served.aws import Aws, Image
from dcosmaint.sandbox.served.founding import found
from dcosmaint.sandbox.served.host_keys import HostKeys
from dcosmaint.sandbox.served.pace import Pace
from dcosmaint.sandbox.world import Shape, World

OLD, NEW = Image("ami-0aaaaaaaaaaaaaaa1", "old"), Image("ami-0aaaaaaaaaaaaaaa2", "new")
ADDRESS = "aws_instance.node[{}]"
SHAPE = Shape(nodes=3, public=1, services=(), apps=(), same_ip=1.0, balancers=())


@dataclass
class Bench:
    """Three nodes, the last one public. Time stands still but for `pace.skip`."""

    aws: Aws
    ec2: Any
    world: World
    pace: Pace
    keys: HostKeys

    def launch(self, number: int, ami: str = NEW.id) -> dict[str, Any]:
        return launch(self.aws, self.ec2, number, ami)

    def describe(self, instance_id: str) -> dict[str, Any]:
        seen: dict[str, Any] = self.ec2.describe_instances(InstanceIds=[instance_id])["Reservations"][0]["Instances"][0]
        return seen

    def state(self, instance_id: str) -> str:
        return str(self.describe(instance_id)["State"]["Name"])

    def node(self, number: int) -> str:
        return self.world.terraform.state[ADDRESS.format(number)]


def launch(aws: Aws, ec2: Any, number: int, ami: str) -> dict[str, Any]:
    tags = {"dcosmaint:address": ADDRESS.format(number), "dcosmaint:public": str(number == 2).lower()}
    launched: dict[str, Any] = ec2.run_instances(
        ImageId=ami, MinCount=1, MaxCount=1, InstanceType="m5.2xlarge", SubnetId=aws.subnets[SHAPE.zones[number]],
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": k, "Value": v} for k, v in tags.items()]}],
    )["Instances"][0]  # fmt: skip
    return launched


@pytest.fixture
def bench() -> Iterator[Bench]:
    with a_bench(SHAPE) as bench:
        yield bench


@contextmanager
def a_bench(shape: Shape) -> Iterator[Bench]:
    aws = Aws(network=73)
    aws.start()
    aws.found(shape.zones, (OLD, NEW))
    ec2 = boto3.client("ec2", endpoint_url=aws.endpoint, config=Config(retries={"max_attempts": 0}))
    for number in range(3):
        launch(aws, ec2, number, OLD.id)
    if shape.volumes:
        aws.attach()
    world = found(shape, aws.nodes(), (OLD, NEW), time.time())
    pace, keys = Pace(world, 0.0), HostKeys()
    aws.follow(pace, keys.console)
    yield Bench(aws, ec2, world, pace, keys)
    ec2.close()
    aws.stop()


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def test_the_first_instances_are_the_nodes_of_the_world(bench: Bench) -> None:
    machines = list(bench.world.ground.machines.values())
    assert [machine.address for machine in machines] == [ADDRESS.format(number) for number in range(3)]
    assert [machine.public for machine in machines] == [False, False, True]
    assert [machine.private_ip.rsplit(".", 1)[0] for machine in machines] == ["127.73.20", "127.73.21", "127.73.22"]
    assert all(machine.agent_id for machine in machines)
    assert [bench.describe(machine.id)["PrivateIpAddress"] for machine in machines] == [m.private_ip for m in machines]


def test_an_instance_is_terminated_when_the_world_says_so(bench: Bench) -> None:
    instance = bench.node(0)
    bench.ec2.terminate_instances(InstanceIds=[instance])
    assert bench.state(instance) == "shutting-down"
    bench.pace.skip(40.0)
    assert bench.state(instance) == "terminated"


def test_somebody_else_s_termination_is_seen_too(bench: Bench) -> None:
    with bench.pace as world:
        world.vanish(bench.node(1))
    assert bench.state(bench.node(1)) == "shutting-down"


def test_a_launched_instance_boots_at_its_predecessor_s_address_and_time(bench: Bench) -> None:
    old = bench.describe(bench.node(0))
    bench.ec2.terminate_instances(InstanceIds=[old["InstanceId"]])
    bench.pace.skip(100.0)
    new = bench.launch(0)
    assert (new["State"]["Name"], new["PrivateIpAddress"]) == ("pending", old["PrivateIpAddress"])
    assert abs(new["LaunchTime"].timestamp() - bench.world.now) < 2
    bench.pace.skip(30.0)
    assert bench.state(new["InstanceId"]) == "running"
    bench.pace.skip(300.0)
    agent = bench.world.ground.agents[bench.world.machine(new["InstanceId"]).agent_id]
    assert (agent.listed, agent.machine.ami) == (True, NEW.id)


def test_a_volume_that_outlives_its_instance_is_attached_to_the_next_one_at_its_address() -> None:
    with a_bench(replace(SHAPE, volumes="work-dir")) as bench:
        old = bench.world.machine(bench.node(0))
        (kept,) = _kept(bench.describe(old.id))
        assert kept == old.volume
        bench.ec2.terminate_instances(InstanceIds=[old.id])
        bench.pace.skip(60.0)
        assert _kept(bench.describe(old.id)) == []
        new = bench.launch(0)["InstanceId"]
        assert _kept(bench.describe(new)) == [kept]
        assert bench.world.machine(new).agent_id == old.agent_id


def _kept(instance: dict[str, Any]) -> list[str]:
    volumes = [each["Ebs"] for each in instance["BlockDeviceMappings"]]
    return [volume["VolumeId"] for volume in volumes if not volume["DeleteOnTermination"]]


def test_an_address_in_use_is_not_given_twice(bench: Bench) -> None:
    old = bench.describe(bench.node(0))
    new = bench.launch(0)
    assert new["PrivateIpAddress"] != old["PrivateIpAddress"]


def test_an_ami_that_does_not_exist_launches_nothing(bench: Bench) -> None:
    with pytest.raises(ClientError) as error:
        bench.launch(0, ami="ami-0ffffffffffffffff")
    assert code(error) == "InvalidAMIID.NotFound"
    assert len(bench.world.ground.machines) == 3


def test_capacity_may_be_missing_for_a_while(bench: Bench) -> None:
    bench.world.faults.api["capacity"] = 1
    with pytest.raises(ClientError) as error:
        bench.launch(0)
    assert code(error) == "InsufficientInstanceCapacity"
    assert bench.launch(0)["State"]["Name"] == "pending"


def test_requests_may_be_throttled(bench: Bench) -> None:
    bench.world.faults.api["ec2"] = 1
    with pytest.raises(ClientError) as error:
        bench.state(bench.node(0))
    assert code(error) == "RequestLimitExceeded"
    assert bench.state(bench.node(0)) == "running"


def test_a_protected_instance_stays(bench: Bench) -> None:
    instance = bench.node(0)
    bench.ec2.modify_instance_attribute(InstanceId=instance, DisableApiTermination={"Value": True})
    with pytest.raises(ClientError) as error:
        bench.ec2.terminate_instances(InstanceIds=[instance])
    assert code(error) == "OperationNotPermitted"
    assert bench.world.machine(instance).state == "running"


def test_an_image_of_a_builder_is_an_ami_with_the_roll_that_baked_it(bench: Bench) -> None:
    builder = bench.ec2.run_instances(ImageId=OLD.id, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    image = bench.ec2.create_image(InstanceId=builder, Name="baked")["ImageId"]
    bench.ec2.create_tags(Resources=[image], Tags=[{"Key": "dcosmaint:roll", "Value": "r1"}])
    filters = [{"Name": "tag:dcosmaint:roll", "Values": ["r1"]}]
    seen = bench.ec2.describe_images(Owners=["self"], Filters=filters)["Images"]
    assert [(found["ImageId"], found["State"], found["Architecture"]) for found in seen] == [
        (image, "available", "x86_64")
    ]
    newest = bench.world.cloud.newest_ami("r1")
    assert newest is not None
    assert newest.id == image
    assert builder not in bench.world.ground.machines


def test_the_console_shows_the_host_key(bench: Bench) -> None:
    instance = bench.node(0)
    output = bench.ec2.get_console_output(InstanceId=instance)["Output"]
    key = bench.keys.of(instance)
    between = output.partition("BEGIN SSH HOST KEY KEYS-----\n")[2].partition("-----END")[0]
    assert between.split()[:2] == [key.get_name(), key.get_base64()]


def test_a_reboot_through_ec2_takes_the_node_down(bench: Bench) -> None:
    bench.ec2.reboot_instances(InstanceIds=[bench.node(0)])
    assert bench.world.machine(bench.node(0)).rebooting
    bench.pace.skip(120.0)
    assert not bench.world.machine(bench.node(0)).rebooting
