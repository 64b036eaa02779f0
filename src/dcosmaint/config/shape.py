"""The whole configuration, as one frozen value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationInfo, WithJsonSchema, field_validator

from dcosmaint import model
from dcosmaint.config.dcos import Dcos
from dcosmaint.config.fleet import Aws, Nodes, Packer, Terraform
from dcosmaint.config.policy import Policy, Service, State, resolved
from dcosmaint.config.strict import Strict
from dcosmaint.config.values import ServiceName, batch_size, mistake

_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"


def _cluster_name(name: str, info: ValidationInfo) -> str:
    if not re.match(_NAME, name):
        raise mistake("write the name of a cluster in letters, digits, dots, dashes and underscores")
    if name == "sandbox" and not (info.context or {}).get("sandbox"):
        raise mistake("is the name of the built-in sandbox; write another one")
    return name


ClusterName = Annotated[
    str,
    AfterValidator(_cluster_name),
    WithJsonSchema({"type": "string", "pattern": _NAME, "examples": ["prod"]}),
]


class ClusterConfig(Strict):
    dcos: Dcos = Field(description="the cluster itself", examples=[{"url": "https://dcos.prod.example.com"}])
    aws: Aws = Field(description="where its instances are", examples=[{"region": "us-east-1"}])
    packer: Packer | None = Field(
        default=None,
        description="how an AMI is baked; only for `--bake`",
        examples=[{"template": "packer/agent.pkr.hcl"}],
    )
    terraform: Terraform = Field(description="the code that its nodes come from")
    nodes: Nodes = Field(default_factory=Nodes, description="the way into a node")
    services: Mapping[ServiceName, Service] = Field(
        default={},
        description="what is special about an SDK service, by its name",
        examples=[{"kafka-events": {"cap": 1}}],
    )
    policy: Policy = Field(default_factory=Policy, description="how fast, and how much may be lost")
    state: State = Field(default_factory=State, description="what is kept between commands")

    def policy_for(self, fleet: int) -> model.Policy:
        """The policy of a roll over a fleet of so many nodes."""
        return replace(
            resolved(self.policy, self.services),
            batch_size=batch_size(self.policy.batch_size, fleet),
            cordon=self.dcos.cordon,
            stop_order=self.nodes.stop_order,
            work_dir=self.nodes.work_dir or "",
            companions=self.terraform.companions,
        )


class Config(Strict):
    clusters: Mapping[ClusterName, ClusterConfig] = Field(
        min_length=1, description="every cluster, by the name that `--cluster` takes"
    )

    @field_validator("clusters", mode="before")
    @classmethod
    def _by_name(cls, given: Any) -> Any:
        """Without a name, every part of the cluster would be refused as a cluster of its own."""
        if isinstance(given, dict) and {"dcos", "aws"} <= given.keys():
            raise mistake("the cluster has no name: write `prod:` below clusters, and all of this below that")
        return given
