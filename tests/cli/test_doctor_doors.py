"""doctor on a cluster of a configuration file: real sockets, certificates, tokens, and an AWS on the loopback."""

from __future__ import annotations

import base64
import json
import os
import socket
import ssl
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest
from click.testing import CliRunner

from dcosmaint.adapters.holder import Holder
from dcosmaint.adapters.lock import LocalLock
from dcosmaint.cli import commands
from tests.adapters.conftest import ec2, moto, moto_server, terraform
from tests.adapters.dcos.canned import Canned, page, serving
from tests.adapters.dcos.certificates import a_certificate
from tests.adapters.dcos.keys import private

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

__all__ = ["ec2", "moto", "moto_server", "terraform"]

AMI = "ami-12c6146b"
NODE = "aws_instance.dcos_agent_node"
CONFIG = """\
clusters:
  prod:
    dcos:
      url: "{url}"
      auth: {auth}
      tls: {tls}
    aws: {{region: us-east-1, endpoint_url: "{aws}"}}
    terraform:
      dir: infra
      binary: {binary}
      groups:
        - resources: [aws_instance.dcos_agent_node]
          ami: {{variable: dcos_agent_ami, file: agents.auto.tfvars}}
    nodes: {{ssh: {{config_file: ssh_config}}}}
    state: {{journal: state, lock: {lock}}}
"""
GRANT = "dcos security org users grant ann"
CODE = """\
variable "dcos_agent_ami" { type = string }
resource "aws_instance" "dcos_agent_node" {
  count         = 2
  ami           = var.dcos_agent_ami
  instance_type = "m5.large"
  lifecycle { ignore_changes = [ami] }
}
"""


@dataclass
class Operator:
    """Somebody with a configuration, at a terminal."""

    home: Path
    settings: dict[str, str] = field(default_factory=dict)
    more: str = ""  # of its cluster

    def doctor(self) -> dict[str, list[dict[str, str]]]:
        """What was found, by the name of the check. The exit code says whether anything is red."""
        path = self.home / "dcosmaint.yaml"
        path.write_text(CONFIG.format(**self.settings) + self.more)
        ended = CliRunner().invoke(commands, ["doctor", "--json", "--config", str(path)], catch_exceptions=False)
        checks = json.loads(ended.stdout)["checks"]
        assert ended.exit_code == (3 if any(check["state"] == "red" for check in checks) else 0)
        found: dict[str, list[dict[str, str]]] = {}
        for check in checks:
            found.setdefault(check["name"], []).append(check)
        return found

    @property
    def left(self) -> list[str]:
        """Whatever is in the folder for temporary files, and in that of journals."""
        return [path.name for folder in ("tmp", "state") for path in sorted((self.home / folder).glob("**/*"))]


def dead_port() -> int:
    """One that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def a_token(seconds: float) -> str:
    """A token that is good for so long."""
    claims = base64.urlsafe_b64encode(json.dumps({"uid": "ann", "exp": time.time() + seconds}).encode())
    return f"e30.{claims.decode().rstrip('=')}.c2ln"


@pytest.fixture
def canned() -> Iterator[Canned]:
    with serving() as server:
        yield server


@pytest.fixture
def operator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Operator:
    """With code that is not initialised, an AWS and nodes that nobody answers for."""
    for folder in ("tmp", "infra"):
        (tmp_path / folder).mkdir()
    (tmp_path / "infra/main.tf").write_text(CODE)
    (tmp_path / "infra/agents.auto.tfvars").write_text(f'dcos_agent_ami = "{AMI}"\n')
    (tmp_path / "ssh_config").write_text(f"Host *\n  HostName 127.0.0.1\n  Port {dead_port()}\n  User ann\n")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    dead = f"http://127.0.0.1:{dead_port()}"
    for name, value in {"DOCTOR_TOKEN": a_token(5 * 86_400), "TF_CLI_CONFIG_FILE": os.devnull}.items():
        monkeypatch.setenv(name, value)
    settings = {"url": dead, "auth": "{method: token, token_env: DOCTOR_TOKEN}", "tls": "{}", "aws": dead}
    return Operator(tmp_path, {**settings, "binary": "no-terraform", "lock": "local"})


def test_a_dead_port_is_said_once_and_all_else_is_looked_at(operator: Operator) -> None:
    found = operator.doctor()
    (door,) = found["admin-router"]
    assert "connection refused" in door["says"]
    assert door["remedy"]
    assert found["mesos"][0]["says"] == "not looked at, since admin-router is red"
    assert found["terraform"][0]["says"].startswith("no-terraform is not on PATH: install Terraform >= 1.3")
    assert found["terraform-exposed"][0]["state"] == "ok"
    assert found["lock"][0]["state"] == found["rolls"][0]["state"] == "ok"
    assert not operator.left


def test_a_plain_http_address_and_a_switched_off_check_are_said_aloud(operator: Operator) -> None:
    assert "is not encrypted" in operator.doctor()["tls"][0]["says"]
    operator.settings |= {"url": f"https://127.0.0.1:{dead_port()}", "tls": "{verify: false}"}
    said = operator.doctor()["tls"][0]
    assert said["state"] == "warning"
    assert "is not verified" in said["says"]


def test_a_certificate_of_another_ca_is_red_with_whom_we_trust(operator: Operator, tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(a_certificate(tmp_path, "cluster"))
    other = a_certificate(tmp_path, "other")
    with serving(context) as canned:
        operator.settings |= {"url": canned.url, "tls": f"{{ca_cert: {other}}}"}
        (door,) = operator.doctor()["admin-router"]
    assert door["state"] == "red"
    assert f"by {other}: name the cluster's CA as tls.ca_cert" in door["says"]


def test_the_login_and_the_ca_that_the_dcos_cli_has_are_taken_over(
    operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(bundle := a_certificate(tmp_path, "cluster"))
    monkeypatch.setenv("DCOS_DIR", str(tmp_path / "cli"))
    (folder := tmp_path / "cli" / "clusters" / "c1").mkdir(parents=True)
    with serving(context) as canned:
        core = f'dcos_url = "{canned.url}"\nssl_verify = "{bundle}"\ndcos_acs_token = "{a_token(5 * 86_400)}"'
        (folder / "dcos.toml").write_text(f"[core]\n{core}\n")
        operator.settings |= {"url": canned.url, "auth": "{method: dcos-cli}"}
        found = operator.doctor()
    assert found["admin-router"][0]["says"].endswith("answers, and our login by dcos-cli is taken")
    assert "the CA that the DC/OS CLI has for it" in found["tls"][0]["says"]


def test_a_bundle_that_can_not_be_read_keeps_nothing_else_from_being_looked_at(
    operator: Operator, tmp_path: Path
) -> None:
    operator.settings |= {"url": "https://127.0.0.1:1", "tls": f"{{ca_cert: {tmp_path / 'gone.pem'}}}"}
    found = operator.doctor()
    assert "tls.ca_cert" in found["admin-router"][0]["says"]
    assert found["terraform-exposed"][0]["state"] == "ok"


def test_an_expired_token_is_red_with_what_helps(operator: Operator, canned: Canned) -> None:
    canned.on("HEAD pkgpanda/active.buildinfo.full.json", page(401))
    operator.settings["url"] = canned.url
    (door,) = operator.doctor()["admin-router"]
    assert door["says"].startswith("token expired or refused")
    assert "put a fresh token into $DOCTOR_TOKEN" in door["says"]


def test_what_the_configuration_names_and_the_machine_lacks_is_red_with_its_place(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DOCTOR_TOKEN")
    found = operator.doctor()
    token, program, as_read = found["configuration"]
    assert f"{operator.home}/dcosmaint.yaml:5:29: clusters.prod.dcos.auth.token_env" in token["says"]
    assert "$DOCTOR_TOKEN is not set" in token["says"]
    assert "clusters.prod.terraform.binary: no-terraform is not on PATH" in program["says"]
    assert [token["state"], program["state"], as_read["state"]] == ["red", "red", "ok"]


def test_a_token_that_is_not_there_is_red_and_names_its_variable(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DOCTOR_TOKEN")
    found = operator.doctor()
    assert "$DOCTOR_TOKEN is empty" in found["admin-router"][0]["says"]
    assert found["lock"][0]["state"] == "ok"


def test_a_key_that_others_may_read_is_red_and_a_shut_one_logs_in(operator: Operator, canned: Canned) -> None:
    canned.on("POST acs/api/v1/auth/login", {"token": a_token(3600)})
    auth = "{method: service-account, uid: robot, private_key_file: robot.pem}"
    operator.settings |= {"url": canned.url, "auth": auth}
    key = operator.home / "robot.pem"
    key.write_text(private())
    key.chmod(0o644)
    (door,) = operator.doctor()["admin-router"]
    assert (door["state"], f"`chmod 600 {key}`" in door["says"]) == ("red", True)
    key.chmod(0o600)
    (door,) = operator.doctor()["admin-router"]
    assert door["says"] == f"{canned.url} answers, and our login by service-account is taken"
    assert json.loads(canned.calls("POST acs/api/v1/auth/login")[0].body)["uid"] == "robot"


@pytest.mark.parametrize(
    ("hours", "login"),
    [(120, ("ok", "the login is good for 5.0 more days")), (6, ("warning", "the login is good for 6.0 more hours"))],
)
def test_how_long_the_login_lasts_is_said(
    operator: Operator, canned: Canned, monkeypatch: pytest.MonkeyPatch, hours: int, login: tuple[str, str]
) -> None:
    monkeypatch.setenv("DOCTOR_TOKEN", a_token(hours * 3600 + 60))
    operator.settings["url"] = canned.url
    answers, lasts = operator.doctor()["admin-router"]
    assert answers["state"] == "ok"
    assert (lasts["state"], lasts["says"]) == login


def test_permissions_that_our_user_lacks_are_red_with_the_commands_that_grant_them(
    operator: Operator, canned: Canned
) -> None:
    canned.on("GET dcos-metadata/dcos-version.json", {"version": "1.13.4", "dcos-variant": "enterprise"})
    canned.on("GET mesos/master/slaves", page(403))
    canned.on("GET marathon/v2/apps", page(403))
    canned.on("GET system/health/v1/nodes", {})
    operator.settings["url"] = canned.url
    mesos, marathon = operator.doctor()["permissions"]
    assert (mesos["state"], mesos["remedy"]) == ("red", f"`{GRANT} dcos:adminrouter:ops:mesos full`")
    assert mesos["says"].startswith("agents, their tasks and their cordons: GET mesos/master/slaves answers 403")
    assert marathon["remedy"] == f"`{GRANT} dcos:adminrouter:service:marathon full`"


def test_a_cluster_that_answers_nothing_but_its_door_is_red_in_each_part(operator: Operator, canned: Canned) -> None:
    operator.settings["url"] = canned.url
    found = operator.doctor()
    for name in ("permissions", "mesos", "clock", "version", "marathon", "services", "views", "cordons"):
        (one,) = found[name]
        assert one["state"] == "red"
        assert "404" in one["says"]
        assert one["remedy"]


@pytest.mark.parametrize(
    ("auth", "says"),
    [
        ("", "services.k.kafka needs Kafka's own client"),
        (", auth: {method: plain, username: me, password_env: DOCTOR_KAFKA}", "$DOCTOR_KAFKA is empty"),
    ],
)
def test_what_keeps_brokers_from_being_asked_keeps_nothing_else_from_being_looked_at(
    operator: Operator, canned: Canned, monkeypatch: pytest.MonkeyPatch, auth: str, says: str
) -> None:
    if not auth:  # not installed
        monkeypatch.setitem(sys.modules, "confluent_kafka", None)
    operator.settings["url"] = canned.url
    operator.more = f"    services: {{k: {{kafka: {{tls: {{}}{auth}}}}}}}\n"
    found = operator.doctor()
    assert says in found["services"][0]["says"]
    assert "404" in found["mesos"][0]["says"]


def test_who_holds_the_lock_is_said_and_the_lock_is_left_alone(operator: Operator) -> None:
    holder = Holder("ann@laptop", 4711, "20240102T030405Z-ab12", 1704193445.0)
    with LocalLock.take(operator.home / "state/prod", "prod", holder) as held:
        (said,) = operator.doctor()["lock"]
        held.check()
    assert said["state"] == "warning"
    assert str(holder) in said["says"]


@pytest.mark.real
def test_instances_and_images_are_asked_of_aws_and_nodes_over_ssh(
    operator: Operator, moto: str, ec2: EC2Client, terraform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    answer = ec2.run_instances(ImageId=AMI, MinCount=2, MaxCount=2, InstanceType="m5.large")
    ids = [(each["InstanceId"], each["PrivateIpAddress"]) for each in answer["Instances"]]
    state(operator.home / "infra", ids)
    (operator.home / "state/prod").mkdir(parents=True)
    (operator.home / "state/prod/known_hosts").write_text("# nobody yet\n")
    with closing(boto3.client("dynamodb", endpoint_url=moto, region_name="us-east-1")) as database:
        database.create_table(
            TableName="doors",
            AttributeDefinitions=[{"AttributeName": "cluster", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "cluster", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
    operator.settings |= {"aws": moto, "binary": terraform, "lock": "dynamodb://doors"}
    found = operator.doctor()
    assert found["terraform"][0]["state"] == "ok", found["terraform"]
    assert found["aws"][0]["says"] == "EC2 describes 2 of 2 instances in Terraform's state"
    assert f"{NODE} is made of {AMI} (" in found["images"][0]["says"]
    lock, *ec2_acts = found["aws-permissions"]
    assert lock["says"] == "dynamodb:UpdateItem: allowed (doors took a write whose condition never holds)"
    assert [one["says"] for one in ec2_acts] == [
        f"{act}: allowed (EC2 rehearsed it with {ids[0][0]})" for act in ("ec2:TerminateInstances", "ec2:RunInstances")
    ]
    assert [one["state"] for one in found["shell"]] == ["red", "red"]
    assert "no SSH connection" in found["shell"][0]["says"]
    assert "nodes.ssh" in found["shell"][0]["remedy"]
    assert operator.left == ["prod", "known_hosts"]


def state(folder: Path, placed: list[tuple[str, str]]) -> None:
    """A state with these instances, in a folder that counts as initialised: no provider is asked for it."""
    nodes = {
        "mode": "managed",
        "type": "aws_instance",
        "name": "dcos_agent_node",
        "provider": 'provider["registry.terraform.io/hashicorp/aws"]',
        "instances": [
            {"index_key": number, "schema_version": 1, "attributes": {"id": instance, "private_ip": ip}}
            for number, (instance, ip) in enumerate(placed)
        ],
    }
    whole = {"version": 4, "serial": 1, "lineage": "test", "outputs": {}, "resources": [nodes]}
    (folder / "terraform.tfstate").write_text(json.dumps(whole))
    (folder / ".terraform").mkdir()
