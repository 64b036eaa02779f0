"""Terraform itself, on resources that need no provider, and once on the real AWS provider against moto."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dcosmaint.adapters import terraform_state
from dcosmaint.adapters.children import Children
from dcosmaint.adapters.programs import run
from dcosmaint.adapters.terraform import Terraform
from dcosmaint.adapters.terraform_check import check
from dcosmaint.adapters.workspace import FLAG, AmiPlace, Group, Workspace
from dcosmaint.errors import Fatal, Retryable
from dcosmaint.guard import judge
from dcosmaint.model import Change, Child, Placed
from dcosmaint.ports import TerraformActs, TerraformReads

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

real = pytest.mark.real
OLD, NEW = "ami-03cf127a", "ami-12c6146b"
NODE = "terraform_data.node"
CODE = """
variable "agent_ami" { type = string }
resource "terraform_data" "node" {
  count = 2
  input = { ami = var.agent_ami }
  provisioner "local-exec" { command = "while [ ! -e go ]; do sleep 0.1; done" }
  lifecycle { ignore_changes = [input] }
}
"""


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < end, "it did not come to hold within 120 s"
        time.sleep(0.05)


def a_workspace(folder: Path, file: str = "agents.auto.tfvars", **env: str) -> Workspace:
    place = AmiPlace(file, variable="agent_ami")
    return Workspace(folder, "terraform", "default", (Group(NODE, place),), {**os.environ, **env}, lock_timeout=0)


@pytest.fixture
def folder(tmp_path: Path, terraform: str) -> Path:
    """A workspace that is initialised, with the AMI of old in its variables."""
    folder = tmp_path / "infra"
    folder.mkdir()
    (folder / "main.tf").write_text(CODE)
    (folder / "agents.auto.tfvars").write_text(f'agent_ami = "{OLD}"\n')
    (folder / "go").touch()
    (folder / ".terraform").mkdir()
    subprocess.run([terraform, "init", "-input=false"], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture
def ours(folder: Path, tmp_path: Path) -> Iterator[Terraform]:
    """Terraform, none of whose children survives the test."""
    ours = Terraform(a_workspace(folder), Children(tmp_path / "children"))
    yield ours
    (folder / "go").touch()
    until(lambda: not ((child := ours.child()) and child.running))


def ended(ours: Terraform) -> Child:
    until(lambda: not the_child(ours).running)
    return the_child(ours)


def the_child(ours: Terraform) -> Child:
    child = ours.child()
    assert child
    return child


def planned(ours: Terraform, *addresses: str, types: Sequence[str] = ()) -> None:
    nodes = addresses or (f"{NODE}[1]",)
    ours.plan(nodes, ours.companions(nodes, types), {NODE: NEW})
    assert ended(ours).code == 0, the_child(ours).error


def inputs(folder: Path) -> dict[str, Any]:
    """What stands in the state: address → input."""
    answer = json.loads(run(a_workspace(folder).program("show", json=FLAG), 60))
    resources = answer.get("values", {}).get("root_module", {}).get("resources", [])
    return {each["address"]: each["values"]["input"] for each in resources}


@real
def test_a_saved_plan_is_for_its_addresses_alone_and_its_apply_is_of_that_file(folder: Path, ours: Terraform) -> None:
    assert ours.child() is None
    planned(ours)
    child = the_child(ours)
    assert (child.what, child.subject, child.error) == ("plan", (f"{NODE}[1]",), "")
    assert child.says == "Plan: 1 to add, 0 to change, 0 to destroy."
    assert ours.changes() == (Change(f"{NODE}[1]", "terraform_data", ("create",)),)
    ours.apply()
    child = ended(ours)
    assert (child.what, child.subject, child.code, child.error) == ("apply", (f"{NODE}[1]",), 0, "")
    assert child.says == "Apply complete! Resources: 1 added, 0 changed, 0 destroyed."
    assert inputs(folder) == {f"{NODE}[1]": {"ami": NEW}}, "the AMI of the plan counts, not that of the file"


ATTACHED = """
resource "terraform_data" "attachment" {
  count            = 2
  triggers_replace = [terraform_data.node[count.index].id]
}
resource "terraform_data" "other" {
  count = 2
}
resource "terraform_data" "attached_to_other" {
  count            = 2
  triggers_replace = [terraform_data.other[count.index].id]
}
"""


@real
def test_what_is_to_be_made_anew_with_its_node_is_in_the_plan_and_nothing_of_another_node(
    folder: Path, tmp_path: Path
) -> None:
    """Terraform plans what a target depends on, and not what depends on it. One of another group has the same key."""
    (folder / "main.tf").write_text(CODE + ATTACHED)
    subprocess.run(["terraform", "apply", "-auto-approve"], cwd=folder, check=True, capture_output=True)
    for node in (f"{NODE}[1]", "terraform_data.other[1]"):
        subprocess.run(["terraform", "taint", node], cwd=folder, check=True, capture_output=True)
    alone = Terraform(a_workspace(folder), Children(tmp_path / "alone"))
    planned(alone)
    assert [change.address for change in alone.changes()] == [f"{NODE}[1]"]
    both = Terraform(a_workspace(folder), Children(tmp_path / "both"))
    planned(both, types=["terraform_data"])
    assert [change.address for change in both.changes()] == ["terraform_data.attachment[1]", f"{NODE}[1]"]


@real
def test_an_apply_that_was_begun_is_begun_once(folder: Path, ours: Terraform) -> None:
    planned(ours)
    (folder / "go").unlink()
    ours.apply()
    began = the_child(ours)
    ours.apply()
    assert the_child(ours).pid == began.pid
    with pytest.raises(Retryable, match="still runs"):
        ours.plan([f"{NODE}[0]"], (), {NODE: NEW})
    (folder / "go").touch()
    assert ended(ours).code == 0
    with pytest.raises(Fatal, match="not applied twice"):
        ours.apply()


@real
def test_a_plan_that_failed_says_why_and_is_never_applied(folder: Path, ours: Terraform) -> None:
    (folder / "main.tf").write_text(CODE.replace("var.agent_ami", "var.nowhere"))
    ours.plan([f"{NODE}[1]"], (), {NODE: NEW})
    child = ended(ours)
    assert child.code == 1
    assert "Reference to undeclared input variable" in child.error
    for act in (ours.changes, ours.apply):
        with pytest.raises(Fatal, match=r"has not ended well: .*undeclared"):
            act()


@real
def test_an_apply_that_is_interrupted_saves_its_state_and_lets_go_of_the_lock(folder: Path, ours: Terraform) -> None:
    planned(ours, f"{NODE}[0]", f"{NODE}[1]")
    (folder / "go").unlink()
    ours.apply()
    until(lambda: _creating(ours))
    for _ in range(3):
        ours.interrupt()
    child = ended(ours)
    assert child.code == 1
    assert not (folder / ".terraform.tfstate.lock.info").exists()
    assert (folder / "terraform.tfstate").exists()


def _creating(ours: Terraform) -> bool:
    return "Creating..." in the_child(ours).says


@real
def test_a_locked_state_names_who_holds_it(folder: Path, ours: Terraform, tmp_path: Path) -> None:
    planned(ours)
    (folder / "go").unlink()
    ours.apply()
    until(lambda: _creating(ours))
    other = Terraform(a_workspace(folder), Children(tmp_path / "other"))
    other.plan([f"{NODE}[0]"], (), {NODE: NEW})
    error = ended(other).error
    assert error.startswith("the state is locked by ")
    assert "OperationTypeApply" in error
    assert "terraform force-unlock " in error


@real
def test_a_file_of_variables_that_terraform_does_not_read_by_itself_is_passed(folder: Path, tmp_path: Path) -> None:
    (folder / "agents.auto.tfvars").rename(folder / "prod.tfvars")
    ours = Terraform(a_workspace(folder, "prod.tfvars"), Children(tmp_path / "children"))
    assert ours.images() == {NODE: OLD}
    ours.plan([f"{NODE}[1]"], (), {})
    assert ended(ours).code == 0
    ours.apply()
    assert ended(ours).code == 0
    assert inputs(folder) == {f"{NODE}[1]": {"ami": OLD}}


ODD = r"""
resource "terraform_data" "node" {
  for_each = toset(["b.c[0]", "q\"]", "back\\slash", "dollar$${x", "per%%{x", "tab\tx", "é", "\u200bz", "end$", "<&>"])
}
resource "terraform_data" "many" { count = 11 }
resource "terraform_data" "one" {}
module "a" {
  source   = "./a"
  for_each = toset(["x.y", "q\"]"])
}
"""


def as_instances(pulled: str) -> str:
    """A state in which everything has what an EC2 instance has."""
    state = json.loads(pulled)
    for resource in state["resources"]:
        for each in resource["instances"]:
            each["attributes"] = {"id": "i-1", "private_ip": "10.0.0.1"}
    return json.dumps(state)


@real
def test_addresses_are_those_that_terraform_prints(folder: Path) -> None:
    (folder / "a").mkdir()
    (folder / "a/main.tf").write_text('resource "terraform_data" "node" { count = 2 }')
    (folder / "main.tf").write_text(ODD)
    workspace = a_workspace(folder)
    run(workspace.program("init", input=False), 60)
    run(workspace.program("apply", auto_approve=FLAG), 60)
    run(workspace.program("taint", "terraform_data.many[3]"), 60)
    pulled = run(workspace.program("state pull"), 60)
    printed = run(workspace.program("state list"), 60).splitlines()
    assert len(printed) == 10 + 11 + 1 + 4
    found = terraform_state.instances(as_instances(pulled), {terraform_state.bare(address) for address in printed})
    assert [placed.address for placed in found] == sorted(printed)
    assert terraform_state.tainted(pulled, ["terraform_data.many"]) == ("terraform_data.many[3]",)


def test_the_adapter_is_what_the_ports_ask_for(tmp_path: Path) -> None:
    ours = Terraform(a_workspace(tmp_path), Children(tmp_path / "children"))
    reads: TerraformReads = ours
    acts: TerraformActs = ours
    assert reads.child() is None
    acts.interrupt()


@real
def test_an_ami_that_stands_in_the_code_is_swapped_there_and_passed_by_no_variable(
    folder: Path, tmp_path: Path
) -> None:
    code = folder / "main.tf"
    code.write_text(CODE.replace("input = {", f'ami = "{OLD}"\n  input = {{'))
    place = AmiPlace("main.tf", resource=NODE)
    ours = Terraform(replace(a_workspace(folder), groups=(Group(NODE, place),)), Children(tmp_path / "children"))
    assert f'+  ami = "{NEW}"' in ours.preview(NODE, NEW)
    ours.swap(NODE, NEW)
    assert ours.images() == {NODE: NEW}
    code.write_text(CODE)
    ours.plan([f"{NODE}[1]"], (), {NODE: NEW})
    assert ended(ours).code == 0
    assert ours.changes() == (Change(f"{NODE}[1]", "terraform_data", ("create",)),)


def test_a_plan_without_an_address_is_never_begun(tmp_path: Path) -> None:
    ours = Terraform(a_workspace(tmp_path), Children(tmp_path / "children"))
    with pytest.raises(Fatal, match="a plan for everything"):
        ours.plan([], (), {NODE: NEW})
    with pytest.raises(Fatal, match="no saved plan"):
        ours.apply()


def test_groups_that_share_a_variable_can_not_have_two_amis(tmp_path: Path) -> None:
    place = AmiPlace("a.auto.tfvars", variable="agent_ami")
    workspace = replace(a_workspace(tmp_path), groups=(Group("a.b", place), Group("a.c", place)))
    ours = Terraform(workspace, Children(tmp_path / "children"))
    with pytest.raises(Fatal, match=f"agent_ami can't be both {OLD} and {NEW}: a.c shares it"):
        ours.plan(["a.b[0]"], (), {"a.b": OLD, "a.c": NEW})


# ---- what doctor says ----------------------------------------------------------------------------------------------


def test_a_missing_binary_is_named_with_how_to_get_it(tmp_path: Path) -> None:
    (said,) = check(replace(a_workspace(tmp_path), binary="no-terraform"))
    assert said.startswith("no-terraform is not on PATH: install Terraform >= 1.3 or OpenTofu")
    (said,) = check(a_workspace(tmp_path / "nowhere"))
    assert said.endswith("is no folder.")


def test_a_terraform_that_is_too_old_is_named_with_its_version(tmp_path: Path) -> None:
    binary = tmp_path / "terraform"
    binary.write_text("#!/bin/sh\ncase $1 in version) echo Terraform v0.11.15-oci ;; *) echo '* default' ;; esac\n")
    binary.chmod(0o755)
    (tmp_path / ".terraform").mkdir()
    (said,) = check(replace(a_workspace(tmp_path), binary=str(binary)))
    assert (
        "terraform is Terraform v0.11.15-oci, whose plans and applies do not answer in JSON: install Terraform >= 1.3"
        in said
    )


@real
def test_a_folder_that_is_not_initialised_is_named(tmp_path: Path, terraform: str) -> None:
    (said,) = check(replace(a_workspace(tmp_path), binary=terraform))
    assert f"run `{terraform} init` there" in said


@real
def test_a_workspace_that_terraform_does_not_know_is_named_beside_those_that_it_has(folder: Path) -> None:
    (said,) = check(replace(a_workspace(folder), workspace="prod"))
    assert said == "terraform.workspace prod is unknown to Terraform, which has default."


@real
def test_a_missing_variable_and_an_empty_state_are_said_together(folder: Path) -> None:
    (folder / "agents.auto.tfvars").write_text("# nothing\n")
    variable, state = check(a_workspace(folder))
    assert variable.startswith("The AMI can't be swapped.")
    assert f"has no instance of {NODE}" in state


# ---- the real provider ---------------------------------------------------------------------------------------------

AWS = """
terraform {{
  required_providers {{
    aws = {{ source = "hashicorp/aws" }}
  }}
}}
provider "aws" {{
  region                      = "us-east-1"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  endpoints {{ ec2 = "{endpoint}" }}
}}
variable "agent_ami" {{ type = string }}
resource "aws_instance" "node" {{
  count         = 2
  ami           = var.agent_ami
  instance_type = "m5.large"
  lifecycle {{ ignore_changes = [ami] }}
}}
"""
RC = """
provider_installation {{
  filesystem_mirror {{
    path    = "{mirror}"
    include = ["registry.terraform.io/*/*"]
  }}
}}
"""


VOLUMES = """
resource "aws_ebs_volume" "data" {
  count             = 2
  availability_zone = "us-east-1a"
  size              = 10
}
resource "aws_volume_attachment" "data" {
  count       = 2
  device_name = "/dev/sdf"
  volume_id   = aws_ebs_volume.data[count.index].id
  instance_id = aws_instance.node[count.index].id
}
"""


def two_instances(ec2: EC2Client) -> list[tuple[str, str]]:
    """Id and private IP of two instances of the AMI of old."""
    answer = ec2.run_instances(ImageId=OLD, MinCount=2, MaxCount=2, InstanceType="m5.large")
    return [(each["InstanceId"], each["PrivateIpAddress"]) for each in answer["Instances"]]


def a_state_with(placed: list[tuple[str, str]], volumes: Sequence[str] = ()) -> str:
    """A state in which these instances stand at aws_instance.node[0] and so on: faster than an apply."""
    nodes = [{"id": instance, "private_ip": ip, "ami": OLD} for instance, ip in placed]
    data = [{"id": volume} for volume in volumes]
    resources = [_stored("aws_instance", "node", 1, nodes), _stored("aws_ebs_volume", "data", 0, data)]
    return json.dumps({"version": 4, "serial": 1, "lineage": "test", "outputs": {}, "resources": resources})


def _stored(kind: str, name: str, schema: int, found: list[dict[str, str]]) -> dict[str, Any]:
    instances = [
        {"index_key": number, "schema_version": schema, "attributes": attributes}
        for number, attributes in enumerate(found)
    ]
    provider = 'provider["registry.terraform.io/hashicorp/aws"]'
    return {"mode": "managed", "type": kind, "name": name, "provider": provider, "instances": instances}


def a_cluster(tmp_path: Path, mirror: Path, moto: str, code: str = "") -> Workspace:
    """Code for two nodes on that AWS, initialised, and none of them in the state."""
    folder = tmp_path / "infra"
    folder.mkdir()
    (folder / "main.tf").write_text(AWS.format(endpoint=moto) + code)
    (folder / "agents.auto.tfvars").write_text(f'agent_ami = "{OLD}"\n')
    rc = tmp_path / "rc"
    rc.write_text(RC.format(mirror=mirror))
    workspace = replace(
        a_workspace(folder, TF_CLI_CONFIG_FILE=str(rc)),
        groups=(Group("aws_instance.node", AmiPlace("agents.auto.tfvars", variable="agent_ami")),),
    )
    run(workspace.program("init", input=False), 120)
    return workspace


@real
def test_the_real_provider_plans_the_one_node_that_was_terminated(
    tmp_path: Path, terraform: str, aws_provider: Path, moto: str, ec2: EC2Client
) -> None:
    node, folder = "aws_instance.node", tmp_path / "infra"
    workspace = a_cluster(tmp_path, aws_provider, moto)
    placed = two_instances(ec2)
    (folder / "terraform.tfstate").write_text(a_state_with(placed))
    ours = Terraform(workspace, Children(tmp_path / "children"))

    assert ours.exposed() == ()
    assert ours.placed() == tuple(Placed(f"{node}[{n}]", node, *each) for n, each in enumerate(placed))
    ours.swap(node, NEW)
    assert ours.images() == {node: NEW}
    assert check(workspace) == ()

    ec2.terminate_instances(InstanceIds=[placed[1][0]])
    ours.plan([f"{node}[1]"], (), ours.images())
    assert ended(ours).code == 0, the_child(ours).error
    changes = ours.changes()
    assert changes == (Change(f"{node}[1]", "aws_instance", ("create",), NEW),)
    assert judge(changes, {f"{node}[1]": NEW}, (), {}) == ()
    assert judge(changes, {f"{node}[1]": OLD}, (), {}) == (f"{node}[1] would be of AMI {NEW}, not {OLD}",)


@real
def test_an_attachment_that_the_whole_state_has_lost_is_found_in_the_code(
    tmp_path: Path, terraform: str, aws_provider: Path, moto: str, ec2: EC2Client
) -> None:
    """Beside the new instance, as an apply that was killed leaves it."""
    node, attachment, types = "aws_instance.node[1]", "aws_volume_attachment.data[1]", ["aws_volume_attachment"]
    workspace, placed = a_cluster(tmp_path, aws_provider, moto, VOLUMES), two_instances(ec2)
    volumes = [ec2.create_volume(AvailabilityZone="us-east-1a", Size=10)["VolumeId"] for _ in placed]
    (tmp_path / "infra" / "terraform.tfstate").write_text(a_state_with(placed, volumes))
    ours = Terraform(workspace, Children(tmp_path / "children"))

    assert ours.companions([node], types) == ()
    ours.plan([node], (), {})
    assert ended(ours).code == 0, the_child(ours).error
    assert ours.companions([node], types) == (attachment,)

    ours.plan([node], [attachment], {})
    assert ended(ours).code == 0, the_child(ours).error
    (made,) = [change for change in ours.changes() if "create" in change.actions]
    assert (made.address, made.instances) == (attachment, (placed[1][0],))
    assert judge([made], {}, [attachment], {node: placed[1][0]}) == ()
    assert len(judge([made], {}, [attachment], {node: placed[0][0]})) == 1
