"""The configuration says by which way nodes are reached."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from dcosmaint.adapters.ec2 import Account, Ec2
from dcosmaint.adapters.host_keys import Enrolment
from dcosmaint.adapters.load_balancers import LoadBalancers
from dcosmaint.adapters.shell import Answer
from dcosmaint.adapters.ssh import Ssh
from dcosmaint.model import Instance
from dcosmaint.wiring.nodes import reach
from tests.adapters.run_command import RunCommand, serving
from tests.config.files import SMALLEST, read

NODE = Instance("i-0123456789abcdef0", "ami-1", "10.0.1.5", "us-east-1a", "running", 0.0)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[RunCommand]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with serving() as made:
        yield made


@pytest.fixture
def ec2(aws: RunCommand) -> Iterator[Ec2]:
    account = Account("us-east-1", endpoint_url=aws.url)
    with closing(LoadBalancers(account)) as balancers, closing(Ec2(account, balancers)) as made:
        yield made


def test_by_ssm_scripts_are_sent_to_aws_and_no_host_key_is_learnt(tmp_path: Path, aws: RunCommand, ec2: Ec2) -> None:
    text = SMALLEST.replace("{region: us-east-1}", f'{{region: us-east-1, endpoint_url: "{aws.url}"}}')
    config = read(tmp_path, "    nodes: {transport: ssm, ssh: {bastion: jump}}\n", text).clusters["prod"]
    with reach(config, ec2, tmp_path / "known_hosts") as nodes:
        assert nodes.shell.run(NODE, "sudo -n echo here", 20.0) == Answer(0, "here\n", "")
        nodes.keys.enrol(NODE)
        assert nodes.bastions(NODE.private_ip) == ()
    assert not (tmp_path / "known_hosts").exists()


def test_by_ssh_the_keys_are_kept_and_the_bastions_known(tmp_path: Path, ec2: Ec2) -> None:
    more = f"    nodes: {{ssh: {{bastion: 'me@a:23, b', config_file: {tmp_path}/none}}}}\n"
    with reach(read(tmp_path, more).clusters["prod"], ec2, tmp_path / "known_hosts") as nodes:
        assert isinstance(nodes.shell, Ssh)
        assert isinstance(nodes.keys, Enrolment)
        assert nodes.shell.keys.own == tmp_path / "known_hosts"
        assert nodes.bastions(NODE.private_ip) == ("a", "b")
