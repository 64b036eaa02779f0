"""Packer itself, building in an EC2 that moto serves. Templates are JSON or HCL; what provisions is this machine."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dcosmaint.adapters.children import Children
from dcosmaint.adapters.packer import Packer, Template
from dcosmaint.adapters.packer_words import PackerWords, fields
from dcosmaint.errors import Usage
from dcosmaint.model import Child
from dcosmaint.ports import PackerActs, PackerReads

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

real = pytest.mark.real
BASE = "ami-03cf127a"
HCL = """
variable "endpoint" { type = string }
variable "base" { type = string }
variable "script" {
  type    = string
  default = "true"
}
variable "dcosmaint_roll" { type = string }
source "amazon-ebs" "agent" {
  access_key             = "test"
  secret_key             = "test"
  region                 = "us-east-1"
  custom_endpoint_ec2    = var.endpoint
  skip_region_validation = true
  source_ami             = var.base
  instance_type          = "m5.large"
  communicator           = "none"
  ami_name               = "agent-${var.dcosmaint_roll}"
  tags                   = { "dcosmaint:roll" = var.dcosmaint_roll }
}
build {
  sources = ["source.amazon-ebs.agent"]
  provisioner "shell-local" { inline = [var.script] }
}
"""
BUILDER = {
    "type": "amazon-ebs",
    "access_key": "test",
    "secret_key": "test",
    "region": "us-east-1",
    "custom_endpoint_ec2": "{{user `endpoint`}}",
    "skip_region_validation": True,
    "source_ami": "{{user `base`}}",
    "instance_type": "m5.large",
    "communicator": "none",
    "ami_name": "agent-{{user `dcosmaint_roll`}}",
    "tags": {"dcosmaint:roll": "{{user `dcosmaint_roll`}}"},
}
JSON = json.dumps(
    {
        "variables": {"endpoint": "", "base": "", "dcosmaint_roll": "", "script": "true"},
        "builders": [BUILDER],
        "provisioners": [{"type": "shell-local", "inline": ["{{user `script`}}"]}],
    }
)
TEMPLATES = pytest.mark.parametrize(("name", "text"), [("agent.pkr.hcl", HCL), ("agent.json", JSON)])


Forge = Callable[..., Packer]


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end, "it did not come to hold within 60 s"
        time.sleep(0.02)


@pytest.fixture
def children(tmp_path: Path) -> Iterator[Children]:
    """Children none of whom survives the test."""
    children = Children(tmp_path / "children")
    yield children
    ours = Packer(Template(tmp_path, {}, (), {}), children)
    ours.interrupt()
    until(lambda: not ((child := ours.child()) and child.running))


def a_template(folder: Path, name: str = "agent.pkr.hcl", text: str = HCL, **variables: str) -> Template:
    path = folder / name
    path.write_text(text)
    return Template(path, {"base": BASE, **variables}, (), dict(os.environ))


def ended(ours: Packer) -> Child:
    until(lambda: not the_child(ours).running)
    return the_child(ours)


def the_child(ours: Packer) -> Child:
    child = ours.child()
    assert child
    return child


def alive(ec2: EC2Client) -> list[Any]:
    found = [each for reservation in ec2.describe_instances()["Reservations"] for each in reservation["Instances"]]
    return [each for each in found if each["State"]["Name"] != "terminated"]


@pytest.fixture
def forge(tmp_path: Path, packer: str, moto: str, children: Children) -> Forge:
    """Makes a Packer for a template that builds in the AWS of this test."""

    def forge(name: str = "agent.pkr.hcl", text: str = HCL, **variables: str) -> Packer:
        return Packer(a_template(tmp_path, name, text, **{"endpoint": moto, **variables}), children)

    return forge


@real
@TEMPLATES
def test_a_build_makes_an_ami_that_carries_the_roll(forge: Forge, ec2: EC2Client, name: str, text: str) -> None:
    ours = forge(name, text)
    assert ours.child() is None
    ours.bake("r-1")
    child = ended(ours)
    assert (child.what, child.subject, child.code, child.error) == ("bake", ("r-1",), 0, "")
    (image,) = ec2.describe_images(Filters=[{"Name": "tag:dcosmaint:roll", "Values": ["r-1"]}])["Images"]
    assert image["ImageId"] in child.says
    assert alive(ec2) == []


@real
def test_variables_come_from_the_operators_files_too(
    tmp_path: Path, packer: str, moto: str, children: Children
) -> None:
    file = tmp_path / "prod.pkrvars.hcl"
    file.write_text(f'endpoint = "{moto}"\n')
    ours = Packer(replace(a_template(tmp_path), var_files=(file,)), children)
    ours.bake("r-1")
    assert ended(ours).code == 0, the_child(ours).error


def kept(folder: Path) -> list[Path]:
    """Files in which values of variables lie."""
    return sorted(folder.rglob("*.pkrvars.json"))


@real
def test_values_of_variables_are_forgotten_once_the_build_has_ended(tmp_path: Path, forge: Forge) -> None:
    abandoned = tmp_path / "children/0001-bake"  # where somebody died before the build began
    abandoned.mkdir(parents=True)
    (abandoned / "variables.pkrvars.json").touch()
    ours = forge(script="echo asleep; sleep 60")
    ours.bake("r-1")
    until(lambda: "asleep" in the_child(ours).says)
    assert [file.stat().st_mode & 0o777 for file in kept(tmp_path)[1:]] == [0o600]
    ours.interrupt()
    assert ended(ours).code == 1
    assert kept(tmp_path) == []


@real
@TEMPLATES
def test_a_build_that_fails_says_why_and_leaves_no_instance(forge: Forge, ec2: EC2Client, name: str, text: str) -> None:
    ours = forge(name, text, script="echo oh no; exit 3")
    ours.bake("r-1")
    child = ended(ours)
    assert child.code == 1
    assert "Script exited with non-zero exit status: 3" in child.error
    assert alive(ec2) == []


@real
@TEMPLATES
def test_an_interrupted_build_leaves_no_instance(forge: Forge, ec2: EC2Client, name: str, text: str) -> None:
    ours = forge(name, text, script="echo asleep; sleep 60")
    ours.bake("r-1")
    until(lambda: "asleep" in the_child(ours).says)
    assert len(alive(ec2)) == 1
    for _ in range(3):
        ours.interrupt()
    child = ended(ours)
    assert child.code == 1
    assert alive(ec2) == []
    assert ec2.describe_images(Owners=["self"])["Images"] == []


@real
def test_a_base_image_that_does_not_exist_is_said(forge: Forge) -> None:
    ours = forge(base="ami-00000000")
    ours.bake("r-1")
    assert "InvalidAMIID.NotFound" in ended(ours).error


@real
@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("agent.pkr.hcl", HCL.replace('"m5.large"', '"m5.large"\n  no_such_key = 1'), "no_such_key"),
        ("agent.pkr.hcl", HCL.replace("var.base", "var.nowhere"), "Unsupported attribute"),
        ("agent.pkr.hcl", HCL + "source {", "agent.pkr.hcl line"),
        ("agent.json", JSON.replace('"instance_type"', '"no_such_key"'), "no_such_key"),
        ("agent.json", JSON[:-1], "Error parsing JSON"),
    ],
)
def test_a_template_that_is_not_fit_is_refused_with_its_complaints_before_anything_is_built(
    tmp_path: Path, forge: Forge, name: str, text: str, says: str
) -> None:
    ours = forge(name, text)
    with pytest.raises(Usage, match="not fit") as caught:
        ours.bake("r-1")
    assert says in str(caught.value)
    assert ours.child() is None
    assert kept(tmp_path) == []


@real
def test_a_variable_that_the_template_needs_and_nobody_gives_is_named(
    tmp_path: Path, packer: str, children: Children
) -> None:
    with pytest.raises(Usage, match='Unset variable "endpoint"'):
        Packer(a_template(tmp_path), children).bake("r-1")


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("agent.pkr.hcl", HCL, '"dcosmaint:roll" = var.dcosmaint_roll'),
        ("agent.json", JSON, '"dcosmaint:roll": "{{user `dcosmaint_roll`}}"'),
    ],
)
def test_a_template_that_does_not_tag_its_ami_is_told_the_two_lines(
    tmp_path: Path, children: Children, name: str, text: str, line: str
) -> None:
    ours = Packer(a_template(tmp_path, name, text.replace("dcosmaint:roll", "roll")), children)
    with pytest.raises(Usage, match="Add these two lines:") as caught:
        ours.bake("r-1")
    assert line in str(caught.value)


def test_a_template_that_is_not_there_is_named(tmp_path: Path, children: Children) -> None:
    with pytest.raises(Usage, match=r"nowhere.pkr.hcl can't be read"):
        Packer(Template(tmp_path / "nowhere.pkr.hcl", {}, (), {}), children).bake("r-1")


def test_what_keeps_a_build_from_beginning_is_said_beforehand(tmp_path: Path, children: Children) -> None:
    template = a_template(tmp_path, text="# nothing\n")
    (said,) = Packer(replace(template, env={"PATH": str(tmp_path)}), children).check()
    assert said.startswith("packer is not on PATH")


@real
def test_a_fit_template_has_nothing_said_of_it(tmp_path: Path, packer: str, children: Children) -> None:
    assert Packer(a_template(tmp_path), children).check() == ()
    (said,) = Packer(a_template(tmp_path, text="# nothing\n"), children).check()
    assert "does not tag its AMI" in said


def test_the_adapter_is_what_the_ports_ask_for(tmp_path: Path, children: Children) -> None:
    reads: PackerReads = Packer(a_template(tmp_path), children)
    acts: PackerActs = Packer(a_template(tmp_path), children)
    assert reads.child() is None
    acts.interrupt()


def test_values_of_variables_are_in_no_argument(tmp_path: Path) -> None:
    template = a_template(tmp_path, password="hunter2")
    program = template.program("build", "r-1", tmp_path / "variables.pkrvars.json")
    assert "hunter2" not in f"{program!r} {template!r}"


# ---- words ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("1795536886,,ui,say,==> amazon-ebs: Creating AMI", "==> amazon-ebs: Creating AMI"),
        ("1795536886,,ui,message,a%!(PACKER_COMMA) b\\n  c", "a, b c"),
        ("1795536886,amazon-ebs,artifact,0,id,us-east-1:ami-1", "built us-east-1:ami-1"),
        (
            "1795536886,amazon-ebs,artifact,0,id,us-east-1:ami-1%!(PACKER_COMMA)us-west-2:ami-2",
            "built us-east-1:ami-1,us-west-2:ami-2",
        ),
        ("1795536886,amazon-ebs,artifact,0,end", ""),
        ("1795536886,,ui,say,", ""),
        ("", ""),
        ("panic: oh no", ""),
    ],
)
def test_progress_is_said_without_packers_escapes(line: str, says: str) -> None:
    assert PackerWords().says(line) == says


def test_a_line_is_taken_apart_before_its_commas_come_back() -> None:
    assert fields("1,,ui,say,a%!(PACKER_COMMA)b\n") == ["1", "", "ui", "say", "a,b"]


def test_a_failure_is_what_packer_calls_an_error_and_else_its_last_lines() -> None:
    lines = ["1,,ui,say,fine", "1,,ui,error,Build failed:\\n\\n* one", "1,,ui,error,* one", "1,,ui,say,over"]
    assert PackerWords().error(lines) == "Build failed:\n* one"
    assert PackerWords().error(["panic: oh no"]) == "it said:\n    panic: oh no"
