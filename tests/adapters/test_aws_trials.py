"""What credentials may do, asked of an AWS that enforces policies, and of one that answers as it was told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

import boto3
import pytest

from dcosmaint.adapters.aws import Account
from dcosmaint.adapters.aws_trials import AwsTrials, Target
from dcosmaint.adapters.dynamodb_lock import Table
from dcosmaint.adapters.trials import State, Trial
from dcosmaint.errors import Retryable
from tests.adapters.endpoint import Endpoint, fault, query_fault, serving

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

REGION = "us-east-1"
LOOKS, TERMINATE, RUN = "ec2:DescribeInstances", "ec2:TerminateInstances", "ec2:RunInstances"
ACTS = ("elasticloadbalancing:DeregisterTargets", "elasticloadbalancing:RegisterTargets")
GROUP = Target("edge", "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/edge/1")
WHO = (
    "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>{}</Arn><UserId>U</UserId><Account>123456789012</Account>"
    "</GetCallerIdentityResult></GetCallerIdentityResponse>"
)

ROW = Table("tried-locks", "dcos.prod.example.com")

Login = Callable[..., None]


@pytest.fixture
def instance(ec2: EC2Client) -> str:
    asked: Any = {"ImageId": "ami-12c6146b", "MinCount": 1, "MaxCount": 1, "InstanceType": "m5.large"}
    return str(ec2.run_instances(**asked)["Instances"][0]["InstanceId"])


def enforce(moto: str, after: str) -> None:
    """After so many calls no policy is passed over any more."""
    plain = {"Content-Type": "text/plain"}
    with urlopen(Request(f"{moto}/moto-api/reset-auth", after.encode(), plain, method="POST")) as answer:
        assert answer.status == 200


@pytest.fixture
def login(moto: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Login]:
    """Log in as a user who may do these acts, and nothing else."""

    def log_in(*acts: str) -> None:
        with closing(boto3.client("iam", endpoint_url=moto, region_name=REGION)) as iam:
            iam.create_user(UserName="ann")
            statement = {"Effect": "Allow", "Action": list(acts), "Resource": "*"}
            policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            iam.put_user_policy(UserName="ann", PolicyName="some", PolicyDocument=policy)
            key = iam.create_access_key(UserName="ann")["AccessKey"]
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
        enforce(moto, "0")

    yield log_in
    enforce(moto, "inf")


def trials(endpoint: str) -> AwsTrials:
    return AwsTrials(Account(REGION, "", endpoint))


def found(tried: tuple[Trial, ...]) -> dict[str, State]:
    return {trial.act: trial.state for trial in tried}


@pytest.mark.parametrize("lacks", ["", TERMINATE, RUN])
def test_ec2_rehearses_what_it_would_refuse(ec2: EC2Client, moto: str, instance: str, login: Login, lacks: str) -> None:
    login(*({LOOKS, TERMINATE, RUN} - {lacks}))
    states = found(trials(moto).ec2(instance))
    enforce(moto, "inf")
    assert states == {act: State.REFUSED if act == lacks else State.ALLOWED for act in (TERMINATE, RUN)}
    (seen,) = ec2.describe_instances()["Reservations"]
    assert [one["State"]["Name"] for one in seen["Instances"]] == ["running"]


def test_an_endpoint_that_takes_a_rehearsal_for_the_act_is_asked_for_none() -> None:
    endpoint = Endpoint(200, "<DescribeInstancesResponse><reservationSet/></DescribeInstancesResponse>")
    with serving(endpoint) as address:
        tried = trials(address).ec2("i-1")
    assert endpoint.actions == ["DescribeInstances"]
    assert found(tried) == {TERMINATE: State.OPEN, RUN: State.OPEN}
    assert "did not show that it knows dry runs" in tried[0].why


@pytest.mark.parametrize("code", ["UnauthorizedOperation", "AccessDenied"])
def test_r3_an_endpoint_that_denies_a_look_has_shown_no_rehearsal(code: str) -> None:
    endpoint = Endpoint(403, fault(code))
    with serving(endpoint) as address:
        tried = trials(address).ec2("i-1")
    assert endpoint.actions == ["DescribeInstances"]
    assert found(tried) == {TERMINATE: State.OPEN, RUN: State.OPEN}


class Rehearsing(Endpoint):
    """Knows dry runs."""

    def answer(self) -> bytes:
        dry = "DryRun" in self.asked[-1]
        self.status = 412 if dry else 200
        return fault("DryRunOperation").encode() if dry else super().answer()


@pytest.mark.parametrize("left", ["<reservationSet/>", "<reservationSet><item><instancesSet/></item></reservationSet>"])
def test_an_instance_that_is_gone_meanwhile_is_no_bug(left: str) -> None:
    with (
        serving(Rehearsing(200, f"<DescribeInstancesResponse>{left}</DescribeInstancesResponse>")) as address,
        pytest.raises(Retryable, match="describes i-1 no more"),
    ):
        trials(address).ec2("i-1")


def test_a_lock_in_a_table_is_tried_by_a_write_that_never_happens(moto: str, login: Login) -> None:
    with closing(boto3.client("dynamodb", endpoint_url=moto, region_name=REGION)) as database:
        key: Any = [{"AttributeName": "cluster", "KeyType": "HASH"}]
        kind: Any = [{"AttributeName": "cluster", "AttributeType": "S"}]
        database.create_table(
            TableName=ROW.name, KeySchema=key, AttributeDefinitions=kind, BillingMode="PAY_PER_REQUEST"
        )
        login("dynamodb:UpdateItem")
        assert trials(moto).lock(ROW).state is State.ALLOWED
        enforce(moto, "inf")
        assert database.scan(TableName=ROW.name)["Items"] == []


def test_a_lock_in_a_table_that_may_not_be_written_is_refused() -> None:
    denied = {"__type": "com.amazonaws.dynamodb.v20120810#AccessDeniedException", "message": "not authorized"}
    with serving(Endpoint(400, json.dumps(denied))) as address:
        trial = trials(address).lock(ROW)
    assert trial.state is State.REFUSED
    assert "AWS does not allow dynamodb:UpdateItem" in trial.why


def simulation(*decisions: str) -> str:
    members = "".join(
        f"<member><EvalActionName>{act}</EvalActionName><EvalDecision>{decision}</EvalDecision></member>"
        for act, decision in zip(ACTS, decisions, strict=True)
    )
    result = f"<EvaluationResults>{members}</EvaluationResults><IsTruncated>false</IsTruncated>"
    return (
        f"<SimulatePrincipalPolicyResponse><SimulatePrincipalPolicyResult>{result}</SimulatePrincipalPolicyResult>"
        "</SimulatePrincipalPolicyResponse>"
    )


@pytest.mark.parametrize(
    ("arn", "principal"),
    [
        ("arn:aws:iam::123456789012:user/ann", "arn:aws:iam::123456789012:user/ann"),
        ("arn:aws:sts::123456789012:assumed-role/ops/ann", "arn:aws:iam::123456789012:role/ops"),
    ],
)
def test_iam_simulates_what_load_balancers_can_not_rehearse(arn: str, principal: str) -> None:
    endpoint = Endpoint(200, WHO.format(arn), simulation("allowed", "implicitDeny"))
    with serving(endpoint) as address:
        tried = trials(address).balancers(ACTS, [GROUP, Target("classic")])
    assert found(tried) == dict(zip(ACTS, (State.ALLOWED, State.REFUSED), strict=True))
    assert tried[1].why == "IAM's simulation says implicitDeny"
    asked = endpoint.asked[1]
    assert asked["PolicySourceArn"] == [principal]
    assert [asked[f"ResourceArns.member.{n}"] for n in (1, 2)] == [
        [GROUP.arn],
        ["arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/classic"],
    ]


def test_where_iam_does_not_simulate_nothing_is_known() -> None:
    endpoint = Endpoint(403, query_fault("AccessDenied"))
    with serving(endpoint) as address:
        tried = trials(address).balancers(ACTS, [GROUP])
    assert found(tried) == {" and ".join(ACTS): State.OPEN}
    assert "AWS does not allow iam:SimulatePrincipalPolicy" in tried[0].why


def test_what_is_no_answer_of_iam_is_told_on_one_line() -> None:
    endpoint = Endpoint(200, WHO.format("arn:aws:iam::123456789012:user/ann"), "<!doctype html>\n<p>" + "no " * 200)
    with serving(endpoint) as address:
        (trial,) = trials(address).balancers(ACTS, [GROUP])
    assert trial.state is State.OPEN
    assert "\n" not in trial.why
    assert len(trial.why) < 300
