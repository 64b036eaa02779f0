"""Load balancers as moto serves them, and as AWS answers where moto does not: it drains no connections."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
import pytest

from dcosmaint.adapters.aws import Account
from dcosmaint.adapters.ec2 import Ec2
from dcosmaint.adapters.load_balancers import LoadBalancers
from dcosmaint.errors import NodeFailed, Retryable, Usage
from dcosmaint.model import Balancer, Registration, Target
from tests.adapters.endpoint import Endpoint, query_fault, serving

REGION = "us-east-1"
UNKNOWN = "i-0123456789abcdef0"
AMI = "ami-12c6146b"  # one that moto knows from the start
GROUP = Balancer("edge", "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/edge/1")
CLASSIC = Balancer("nowhere")


@contextmanager
def opened(endpoint: str) -> Iterator[LoadBalancers]:
    with closing(LoadBalancers(Account(REGION, "", endpoint))) as made:
        yield made


@pytest.fixture(scope="module")
def adapter(moto_server: str) -> Iterator[LoadBalancers]:
    with opened(moto_server) as made:
        yield made


@dataclass
class Canned:
    """An AWS that says what a test has it say, and the adapter that asks it."""

    endpoint: Endpoint
    adapter: LoadBalancers


@pytest.fixture(scope="module")
def canned() -> Iterator[Canned]:
    endpoint = Endpoint(200, "")
    with serving(endpoint) as address, opened(address) as adapter:
        yield Canned(endpoint, adapter)


class Aws:
    """What a test arranges by itself."""

    def __init__(self, endpoint: str) -> None:
        session: Any = boto3.Session(region_name=REGION)
        self.ec2, self.elb, self.elbv2 = (session.client(n, endpoint_url=endpoint) for n in ("ec2", "elb", "elbv2"))
        asked = {"ImageId": AMI, "MinCount": 4, "MaxCount": 4, "InstanceType": "m5.large"}
        self.instances = self.ec2.run_instances(**asked)["Instances"]

    def classic(self, name: str, *instances: str) -> Balancer:
        listener = {"Protocol": "tcp", "LoadBalancerPort": 80, "InstancePort": 80}
        self.elb.create_load_balancer(LoadBalancerName=name, Listeners=[listener], AvailabilityZones=["us-east-1a"])
        asked = [{"InstanceId": instance} for instance in instances]
        self.elb.register_instances_with_load_balancer(LoadBalancerName=name, Instances=asked)
        return Balancer(name)

    def group(self, name: str, kind: str, *targets: str) -> Balancer:
        asked = {"Name": name, "Protocol": "HTTP", "Port": 8080, "VpcId": self.instances[0]["VpcId"]}
        arn = self.elbv2.create_target_group(**asked, TargetType=kind)["TargetGroups"][0]["TargetGroupArn"]
        self.elbv2.register_targets(TargetGroupArn=arn, Targets=[{"Id": target} for target in targets])
        return Balancer(name, arn)

    def close(self) -> None:
        for client in (self.ec2, self.elb, self.elbv2):
            client.close()


@pytest.fixture(scope="module")
def aws(moto_server: str) -> Iterator[Aws]:
    """Four instances; each test has load balancers of its own."""
    with closing(Aws(moto_server)) as made:
        yield made


# ---- what a survey reads


def test_an_instance_is_told_with_whatever_sends_it_traffic(moto_server: str, aws: Aws, adapter: LoadBalancers) -> None:
    by_ip, ids = aws.instances[1], [instance["InstanceId"] for instance in aws.instances[:3]]
    old = aws.classic("old", *ids[:2])
    by_id, ip = aws.group("by-id", "instance", ids[0]), aws.group("by-ip", "ip", by_ip["PrivateIpAddress"])
    with closing(Ec2(Account(REGION, "", moto_server), adapter)) as ec2:
        found = {instance.id: instance.balancers for instance in ec2.in_full(ids)}
    assert found == {
        ids[0]: (Registration(by_id, ids[0], 8080, others=0), Registration(old, ids[0], others=1)),
        ids[1]: (
            Registration(ip, by_ip["PrivateIpAddress"], 8080, by_ip=True, others=0),
            Registration(old, ids[1], others=1),
        ),
        ids[2]: (),
    }


def test_a_target_that_is_not_healthy_is_nobody_who_takes_the_traffic(aws: Aws, adapter: LoadBalancers) -> None:
    well, stopped = (instance["InstanceId"] for instance in aws.instances[2:])
    group = aws.group("half", "instance", well, stopped)
    aws.ec2.stop_instances(InstanceIds=[stopped])
    assert {target.id: target.state for target in adapter.targets(group, well) or ()} == {
        well: "healthy",
        stopped: "unhealthy",
    }


# ---- leaving and joining, with moto: deregistered is gone at once there


@pytest.mark.parametrize("kind", ["classic", "instance", "ip"])
def test_a_target_leaves_and_another_one_joins(kind: str, aws: Aws, adapter: LoadBalancers) -> None:
    name = "PrivateIpAddress" if kind == "ip" else "InstanceId"
    old, new = (instance[name] for instance in aws.instances[:2])
    balancer = aws.classic("leaving", old) if kind == "classic" else aws.group(f"leaving-{kind}", kind, old)
    port = 8080 if balancer.arn else 0
    assert adapter.targets(balancer, old) == (Target(old, port, "healthy"),)
    for _ in range(2):  # repeated, it does nothing
        adapter.deregister(balancer, old, port)
        assert adapter.targets(balancer, old) == ()
    adapter.register(balancer, new, port)
    assert adapter.targets(balancer, old) == (Target(new, port, "healthy"),)


def test_a_target_group_that_was_deleted_is_none_and_nobody_leaves_it(aws: Aws, adapter: LoadBalancers) -> None:
    [old, *_] = (instance["InstanceId"] for instance in aws.instances)
    group = aws.group("deleted", "instance", old)
    aws.elbv2.delete_target_group(TargetGroupArn=group.arn)
    assert adapter.targets(group, old) is None
    adapter.deregister(group, old, 8080)


def test_a_classic_balancer_that_was_deleted_is_none(adapter: LoadBalancers) -> None:
    assert adapter.targets(CLASSIC, UNKNOWN) is None


# ---- what AWS documents and moto does not do


def classic_health(*states: tuple[str, str, str]) -> str:
    members = "".join(
        f"<member><InstanceId>{who}</InstanceId><State>{state}</State><Description>{says}</Description></member>"
        for who, state, says in states
    )
    whole = f"<DescribeInstanceHealthResult><InstanceStates>{members}</InstanceStates></DescribeInstanceHealthResult>"
    return f"<DescribeInstanceHealthResponse>{whole}</DescribeInstanceHealthResponse>"


def group_health(*states: tuple[str, str, str]) -> str:
    members = "".join(
        f"<member><Target><Id>{who}</Id><Port>80</Port></Target>"
        f"<TargetHealth><State>{state}</State><Reason>{reason}</Reason></TargetHealth></member>"
        for who, state, reason in states
    )
    whole = f"<TargetHealthDescriptions>{members}</TargetHealthDescriptions>"
    whole = f"<DescribeTargetHealthResult>{whole}</DescribeTargetHealthResult>"
    return f"<DescribeTargetHealthResponse>{whole}</DescribeTargetHealthResponse>"


@pytest.mark.parametrize(
    ("state", "says", "means"),
    [
        ("InService", "N/A", "healthy"),
        ("InService", "Instance deregistration currently in progress.", "draining"),
        ("OutOfService", "Instance registration is still in progress.", "initial"),
        ("OutOfService", "Instance has failed at least the UnhealthyThreshold number of checks.", "unhealthy"),
        ("Unknown", "A transient error occurred. Please try again later.", "unhealthy"),
    ],
)
def test_a_classic_balancers_sentences_are_read(canned: Canned, state: str, says: str, means: str) -> None:
    canned.endpoint.say(200, classic_health((UNKNOWN, state, says)))
    assert canned.adapter.targets(CLASSIC, UNKNOWN) == (Target(UNKNOWN, 0, means),)


def test_an_instance_that_a_classic_balancer_drains_is_asked_for_by_name(canned: Canned) -> None:
    all_of_them = classic_health(("i-1", "InService", "N/A"))
    alone = classic_health((UNKNOWN, "InService", "Instance deregistration currently in progress."))
    canned.endpoint.say(200, all_of_them, alone)
    assert canned.adapter.targets(CLASSIC, UNKNOWN) == (Target(UNKNOWN, 0, "draining"), Target("i-1", 0, "healthy"))
    assert [query.get("Instances.member.1.InstanceId") for query in canned.endpoint.asked] == [None, [UNKNOWN]]


def test_an_instance_that_is_not_registered_is_no_target_of_a_classic_balancer(canned: Canned) -> None:
    says = "Instance is not currently registered with the LoadBalancer."
    canned.endpoint.say(200, classic_health(), classic_health((UNKNOWN, "OutOfService", says)))
    assert canned.adapter.targets(CLASSIC, UNKNOWN) == ()


@pytest.mark.parametrize(
    ("state", "reason", "means"),
    [
        ("healthy", "", ["healthy"]),
        ("initial", "Elb.RegistrationInProgress", ["initial"]),
        ("draining", "Target.DeregistrationInProgress", ["draining"]),
        ("unhealthy.draining", "Target.DeregistrationInProgress", ["draining"]),
        ("unused", "Target.NotRegistered", []),
        ("unused", "Target.NotInUse", ["unused"]),
        ("unused", "Target.InvalidState", ["unhealthy"]),
        ("unavailable", "Elb.InternalError", ["unavailable"]),
    ],
)
def test_a_target_groups_words_are_read(canned: Canned, state: str, reason: str, means: list[str]) -> None:
    canned.endpoint.say(200, group_health((UNKNOWN, state, reason)))
    assert [target.state for target in canned.adapter.targets(GROUP, UNKNOWN) or ()] == means


@pytest.mark.parametrize("balancer", [CLASSIC, GROUP], ids=["classic", "group"])
def test_a_permission_that_is_missing_is_named(canned: Canned, balancer: Balancer) -> None:
    canned.endpoint.say(403, query_fault("AccessDenied"))
    for act, named in ((canned.adapter.register, "Register"), (canned.adapter.deregister, "Deregister")):
        with pytest.raises(Usage, match=f"not allow elasticloadbalancing:{named}.*: give them that permission"):
            act(balancer, UNKNOWN, 80)
    with pytest.raises(Usage, match=r"does not allow elasticloadbalancing:Describe\w+Health"):
        canned.adapter.targets(balancer, UNKNOWN)


@pytest.mark.slow
def test_a_throttled_look_is_repeated_by_whoever_asked() -> None:
    with (
        serving(Endpoint(400, query_fault("Throttling"))) as address,
        opened(address) as adapter,
        pytest.raises(Retryable, match="AWS did not do elasticloadbalancing:DescribeTargetHealth now"),
    ):
        adapter.targets(GROUP, UNKNOWN)


@pytest.mark.parametrize(("balancer", "code"), [(CLASSIC, "InvalidInstance"), (GROUP, "InvalidTarget")])
def test_a_target_that_is_not_taken_fails_its_node_and_one_that_is_gone_has_left(
    canned: Canned, balancer: Balancer, code: str
) -> None:
    canned.endpoint.say(400, query_fault(code))
    canned.adapter.deregister(balancer, UNKNOWN, 80)
    with pytest.raises(NodeFailed, match=f"does not take {UNKNOWN}"):
        canned.adapter.register(balancer, UNKNOWN, 80)


@pytest.mark.parametrize(("balancer", "code"), [(CLASSIC, "LoadBalancerNotFound"), (GROUP, "TargetGroupNotFound")])
def test_what_was_deleted_is_left_and_joined_by_nobody(canned: Canned, balancer: Balancer, code: str) -> None:
    canned.endpoint.say(400, query_fault(code))
    canned.adapter.deregister(balancer, UNKNOWN, 80)
    canned.adapter.register(balancer, UNKNOWN, 80)
    assert canned.adapter.targets(balancer, UNKNOWN) is None


def test_an_answer_without_targets_proves_nothing() -> None:
    with (
        serving(Endpoint(200, "<DescribeSomethingResponse/>")) as address,
        opened(address) as adapter,
        pytest.raises(Retryable, match="it proves nothing"),
    ):
        adapter.targets(GROUP, UNKNOWN)
