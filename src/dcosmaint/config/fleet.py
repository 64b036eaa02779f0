"""What the nodes are made of: AWS, the Packer template, the Terraform code, and the way into a node."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationInfo, model_validator

from dcosmaint.config.present import File, Folder, Profile, Program, looked, no_file
from dcosmaint.config.strict import Strict
from dcosmaint.config.values import Given, Port, RootedPath, Text, mistake, mistakes

Address = Annotated[
    str,
    Field(pattern=r"^(module\.[\w-]+(\[[^\]]+\])?\.)*aws_instance\.[\w-]+$", examples=["aws_instance.dcos_agent_node"]),
]
ResourceType = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(_[a-z0-9]+)+$", examples=["aws_volume_attachment"])]


class Aws(Strict):
    region: Annotated[str, Field(pattern=r"^[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}$")] = Field(
        description="where the instances are; no availability zone", examples=["us-east-1"]
    )
    profile: Profile | None = Field(
        default=None, description="profile of the AWS configuration; else what AWS's own tools would use"
    )
    endpoint_url: str | None = Field(
        default=None,
        description="an AWS-compatible endpoint instead of AWS",
        pattern=r"^https?://[^@\s]+$",
        examples=["http://127.0.0.1:5000"],
    )


class Packer(Strict):
    template: File = Field(
        description="the template, `.pkr.hcl` or `.json`; its AMI carries the tag `dcosmaint:roll` with the variable"
        " `dcosmaint_roll`",
        examples=["packer/agent.pkr.hcl"],
    )
    vars: Mapping[str, Given] = Field(
        default={}, description="variables of the template; no secrets, since they are process arguments"
    )
    var_files: tuple[File, ...] = Field(default=(), description="variable files, in their order")


class Ami(Strict):
    """Where the code says which AMI a group is made of: a variable's value, or a literal in a resource."""

    variable: Text | None = Field(
        default=None, description="the variable whose value is the AMI", examples=["dcos_agent_ami"]
    )
    resource: Address | None = Field(
        default=None, description="the resource whose `ami` is a literal, where there is no variable"
    )
    file: Path = Field(
        description="the file that holds it, relative to `terraform.dir`", examples=["agents.auto.tfvars"]
    )

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.variable is None) == (self.resource is None):
            raise mistake(
                "name the variable that holds the AMI, or the resource with a literal ami: exactly one of them"
            )
        return self


class Group(Strict):
    resources: tuple[Address, ...] = Field(
        min_length=1,
        description="the agent nodes as the code names them, without count or for_each keys",
        examples=[["aws_instance.dcos_agent_node"]],
    )
    ami: Ami = Field(
        description="where their AMI stands", examples=[{"variable": "dcos_agent_ami", "file": "agents.auto.tfvars"}]
    )


class Terraform(Strict):
    dir: Folder = Field(description="the root module, initialised", examples=["infra/prod"])
    binary: Program = Field(default="terraform", description="the program: `terraform`, `tofu` or a path")
    workspace: Text = Field(default="default", description="its workspace")
    groups: tuple[Group, ...] = Field(
        min_length=1,
        description="the agent nodes, a group for each AMI",
    )
    companions: tuple[ResourceType, ...] = Field(
        default=(), description="resource types that are re-created together with their node"
    )

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        counts = Counter(resource for group in self.groups for resource in group.resources)
        twice = [
            (("groups", number, "resources"), f"{resource} is named more than once in groups; a node has one AMI")
            for number, group in enumerate(self.groups)
            for resource in dict.fromkeys(group.resources)
            if counts[resource] > 1
        ]
        if twice:
            raise mistakes(twice)
        return self

    @model_validator(mode="after")
    def _with_its_amis(self, info: ValidationInfo) -> Self:
        if not looked(info):
            return self
        gone = [
            (("groups", number, "ami", "file"), says)
            for number, group in enumerate(self.groups)
            if (says := no_file(self.file(group)))
        ]
        if gone:
            raise mistakes(gone)
        return self

    def file(self, group: Group) -> Path:
        """The file that holds the group's AMI."""
        return self.dir / group.ami.file.expanduser()


class Ssh(Strict):
    user: Text | None = Field(
        default=None,
        description="the user, who may use sudo; else what the ssh configuration says",
        examples=["centos"],
    )
    key: File | None = Field(default=None, description="the private key; else the ssh agent and the ssh configuration")
    port: Port | None = Field(default=None, description="the port; else what the ssh configuration says, else 22")
    config_file: RootedPath = Field(
        default=Path("~/.ssh/config"), description="the ssh configuration, read if it is there"
    )
    bastion: Text | None = Field(
        default=None,
        description="where to jump through, as ssh's ProxyJump has it: `user@host:port`, several with commas",
    )
    known_hosts: RootedPath = Field(
        default=Path("~/.ssh/known_hosts"), description="host keys that you trust; the roll keeps its own beside it"
    )
    host_keys: Literal["enrol", "strict"] = Field(
        default="enrol",
        description="`enrol` learns the key of an instance that the roll itself created; `strict` learns none",
    )


class Nodes(Strict):
    transport: Literal["ssh", "ssm"] = Field(
        default="ssh", description="the way into a node: SSH, or Run Command of AWS Systems Manager"
    )
    ssh: Ssh = Field(default_factory=Ssh, description="how SSH gets there")
    stop_order: Literal["auto", "docker-first", "agent-first"] = Field(
        default="auto", description="what stops first; `auto` is docker first where the cordon is airtight"
    )
    work_dir: Literal["fresh", "keep"] | None = Field(
        default=None,
        description="what becomes of an agent's work dir on a volume that outlives its instance: `fresh` empties it, so"
        " that the new instance is a new agent; `keep` leaves it, so that it comes back as the old one",
        examples=["fresh"],
    )
