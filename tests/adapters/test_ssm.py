"""Scripts by Systems Manager: what a script did is known, or it is said that nobody knows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from dcosmaint.adapters.aws import Account
from dcosmaint.adapters.shell import Answer
from dcosmaint.adapters.ssm import Ssm
from dcosmaint.errors import Fatal, LoginLost, Retryable, Usage
from dcosmaint.model import Instance
from tests.adapters.run_command import RunCommand, serving

NODE = Instance("i-0123456789abcdef0", "ami-1", "10.0.1.5", "us-east-1a", "running", 0.0)
LONG = 20.0


@pytest.fixture(scope="module")
def managed() -> Iterator[tuple[RunCommand, Ssm]]:
    """Both ends of one wire: a client is slow to make."""
    with serving() as aws, pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "test")
        with closing(Ssm(Account("us-east-1", endpoint_url=aws.url), pause=0.0)) as ssm:
            yield aws, ssm


@pytest.fixture
def aws(managed: tuple[RunCommand, Ssm]) -> RunCommand:
    """A Systems Manager that has done nothing yet."""
    aws, _ = managed
    aws.managed, aws.last = True, ""
    aws.first.clear()
    aws.asked.clear()
    return aws


@pytest.fixture
def ssm(managed: tuple[RunCommand, Ssm], aws: RunCommand) -> Ssm:
    assert not aws.asked
    return managed[1]


def test_a_script_is_run_and_told_how_it_ended(aws: RunCommand, ssm: Ssm) -> None:
    assert ssm.run(NODE, "echo out; echo err >&2; exit 5", LONG) == Answer(5, "out\n", "err\n")
    assert ssm.run(NODE, "echo well", LONG) == Answer(0, "well\n", "")
    action, sent = aws.asked[0]
    assert (action, sent["InstanceIds"], sent["DocumentName"]) == ("SendCommand", [NODE.id], "AWS-RunShellScript")
    assert (sent["Parameters"]["executionTimeout"], sent["TimeoutSeconds"]) == (["20"], 30)


def test_root_needs_no_sudo(ssm: Ssm) -> None:
    """The one on PATH is never begun: it may want a terminal, or not be there."""
    script = "PATH=/none; if sudo -n test -e /; then echo one; fi; sudo -n printf two | while read -r x; do :; done"
    assert ssm.run(NODE, script, LONG) == Answer(0, "one\n", "")


def test_a_command_is_asked_for_until_it_has_ended(aws: RunCommand, ssm: Ssm) -> None:
    aws.first[:] = ["InvocationDoesNotExist", "Pending", "InProgress", "Delayed"]
    assert ssm.run(NODE, "echo well", LONG).stdout == "well\n"
    assert aws.actions() == ["SendCommand", *["GetCommandInvocation"] * 5]


def test_a_command_without_an_end_is_cancelled_and_its_end_is_unknown(aws: RunCommand, ssm: Ssm) -> None:
    aws.first[:] = ["InProgress"] * 1000
    with pytest.raises(
        Retryable, match=r"10\.0\.1\.5 \(i-0.*\): no answer within 0 s .* calls it InProgress.*not known"
    ):
        ssm.run(NODE, "true", 0.0)
    assert aws.actions()[-1] == "CancelCommand"


@pytest.mark.parametrize("status", ["TimedOut", "Cancelled", "Failed"])
def test_a_command_that_was_ended_by_others_proves_nothing(aws: RunCommand, ssm: Ssm, status: str) -> None:
    aws.last = status
    with pytest.raises(Retryable, match=r"did not end by itself .* calls it Undeliverable"):
        ssm.run(NODE, "true", LONG)


def test_a_node_that_is_not_managed_is_retryable_with_what_to_see_to(aws: RunCommand, ssm: Ssm) -> None:
    """A new instance is none before its agent has registered."""
    aws.managed = False
    with pytest.raises(Retryable, match=r"is not managed by Systems Manager now: .*AmazonSSMManagedInstanceCore"):
        ssm.run(NODE, "true", LONG)


@pytest.mark.parametrize(
    ("fault", "kind", "says"),
    [
        ("AccessDeniedException", Usage, "AWS does not allow ssm:GetCommandInvocation to these credentials"),
        ("ExpiredTokenException", LoginLost, "AWS does not take these credentials"),
        ("InvalidCommandId", Fatal, "AWS refused ssm:GetCommandInvocation"),
    ],
)
def test_what_aws_refuses_is_named_as_its_permissions_are(
    aws: RunCommand, ssm: Ssm, fault: str, kind: type[Exception], says: str
) -> None:
    aws.first[:] = [fault]
    with pytest.raises(kind, match=says):
        ssm.run(NODE, "true", LONG)
