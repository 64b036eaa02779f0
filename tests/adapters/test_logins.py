"""Whether a program of others failed of its AWS credentials, by sentences that terraform and packer have written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dcosmaint.adapters.children import Children
from dcosmaint.adapters.logins import login_lost
from dcosmaint.adapters.programs import Program
from dcosmaint.adapters.terraform import Terraform
from dcosmaint.adapters.terraform_words import TerraformWords
from dcosmaint.adapters.workspace import AmiPlace, Group, Workspace
from dcosmaint.errors import LoginLost, Retryable
from tests.adapters.test_children import until
from tests.adapters.test_terraform_words import a_diagnostic

LOST = (
    "creating EC2 Instance: operation error EC2: RunInstances, https response error StatusCode: 400, RequestID: 1,"
    " api error RequestExpired: Request has expired.",
    "reading EC2 Instance (i-1): ExpiredToken: The security token included in the request is expired",
    "validating provider credentials: retrieving caller identity from STS: operation error STS: GetCallerIdentity,"
    " api error ExpiredTokenException: The security token included in the request is expired",
    "error configuring S3 Backend: NoCredentialProviders: no valid providers in chain. Deprecated.",
    "No valid credential sources found: please see the documentation",
    "failed to refresh cached credentials, no EC2 IMDS role found, operation error ec2imds: GetMetadata",
    "api error InvalidClientTokenId: The security token included in the request is invalid",
    "operation error SSO OIDC: CreateToken, InvalidGrantException",
    "api error AuthFailure: AWS was not able to validate the provided access credentials",
)
OTHERS = (
    "",
    "api error InsufficientInstanceCapacity: We currently do not have sufficient m5.xlarge capacity",
    "api error UnauthorizedOperation: You are not authorized to perform this operation.",
    "the variable NotExpiredTokenAtAll is undeclared",
    "operation error EC2: RunInstances, api error AuthFailure: Not authorized for images: [ami-12c6146b]",
)


@pytest.mark.parametrize(("said", "lost"), [*((s, True) for s in LOST), *((s, False) for s in OTHERS)])
def test_credentials_that_are_not_taken_are_no_other_failure(said: str, lost: bool) -> None:
    assert login_lost(said) is lost


@pytest.mark.parametrize("said", [LOST[0], OTHERS[1]])
def test_a_child_tells_whether_that_is_why_it_failed(tmp_path: Path, said: str) -> None:
    children, words = Children(tmp_path / "children"), TerraformWords("terraform")
    line = a_diagnostic("error", "creating EC2 Instance", said, "aws_instance.a[0]")
    program = Program(("sh", "-c", 'echo "$0"; exit 1', line), tmp_path, {"PATH": os.environ["PATH"]})
    children.begin(children.room("apply"), program, [])
    until(lambda: (child := children.newest(words)) is not None and not child.running)
    child = children.newest(words)
    assert child
    assert (child.code, child.login_lost) == (1, said == LOST[0])


@pytest.mark.parametrize(("said", "error"), [(LOST[3], LoginLost), (OTHERS[1], Retryable)])
def test_a_state_that_nobody_may_read_without_a_login_is_not_asked_for_for_ever(
    tmp_path: Path, said: str, error: type[Exception]
) -> None:
    binary = tmp_path / "terraform"
    binary.write_text(f"#!/bin/sh\necho '{said}' >&2\nexit 1\n")
    binary.chmod(0o755)
    groups = (Group("terraform_data.node", AmiPlace("agents.auto.tfvars", variable="agent_ami")),)
    workspace = Workspace(tmp_path, str(binary), "default", groups, {**os.environ}, lock_timeout=0)
    with pytest.raises(error, match="ended with 1"):
        Terraform(workspace, Children(tmp_path / "children")).placed()
