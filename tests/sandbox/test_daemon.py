"""A sandbox as a process of its own, on real terraform."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import paramiko
import pytest
import requests
from click.testing import CliRunner

from dcosmaint import config
from dcosmaint.cli import commands
from dcosmaint.cli.clusters import Known
from dcosmaint.cli.sandbox import first_words
from dcosmaint.errors import Retryable, Usage
from dcosmaint.sandbox.served import running
from dcosmaint.sandbox.served.running import Running
from dcosmaint.sandbox.served.settings import Settings

with_terraform = pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not on PATH")


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Shared by the tests that leave it as it is."""
    begun = running.start(Settings(tmp_path_factory.mktemp("sandbox"), nodes=8, seed=3))
    yield begun
    begun.stop()


def terraform(sandbox: Running, *words: str) -> str:
    return subprocess.run(
        [str(sandbox.record["programs"]["terraform"]), *words], cwd=sandbox.folder.infra, check=True, text=True,
        env={**os.environ, **sandbox.environment}, stdout=subprocess.PIPE,
    ).stdout  # fmt: skip


def get(sandbox: Running, path: str) -> Any:
    with requests.Session() as session:
        session.trust_env = False
        return session.get(f"{sandbox.url}/{path}", timeout=10).json()


@pytest.mark.real
@with_terraform
def test_terraform_ec2_and_the_world_agree_on_the_nodes(sandbox: Running) -> None:
    resources = json.loads(terraform(sandbox, "show", "-json"))["values"]["root_module"]["resources"]
    nodes = [found for found in resources if found["type"] == "aws_instance"]
    state = {found["address"]: (found["values"]["id"], found["values"]["private_ip"]) for found in nodes}
    world = {node["address"]: (node["instance"], node["private_ip"]) for node in sandbox.status()["nodes"]}
    ec2: Any = boto3.client("ec2", endpoint_url=str(sandbox.record["endpoint"]))
    seen = [i for r in ec2.describe_instances()["Reservations"] for i in r["Instances"]]
    assert state == world
    assert len(world) == 8
    assert sorted((i["InstanceId"], i["PrivateIpAddress"]) for i in seen) == sorted(world.values())
    assert {i["ImageId"] for i in seen} == {sandbox.record["amis"]["now"]}


@pytest.mark.real
@with_terraform
def test_a_plan_right_after_the_start_is_empty(sandbox: Running) -> None:
    assert "No changes" in terraform(sandbox, "plan", "-input=false", "-no-color")


@pytest.mark.real
@with_terraform
def test_mesos_lists_every_node_as_an_agent(sandbox: Running) -> None:
    agents = get(sandbox, "mesos/slaves")["slaves"]
    ips = {node["private_ip"] for node in sandbox.status()["nodes"]}
    assert {agent["pid"].rpartition("@")[2].rpartition(":")[0] for agent in agents} == ips


@pytest.mark.real
@with_terraform
def test_its_configuration_is_one_like_any_other(sandbox: Running) -> None:
    found = config.load(sandbox.config, sandbox=True).clusters["sandbox"]
    assert found.dcos.url == sandbox.url
    assert found.terraform.dir == sandbox.folder.infra


@pytest.mark.real
@with_terraform
def test_every_node_lets_the_key_in_and_is_in_known_hosts(sandbox: Running) -> None:
    for node in sandbox.status()["nodes"]:
        with paramiko.SSHClient() as client:
            client.load_host_keys(str(sandbox.folder.key.parent / "known_hosts"))
            client.connect(
                node["private_ip"], 2222, "centos", key_filename=str(sandbox.folder.key), look_for_keys=False,
                allow_agent=False, timeout=20, banner_timeout=20, auth_timeout=20,
            )  # fmt: skip
            _, out, _ = client.exec_command("sudo -n systemctl is-active docker", timeout=20)
            assert out.read() == b"active\n"


@pytest.mark.real
@pytest.mark.skipif(shutil.which("packer") is None, reason="packer is not on PATH")
@with_terraform
def test_packer_bakes_an_ami_that_carries_the_roll(sandbox: Running) -> None:
    found = config.load(sandbox.config, sandbox=True).clusters["sandbox"].packer
    assert found is not None
    told = [word for name, value in found.vars.items() for word in ("-var", f"{name}={value}")]
    argv = ["packer", "build", *told, "-var", "dcosmaint_roll=r7", str(found.template)]
    subprocess.run(argv, check=True, env={**os.environ, **sandbox.environment}, capture_output=True)
    ec2: Any = boto3.client("ec2", endpoint_url=str(sandbox.record["endpoint"]))
    filters = [{"Name": "tag:dcosmaint:roll", "Values": ["r7"]}]
    assert [image["State"] for image in ec2.describe_images(Filters=filters)["Images"]] == ["available"]


@pytest.mark.real
@with_terraform
def test_another_command_finds_it_and_no_second_one_starts_beside_it(sandbox: Running) -> None:
    again = running.find(sandbox.folder.root)
    assert again == sandbox
    with pytest.raises(Usage, match=r"runs in .* already"):
        running.start(Settings(sandbox.folder.root))
    with pytest.raises(Usage, match=r"runs in .* already"):
        running.reset(sandbox.folder.root)


@pytest.mark.slow
@pytest.mark.real
@with_terraform
def test_two_sandboxes_do_not_meet(sandbox: Running, tmp_path: Path) -> None:
    other = running.start(Settings(tmp_path, nodes=8))
    try:
        ips = [{node["private_ip"] for node in one.status()["nodes"]} for one in (sandbox, other)]
        assert not ips[0] & ips[1]
    finally:
        other.stop()
    assert running.find(tmp_path) is None


@pytest.mark.slow
@pytest.mark.real
@with_terraform
def test_what_a_killed_one_left_is_no_obstacle(tmp_path: Path) -> None:
    first = running.start(Settings(tmp_path, nodes=8))
    os.kill(int(first.record["pid"]), signal.SIGKILL)
    _await(lambda: running.find(tmp_path) is None)
    with pytest.raises(Retryable, match=r"does not answer"):
        first.status()
    second = running.start(Settings(tmp_path, nodes=8, profile="1.11", kafka="rf1"))
    try:
        assert second.status()["profile"] == "1.11"
        assert "scratch" in get(second, "service/kafka-events/v1/topics")
    finally:
        second.stop()
    running.reset(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"lock", "sandbox.log"}


def test_without_terraform_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Usage, match=r"hashicorp.com/terraform/install"):
        running.start(Settings(tmp_path))


@pytest.mark.real
@with_terraform
def test_a_start_that_fails_shows_its_last_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    binary = tmp_path / "bin" / "terraform"
    binary.parent.mkdir()
    binary.write_text("#!/bin/sh\necho no such plugin >&2\nexit 1\n")
    binary.chmod(0o755)
    monkeypatch.setenv("PATH", f"{binary.parent}:{os.environ['PATH']}")
    with pytest.raises(Usage, match=r"(?s)did not start.*no such plugin"):
        running.start(Settings(tmp_path / "sandbox"))


@pytest.mark.parametrize("wrong", [{"nodes": 2}, {"nodes": 1000}, {"time_factor": 0.0}])
def test_what_can_not_be_served_is_refused(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(Usage):
        running.start(Settings(tmp_path, **wrong))


def _await(look: Any, within: float = 20.0) -> None:
    end = time.monotonic() + within
    while not look():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.real
@with_terraform
def test_the_command_that_a_start_names_finds_a_sandbox_in_a_folder_of_its_own(
    sandbox: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in sandbox.environment.items():
        monkeypatch.setenv(name, value)  # the command sets it for its own process, which is ours here
    program, *words = first_words(sandbox)
    assert (program, words[:2]) == ("dcosmaint", ["plan", "--config"])
    ended = CliRunner().invoke(commands, words, obj=Known(), catch_exceptions=False)
    assert ended.exit_code == 0, ended.output
    assert "this cluster is a pretend one" in ended.stderr
    assert Known().open(sandbox.config, None).name == "sandbox"
