"""Where the AMI of a group is named, and whether its code keeps a plain apply from replacing the fleet."""

from __future__ import annotations

from pathlib import Path

import pytest

from dcosmaint.adapters.images import Images
from dcosmaint.adapters.terraform_code import ignores_ami, resource_block
from dcosmaint.adapters.tfvars import loaded_by_itself
from dcosmaint.adapters.workspace import AmiPlace, Group, Workspace
from dcosmaint.errors import Fatal, Usage

NODE = "aws_instance.node"
NEW = "ami-0fedcba9876543210"


def images(folder: Path, place: AmiPlace) -> Images:
    return Images(Workspace(folder, "terraform", "default", (Group(NODE, place),), env={}))


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("place", "text"),
    [
        (AmiPlace("agents.auto.tfvars", variable="agent_ami"), 'x = 1\nagent_ami = "ami-1" # ours\n'),
        (AmiPlace("agents.auto.tfvars.json", variable="agent_ami"), '{"x": 1,\n "agent_ami": "ami-1"}\n'),
        (AmiPlace("variables.tf", variable="agent_ami"), 'variable "agent_ami" {\n  default = "ami-1"\n}\n'),
        (AmiPlace("agents.tf", resource=NODE), 'resource "aws_instance" "node" {\n  ami = "ami-1"\n}\n'),
        (
            AmiPlace("a/agents.tf", resource=f"module.a[0].{NODE}"),
            'resource "aws_instance" "node" {\n ami = "ami-1"\n}',
        ),
    ],
)
def test_the_ami_is_read_shown_and_swapped_where_it_stands(tmp_path: Path, place: AmiPlace, text: str) -> None:
    path = write(tmp_path, place.file, text)
    ours = images(tmp_path, place)
    assert ours.named() == {NODE: "ami-1"}
    assert NEW in ours.preview(NODE, NEW)
    assert path.read_text() == text
    ours.swap(NODE, NEW)
    assert path.read_text() == text.replace("ami-1", NEW)
    assert ours.named() == {NODE: NEW}


def test_a_file_without_the_variable_is_named(tmp_path: Path) -> None:
    write(tmp_path, "agents.auto.tfvars", "x = 1\n")
    with pytest.raises(Usage, match=r"agents.auto.tfvars:1: `agent_ami` has no value"):
        images(tmp_path, AmiPlace("agents.auto.tfvars", variable="agent_ami")).named()


def test_a_group_that_is_not_configured_is_named_beside_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(Fatal, match=r"aws_instance.other is no configured .* those are aws_instance.node"):
        images(tmp_path, AmiPlace("a.tfvars", variable="x")).swap("aws_instance.other", NEW)


@pytest.mark.parametrize(
    ("file", "by_itself"),
    [
        ("terraform.tfvars", True),
        ("terraform.tfvars.json", True),
        ("agents.auto.tfvars", True),
        ("agents.auto.tfvars.json", True),
        ("agents.tf", True),
        ("prod.tfvars", False),
        ("prod.tfvars.json", False),
        ("vars/agents.auto.tfvars", False),
    ],
)
def test_a_file_that_terraform_must_be_told_of_is_known(file: str, by_itself: bool) -> None:
    assert loaded_by_itself(file) is by_itself


@pytest.mark.parametrize(
    ("file", "other", "text", "counts"),
    [
        ("a.auto.tfvars", "b.auto.tfvars", 'agent_ami = "ami-2"', False),
        ("a.auto.tfvars", "b.auto.tfvars", "agent_ami = [1]", False),
        ("a.auto.tfvars", "b.auto.tfvars.json", '{"agent_ami": "ami-2"}', False),
        ("terraform.tfvars", "a.auto.tfvars", 'agent_ami = "ami-2"', False),
        ("b.auto.tfvars", "a.auto.tfvars", 'agent_ami = "ami-2"', True),
        ("a.auto.tfvars", "terraform.tfvars", 'agent_ami = "ami-2"', True),
        ("prod.tfvars", "z.auto.tfvars", 'agent_ami = "ami-2"', True),
        ("a.auto.tfvars", "b.auto.tfvars", 'm = {\n  agent_ami = "no"\n}', True),
        ("a.auto.tfvars", "b.tfvars", 'agent_ami = "ami-2"', True),
        ("a.auto.tfvars", "b.auto.tfvars", "agent_ami = ", True),
    ],
)
def test_a_variable_that_a_later_file_names_too_is_refused(
    tmp_path: Path, file: str, other: str, text: str, counts: bool
) -> None:
    write(tmp_path, file, 'agent_ami = "ami-1"\n')
    write(tmp_path, other, text)
    ours = images(tmp_path, AmiPlace(file, variable="agent_ami"))
    if counts:
        assert ours.named() == {NODE: "ami-1"}
    else:
        with pytest.raises(Usage, match=f"agent_ami stands in .*{other} too, which Terraform reads after {file}"):
            ours.swap(NODE, NEW)


def a_resource(lifecycle: str) -> str:
    return f'resource "aws_instance" "node" {{\n  ami = var.ami\n{lifecycle}\n}}\n'


@pytest.mark.parametrize(
    ("lifecycle", "ignores"),
    [
        ("lifecycle {\n ignore_changes = [ami]\n}", True),
        ("lifecycle {\n ignore_changes = [tags, ami, # why\n ]\n}", True),
        ('lifecycle {\n ignore_changes = ["ami"]\n}', True),
        ("lifecycle {\n ignore_changes = all\n}", True),
        ("lifecycle {\n ignore_changes = [tags]\n}", False),
        ("lifecycle {\n ignore_changes = [ami_tags]\n}", False),
        ("lifecycle {\n prevent_destroy = true # ignore_changes = [ami]\n}", False),
        ("lifecycle {\n}", False),
        ("ignore_changes = [ami]", False),
        ("", False),
    ],
)
def test_a_resource_is_safe_only_where_its_lifecycle_ignores_the_ami(
    tmp_path: Path, lifecycle: str, ignores: bool
) -> None:
    write(tmp_path, "agents.tf", a_resource(lifecycle))
    block = resource_block(tmp_path, NODE)
    assert block
    assert ignores_ami(block) is ignores


def test_a_resource_in_a_local_module_is_found_through_every_level(tmp_path: Path) -> None:
    write(tmp_path, "root/main.tf", 'module "a" {\n  source = "../modules/a"\n}\n')
    write(tmp_path, "modules/a/main.tf", 'module "b" {\n  source = "./b"\n}\n')
    write(tmp_path, "modules/a/b/nodes.tf", a_resource("lifecycle {\n ignore_changes = [ami]\n}"))
    block = resource_block(tmp_path / "root", f'module.a["x"].module.b.{NODE}')
    assert block
    assert ignores_ami(block)


@pytest.mark.parametrize(
    "code",
    [
        'module "a" {\n  source = "terraform-aws-modules/ec2-instance/aws"\n}\n',
        'module "a" {\n  source = "./nowhere"\n}\n',
        'module "b" {\n  source = "./b"\n}\n',
        'module "a" {\n',
        "",
    ],
)
def test_a_module_that_can_not_be_read_holds_nothing_that_is_safe(tmp_path: Path, code: str) -> None:
    write(tmp_path, "main.tf", code)
    assert resource_block(tmp_path, f"module.a.{NODE}") is None
