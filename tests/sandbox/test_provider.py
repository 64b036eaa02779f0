"""The stand-in for hashicorp/aws, driven by the real terraform against moto."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
import pytest

from dcosmaint.sandbox.served.aws import Aws, Image
from dcosmaint.sandbox.served.files import Folder
from dcosmaint.sandbox.served.mirror import VERSION, find_mirror, install_builtin
from dcosmaint.sandbox.served.pace import Pace
from dcosmaint.sandbox.served.terraform import environment
from dcosmaint.sandbox.world import World

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not on PATH"),
]

OLD, NEW = "ami-0aaaaaaaaaaaaaaa1", "ami-0aaaaaaaaaaaaaaa2"
FIRST, SECOND = "aws_instance.dcos_agent_node[0]", "aws_instance.dcos_agent_node[1]"
PUBLIC = "aws_instance.dcos_public_agent_node[0]"


@dataclass
class Bench:
    aws: Aws
    folder: Folder
    env: dict[str, str]

    @property
    def ec2(self) -> Any:
        return boto3.client("ec2", endpoint_url=self.aws.endpoint)

    def begin(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            ["terraform", *words], cwd=self.folder.infra, env=self.env, text=True, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def run(self, *words: str, code: int = 0) -> str:
        with self.begin(*words) as child:
            said, _ = child.communicate(timeout=120)
        assert child.returncode == code, said
        return said

    def plan(self, *words: str, code: int = 2) -> dict[str, tuple[str, ...]]:
        """Address → actions, of what a saved plan would change."""
        self.run("plan", "-detailed-exitcode", "-out=plan", *words, code=code)
        changes = json.loads(self.run("show", "-json", "plan"))["resource_changes"]
        actions = {change["address"]: tuple(change["change"]["actions"]) for change in changes}
        return {address: action for address, action in actions.items() if action != ("no-op",)}

    def apply(self, *words: str) -> str:
        return self.run("apply", "-auto-approve", *words)

    def state(self) -> dict[str, dict[str, Any]]:
        shown = json.loads(self.run("show", "-json"))
        resources = shown.get("values", {}).get("root_module", {}).get("resources", [])
        return {resource["address"]: resource for resource in resources}

    def instance(self, address: str) -> str:
        return str(self.state()[address]["values"]["id"])


@pytest.fixture(scope="module")
def initialised(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = Folder(tmp_path_factory.mktemp("sandbox"))
    folder.prepare()
    install_builtin(folder)
    aws = Aws(network=71)
    aws.start()
    aws.found(("us-east-1a", "us-east-1b"), (Image(OLD, "old"), Image(NEW, "new")))
    values = {
        "endpoint": aws.endpoint, "subnets": list(aws.subnets.values()), "private_nodes": 2, "public_nodes": 1,
    }  # fmt: skip
    folder.write_infra(values, OLD, NEW)
    bench = Bench(aws, folder, environment(folder.terraformrc))
    bench.run("init")
    bench.apply()
    yield bench
    aws.stop()


@pytest.fixture
def bench(initialised: Bench) -> Bench:
    """Two private nodes and a public one, all of the old AMI, and a state that says so."""
    initialised.apply()
    return initialised


def test_init_takes_the_stand_in_from_the_sandbox_s_own_mirror(initialised: Bench) -> None:
    lock = (initialised.folder.infra / ".terraform.lock.hcl").read_text()
    assert f'version     = "{VERSION}"' in lock


def test_no_place_that_terraform_searches_by_itself_holds_the_stand_in(initialised: Bench) -> None:
    real = find_mirror({"HOME": os.environ["HOME"], "XDG_DATA_DIRS": "/nowhere"})
    assert real is None or not (real / "registry.terraform.io/hashicorp/aws" / VERSION).exists()


def test_an_apply_makes_what_the_code_says_and_a_second_plan_is_empty(bench: Bench) -> None:
    first = bench.state()[FIRST]["values"]
    seen = bench.ec2.describe_instances(InstanceIds=[first["id"]])["Reservations"][0]["Instances"][0]
    assert (first["ami"], first["private_ip"]) == (OLD, seen["PrivateIpAddress"])
    assert first["private_ip"].startswith("127.71.20.")
    assert first["tags"]["Name"] == "dcos-agent-0"
    assert bench.plan(code=0) == {}


@pytest.mark.slow
def test_a_new_ami_alone_changes_nothing_where_the_code_ignores_it(bench: Bench) -> None:
    assert bench.plan(f"-var=dcos_agent_ami={NEW}", code=0) == {}


@pytest.mark.slow
def test_a_new_ami_replaces_where_the_code_does_not_ignore_it(bench: Bench) -> None:
    main = bench.folder.infra / "main.tf"
    code = main.read_text()
    try:
        main.write_text(code.replace("ignore_changes = [ami]", ""))
        actions = bench.plan(f"-var=dcos_agent_ami={NEW}", f"-target={FIRST}")
    finally:
        main.write_text(code)
    assert actions == {FIRST: ("delete", "create")}


def test_an_instance_that_is_gone_is_created_anew_by_a_saved_plan_for_it_alone(bench: Bench) -> None:
    before = {address: bench.instance(address) for address in (FIRST, SECOND, PUBLIC)}
    bench.ec2.terminate_instances(InstanceIds=[before[FIRST], before[SECOND]])
    assert bench.plan(f"-target={FIRST}", f"-var=dcos_agent_ami={NEW}") == {FIRST: ("create",)}
    bench.run("apply", "plan")
    after = bench.state()
    assert after[FIRST]["values"]["ami"] == NEW
    assert after[FIRST]["values"]["id"] != before[FIRST]
    assert after[PUBLIC]["values"]["id"] == before[PUBLIC]


@pytest.mark.slow
def test_a_plan_of_yesterday_is_refused(bench: Bench) -> None:
    bench.ec2.terminate_instances(InstanceIds=[bench.instance(FIRST)])
    bench.plan(f"-target={FIRST}")
    shutil.copy(bench.folder.infra / "plan", bench.folder.infra / "yesterday")
    bench.run("apply", "plan")
    assert "Saved plan is stale" in bench.run("apply", "yesterday", code=1)


@pytest.mark.slow
def test_an_unknown_ami_is_terraform_s_error_and_no_instance(bench: Bench) -> None:
    bench.ec2.terminate_instances(InstanceIds=[bench.instance(FIRST)])
    said = bench.run("apply", "-auto-approve", "-var=dcos_agent_ami=ami-0dead", f"-target={FIRST}", code=1)
    assert "InvalidAMIID.NotFound" in said
    assert FIRST not in bench.state()


@pytest.mark.slow
def test_an_interrupted_create_keeps_the_instance_as_tainted(bench: Bench) -> None:
    bench.ec2.terminate_instances(InstanceIds=[bench.instance(FIRST)])
    known = {node.instance_id for node in bench.aws.nodes()}
    with _slow_boots(bench.aws), bench.begin("apply", "-auto-approve", f"-target={FIRST}") as child:
        new = _first(lambda: {node["InstanceId"] for node in _pending(bench)} - known)
        os.kill(child.pid, signal.SIGINT)
        said, _ = child.communicate(timeout=60)
    assert child.returncode == 1, said
    assert bench.state()[FIRST]["tainted"] is True
    assert bench.instance(FIRST) in new


@pytest.mark.slow
def test_tags_change_in_place_and_an_instance_can_be_imported(bench: Bench) -> None:
    instance = bench.instance(PUBLIC)
    bench.ec2.create_tags(Resources=[instance], Tags=[{"Key": "Name", "Value": "renamed"}])
    assert bench.plan() == {PUBLIC: ("update",)}
    bench.run("apply", "plan")
    bench.run("state", "rm", PUBLIC)
    bench.run("import", PUBLIC, instance)
    assert bench.plan(code=0) == {}


@contextmanager
def _slow_boots(aws: Aws) -> Iterator[None]:
    """Instances stay pending: the time of the World that they belong to stands still."""
    aws.follow(Pace(World(), 0.0), lambda _: "")
    try:
        yield
    finally:
        aws.ec2.pace = None


def _pending(bench: Bench) -> list[dict[str, Any]]:
    reservations = bench.ec2.describe_instances()["Reservations"]
    return [instance for r in reservations for instance in r["Instances"] if instance["State"]["Name"] == "pending"]


def _first(look: Any, within: float = 30.0) -> Any:
    end = time.monotonic() + within
    while not (found := look()):
        assert time.monotonic() < end
        time.sleep(0.1)
    return found
