"""What our credentials may do at AWS: rehearsed by EC2 where it knows how, simulated by IAM where that is allowed."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from dcosmaint.adapters.answers import LONGEST
from dcosmaint.adapters.aws import DENIED, Account, code_of, translated
from dcosmaint.adapters.dynamodb_lock import DynamoDbLock, Table
from dcosmaint.adapters.trials import State, Trial
from dcosmaint.errors import DcosmaintError, LoginLost, Retryable, Usage

REHEARSED = "DryRunOperation"
"""EC2's word for: this would have been done."""

ASSUMED = re.compile(r"arn:(?P<part>[\w-]+):sts::(?P<account>\d+):assumed-role/(?P<role>[^/]+)/.*")


@dataclass(frozen=True)
class Target:
    """A load balancer, as IAM names it; a classic one by its name alone."""

    name: str
    arn: str = ""


@dataclass(frozen=True)
class AwsTrials:
    """Nothing is changed: EC2 is told `DryRun` with each call, once it has shown that it knows the word."""

    account: Account

    def ec2(self, instance_id: str) -> tuple[Trial, ...]:
        """To terminate this instance, and to run another one like it."""
        with closing(self.account.client("ec2")) as ec2:
            acts = {"ec2:TerminateInstances": lambda: ec2.terminate_instances(InstanceIds=[instance_id], DryRun=True)}
            if not self._rehearses(ec2):
                says = "this endpoint did not show that it knows dry runs, so that it might do what it was asked to"
                return tuple(Trial(act, State.OPEN, says) for act in (*acts, "ec2:RunInstances"))
            like = self._like(ec2, instance_id)
            acts["ec2:RunInstances"] = lambda: ec2.run_instances(**like, MinCount=1, MaxCount=1, DryRun=True)
            return tuple(_rehearsed(act, call, instance_id) for act, call in acts.items())

    def lock(self, row: Table) -> Trial:
        """A write to the row of a lock."""
        act = "dynamodb:UpdateItem"
        with closing(DynamoDbLock(self.account, row, "")) as lock:
            try:
                lock.try_write()
            except Usage as error:
                return Trial(act, State.REFUSED, _shortened(str(error)))
        return Trial(act, State.ALLOWED, f"{row.name} took a write whose condition never holds")

    def balancers(self, acts: Sequence[str], targets: Sequence[Target]) -> tuple[Trial, ...]:
        """Load balancers know no dry run: IAM is asked to simulate each act on all of them."""
        try:
            with translated("iam:SimulatePrincipalPolicy"):
                found = self._simulated(acts, targets)
        except LoginLost:
            raise
        except DcosmaintError as error:
            why = f"load balancers know no dry run, and IAM does not simulate it for us: {_shortened(str(error))}"
            return (Trial(" and ".join(acts), State.OPEN, why),)
        return tuple(_simulated(act, found.get(act, "")) for act in acts)

    def _rehearses(self, ec2: Any) -> bool:
        with translated("ec2:DescribeInstances"):
            try:
                ec2.describe_instances(DryRun=True)
            except ClientError as error:
                if code_of(error) in DENIED:  # an endpoint that heeds no DryRun denies alike
                    return False
                if code_of(error) == REHEARSED:
                    return True
                raise
        return False

    def _like(self, ec2: Any, instance_id: str) -> dict[str, Any]:
        with translated("ec2:DescribeInstances"):
            found = ec2.describe_instances(InstanceIds=[instance_id])["Reservations"]
        raw = next((instance for each in found for instance in each["Instances"]), None)
        if raw is None:
            raise Retryable(f"EC2 describes {instance_id} no more")
        like = {key: raw[key] for key in ("ImageId", "InstanceType", "SubnetId") if raw.get(key)}
        profile = raw.get("IamInstanceProfile")
        return {**like, "IamInstanceProfile": {"Arn": profile["Arn"]}} if profile else like

    def _simulated(self, acts: Sequence[str], targets: Sequence[Target]) -> dict[str, str]:
        """Acts that are denied on some load balancer, with IAM's word for it."""
        with closing(self.account.client("sts")) as sts, closing(self.account.client("iam")) as iam:
            identity = sts.get_caller_identity()
            where = f"{self.account.region}:{identity['Account']}"
            part = identity["Arn"].split(":")[1]
            arns = [t.arn or f"arn:{part}:elasticloadbalancing:{where}:loadbalancer/{t.name}" for t in targets]
            found = iam.simulate_principal_policy(
                PolicySourceArn=_principal(identity["Arn"]), ActionNames=list(acts), ResourceArns=arns
            )
        results = found["EvaluationResults"]
        return {r["EvalActionName"]: r["EvalDecision"] for r in results if r["EvalDecision"] != "allowed"}


def _shortened(text: str) -> str:
    """Words of others, on one line of ours."""
    return textwrap.shorten(text, LONGEST, placeholder=" …")


def _principal(arn: str) -> str:
    """Of a login that took a role: the role. Its path is not in there, so that IAM may not find one that has any."""
    assumed = ASSUMED.fullmatch(arn)
    return f"arn:{assumed['part']}:iam::{assumed['account']}:role/{assumed['role']}" if assumed else arn


def _rehearsed(act: str, call: Any, instance_id: str) -> Trial:
    with translated(act):
        try:
            call()
        except ClientError as error:
            code = code_of(error)
            if code == REHEARSED:
                return Trial(act, State.ALLOWED, f"EC2 rehearsed it with {instance_id}")
            if code in DENIED:
                return Trial(act, State.REFUSED, f"EC2 refused to rehearse it with {instance_id}")
            return Trial(act, State.OPEN, f"EC2 answers its rehearsal with {code}")
    return Trial(act, State.OPEN, "EC2 answers no rehearsal")


def _simulated(act: str, denied: str) -> Trial:
    if denied:
        return Trial(act, State.REFUSED, f"IAM's simulation says {denied}")
    return Trial(act, State.ALLOWED, "says IAM's simulation, which knows no policies of the organisation")
