"""EC2 as moto serves it, and as it answers when something is wrong with it or with us."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from dcosmaint.adapters.ec2 import Account, Ec2, outliving
from dcosmaint.adapters.load_balancers import LoadBalancers
from dcosmaint.errors import DcosmaintError, Fatal, LoginLost, NodeFailed, Retryable, Usage
from tests.adapters.endpoint import Endpoint, fault, serving

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

REGION = "us-east-1"
UNKNOWN = "i-0123456789abcdef0"


@contextmanager
def opened(endpoint: str, profile: str = "") -> Iterator[Ec2]:
    account = Account(REGION, profile, endpoint)
    with closing(LoadBalancers(account)) as balancers, closing(Ec2(account, balancers)) as made:
        yield made


@pytest.fixture
def adapter(moto_server: str) -> Iterator[Ec2]:
    with opened(moto_server) as made:
        yield made


@contextmanager
def client(endpoint: str) -> Iterator[EC2Client]:
    made = boto3.client("ec2", endpoint_url=endpoint, region_name=REGION)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def ec2(moto_server: str) -> Iterator[EC2Client]:
    """What a test arranges by itself. What other tests left behind is in nobody's way: every id is new."""
    with client(moto_server) as made:
        yield made


@pytest.fixture(scope="module")
def ami(moto_server: str) -> str:
    """One of the many that moto has from the start."""
    with client(moto_server) as made:
        images = made.describe_images(Filters=[{"Name": "architecture", "Values": ["x86_64"]}])["Images"]
    return images[0]["ImageId"]


def launch(ec2: EC2Client, ami: str, count: int = 1) -> list[str]:
    launched = ec2.run_instances(ImageId=ami, MinCount=count, MaxCount=count, InstanceType="m5.large")["Instances"]
    return [instance["InstanceId"] for instance in launched]


# ---- instances


def test_an_instance_is_read_whole(ec2: EC2Client, adapter: Ec2, ami: str) -> None:
    [name] = launch(ec2, ami)
    raw = ec2.describe_instances(InstanceIds=[name])["Reservations"][0]["Instances"][0]
    [found] = adapter.in_full([name])
    assert adapter.instances([name]) == (found,)
    assert (found.id, found.ami, found.state, found.architecture) == (name, ami, "running", "x86_64")
    assert (found.private_ip, found.zone) == (raw["PrivateIpAddress"], raw["Placement"]["AvailabilityZone"])
    assert found.launched_at == raw["LaunchTime"].timestamp()
    assert (found.protected, found.scaling_group, found.balancers) == (False, "", ())


def test_volumes_that_are_kept_when_it_is_terminated_are_told_and_its_root_is_none_of_them(
    ec2: EC2Client, adapter: Ec2, ami: str
) -> None:
    [name] = launch(ec2, ami)
    zone = ec2.describe_instances(InstanceIds=[name])["Reservations"][0]["Instances"][0]["Placement"]
    assert adapter.instances([name])[0].outlived_by == ()
    kept = [ec2.create_volume(AvailabilityZone=zone["AvailabilityZone"], Size=8)["VolumeId"] for _ in range(2)]
    for volume, device in zip(kept, ("/dev/xvdf", "/dev/xvdg"), strict=True):
        ec2.attach_volume(VolumeId=volume, InstanceId=name, Device=device)
    assert adapter.instances([name])[0].outlived_by == tuple(sorted(kept))
    assert adapter.in_full([name])[0].outlived_by == tuple(sorted(kept))


@pytest.mark.parametrize(
    ("device", "kept"),
    [
        ({"DeviceName": "/dev/sdf", "Ebs": {"VolumeId": "vol-1", "DeleteOnTermination": False}}, ("vol-1",)),
        ({"DeviceName": "/dev/sdf", "Ebs": {"VolumeId": "vol-1"}}, ("vol-1",)),
        ({"DeviceName": "/dev/sdf", "Ebs": {"VolumeId": "vol-1", "DeleteOnTermination": True}}, ()),
        ({"DeviceName": "/dev/sda1", "Ebs": {"VolumeId": "vol-1", "DeleteOnTermination": False}}, ()),
        ({"DeviceName": "/dev/sdb", "VirtualName": "ephemeral0"}, ()),
    ],
)
def test_r2_a_volume_that_is_not_said_to_go_with_its_instance_is_kept(
    device: dict[str, Any], kept: tuple[str, ...]
) -> None:
    raw = {"RootDeviceName": "/dev/sda1", "BlockDeviceMappings": [device]}
    assert tuple(outliving(raw)) == kept


def test_unknown_ids_are_left_out_and_the_order_is_the_asked_one(ec2: EC2Client, adapter: Ec2, ami: str) -> None:
    names = sorted(launch(ec2, ami, 3), reverse=True)
    asked = [names[0], UNKNOWN, *names[1:], "no-id", names[0]]
    assert [found.id for found in adapter.instances(asked)] == names
    assert adapter.instances([UNKNOWN]) == adapter.instances([]) == ()


def test_a_fleet_larger_than_one_filter_is_read_whole(ec2: EC2Client, adapter: Ec2, ami: str) -> None:
    names = launch(ec2, ami, 230)
    assert [found.id for found in adapter.instances(names)] == names


def test_a_terminated_instance_is_still_told(ec2: EC2Client, adapter: Ec2, ami: str) -> None:
    [name] = launch(ec2, ami)
    adapter.terminate(name)
    assert [found.state for found in adapter.instances([name])] == ["terminated"]


def test_the_scaling_group_that_would_heal_it_is_told(ec2: EC2Client, adapter: Ec2, ami: str) -> None:
    [name] = launch(ec2, ami)
    ec2.create_tags(Resources=[name], Tags=[{"Key": "aws:autoscaling:groupName", "Value": "agents"}])
    assert adapter.instances([name])[0].scaling_group == "agents"


# ---- termination


def test_terminating_twice_or_what_is_forgotten_is_fine(ec2: EC2Client, adapter: Ec2, ami: str) -> None:
    [name] = launch(ec2, ami)
    for instance in (name, name, UNKNOWN):
        adapter.terminate(instance)
    assert adapter.instances([name])[0].state == "terminated"


def test_a_protected_instance_is_told_and_fails_its_node_with_the_remedy(
    ec2: EC2Client, adapter: Ec2, ami: str
) -> None:
    [name] = launch(ec2, ami)
    ec2.modify_instance_attribute(InstanceId=name, DisableApiTermination={"Value": True})
    assert adapter.in_full([name])[0].protected
    with pytest.raises(NodeFailed, match=f"{name} has termination protection.*--instance-id {name} --no-disable"):
        adapter.terminate(name)
    assert adapter.instances([name])[0].state == "running"


# ---- images


def bake(ec2: EC2Client, ami: str, roll: str) -> str:
    [builder] = launch(ec2, ami)
    baked = ec2.create_image(InstanceId=builder, Name=f"agents-{roll}-{builder}")["ImageId"]
    ec2.create_tags(Resources=[baked], Tags=[{"Key": "dcosmaint:roll", "Value": roll}])
    return baked


def test_an_ami_is_read_and_an_unknown_one_is_none(ec2: EC2Client, adapter: Ec2, ami: str) -> None:
    baked = bake(ec2, ami, "roll-0")
    found = adapter.image(baked)
    assert found
    assert found.name.startswith("agents-roll-0-")
    assert (found.id, found.state, found.architecture) == (baked, "available", "x86_64")
    assert adapter.image("ami-0123456789abcdef0") is None
    ec2.deregister_image(ImageId=baked)
    assert adapter.image(baked) is None


def test_the_newest_ami_that_a_roll_baked_is_found_by_its_tag(ec2: EC2Client, adapter: Ec2, ami: str) -> None:
    assert adapter.baked("roll-1") is None
    bake(ec2, ami, "roll-1")
    time.sleep(1.1)  # the age of an AMI is told in seconds
    newest = bake(ec2, ami, "roll-1")
    bake(ec2, ami, "roll-2")
    found = adapter.baked("roll-1")
    assert found
    assert found.id == newest


# ---- what can go wrong


def described(item: str) -> str:
    """An answer with one instance."""
    whole = f"<reservationSet><item><instancesSet><item>{item}</item></instancesSet></item></reservationSet>"
    return f"<DescribeInstancesResponse>{whole}</DescribeInstancesResponse>"


@pytest.mark.parametrize(
    ("status", "body", "kind", "says"),
    [
        (503, fault("RequestLimitExceeded"), Retryable, "AWS did not do ec2:DescribeInstances now"),
        (500, fault("Whatever"), Retryable, "AWS did not do"),
        (200, "<html>a proxy's login page", Retryable, "AWS did not answer ec2:DescribeInstances"),
        (
            403,
            fault("UnauthorizedOperation"),
            Usage,
            "does not allow ec2:DescribeInstances .*: give them that permission",
        ),
        (400, fault("RequestExpired"), LoginLost, "log in again, or check the clock"),
        (401, fault("AuthFailure"), LoginLost, "does not take these credentials"),
        (400, fault("InvalidParameterValue"), Fatal, "AWS refused ec2:DescribeInstances"),
    ],
)
def test_what_aws_answers_says_what_may_be_done(status: int, body: str, kind: type[DcosmaintError], says: str) -> None:
    with serving(Endpoint(status, body)) as address, opened(address) as adapter:
        with pytest.raises(kind, match=says) as failed:
            adapter.instances([UNKNOWN])
        assert type(failed.value) is kind


def test_an_endpoint_that_is_not_there_is_retryable() -> None:
    with opened("http://127.0.0.1:1") as adapter, pytest.raises(Retryable, match="AWS did not answer"):
        adapter.instances([UNKNOWN])


def test_an_answer_that_lacks_a_field_proves_nothing() -> None:
    body = described(f"<instanceId>{UNKNOWN}</instanceId><instanceState><name>terminated</name></instanceState>")
    lacks = pytest.raises(Retryable, match="lacks 'ImageId': it proves nothing")
    with serving(Endpoint(200, body)) as address, opened(address) as adapter, lacks:
        adapter.instances([UNKNOWN])


def test_an_answer_to_another_question_proves_nothing() -> None:
    body = "<DescribeSomethingResponse><somethingSet/></DescribeSomethingResponse>"
    lacks = pytest.raises(Retryable, match="ec2:DescribeImages lacks 'Images': it proves nothing")
    with serving(Endpoint(200, body)) as address, opened(address) as adapter, lacks:
        adapter.image("ami-1")


def test_a_thousand_ids_cost_five_calls() -> None:
    endpoint = Endpoint(200, "<DescribeInstancesResponse><reservationSet/></DescribeInstancesResponse>")
    with serving(endpoint) as address, opened(address) as adapter:
        assert adapter.instances([f"i-{number:017x}" for number in range(1000)]) == ()
    assert endpoint.actions == ["DescribeInstances"] * 5


def test_a_poll_of_an_instance_costs_one_call_and_a_survey_more() -> None:
    item = (
        f"<instanceId>{UNKNOWN}</instanceId><imageId>ami-1</imageId><architecture>x86_64</architecture>"
        "<placement><availabilityZone>us-east-1a</availabilityZone></placement>"
        "<instanceState><name>running</name></instanceState><launchTime>2024-01-01T00:00:00Z</launchTime>"
    )
    endpoint = Endpoint(200, described(item))
    with serving(endpoint) as address, opened(address) as adapter:
        [seen] = adapter.instances([UNKNOWN])
        assert endpoint.actions == ["DescribeInstances"]
        with pytest.raises(Retryable, match="DescribeLoadBalancers lacks"):
            adapter.in_full([UNKNOWN])
    assert (seen.id, seen.state, seen.zone) == (UNKNOWN, "running", "us-east-1a")


def test_a_console_that_nobody_lets_us_read_says_nothing() -> None:
    with serving(Endpoint(403, fault("UnauthorizedOperation"))) as address, opened(address) as adapter:
        assert adapter.console(UNKNOWN) == ""


def test_a_console_is_read_as_text() -> None:
    body = "<GetConsoleOutputResponse><output>Ym9vdGVkCg==</output></GetConsoleOutputResponse>"
    with serving(Endpoint(200, body)) as address, opened(address) as adapter:
        assert adapter.console(UNKNOWN) == "booted\n"


def without_credentials(patch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        patch.delenv(name)


def test_missing_credentials_are_the_operators_to_get(moto_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    without_credentials(monkeypatch)
    with (
        opened(moto_server) as adapter,
        pytest.raises(LoginLost, match=r"Unable to locate credentials\. Log in to AWS"),
    ):
        adapter.instances([UNKNOWN])


def test_an_image_that_is_not_shared_with_us_is_none_and_no_lost_login() -> None:
    said = fault("AuthFailure").replace("words", "Not authorized for images: [ami-12c6146b]")
    with serving(Endpoint(401, said)) as address, opened(address) as adapter:
        assert adapter.image("ami-12c6146b") is None


def test_an_unknown_profile_is_the_configurations_fault(moto_server: str) -> None:
    with pytest.raises(Usage, match=r"profile \(nowhere\) could not be found.*aws\.profile"):
        LoadBalancers(Account(REGION, "nowhere", moto_server))
