"""The provider block: where EC2 is, who we are there, and the tags that everything gets."""

from __future__ import annotations

import os
from collections.abc import Mapping
from threading import Event
from typing import Any

from tf.blocks import SetNestedBlock
from tf.iface import Provider
from tf.schema import Attribute, Block, Schema
from tf.types import Bool, Map, String

from dcosmaint.sandbox.served.provider.ami import AmiData
from dcosmaint.sandbox.served.provider.instance import Instance

TEXTS = ("region", "access_key", "secret_key", "token", "profile")
SWITCHES = (
    "skip_credentials_validation",
    "skip_metadata_api_check",
    "skip_region_validation",
    "skip_requesting_account_id",
)


class Aws(Provider):
    def __init__(self, stop: Event) -> None:
        self.stop = stop  # terraform wants us to end: whoever waits gives up
        self.region = ""
        self.default_tags: dict[str, str] = {}
        self.ec2: Any = None  # a client, once it is configured

    def get_model_prefix(self) -> str:
        return "aws_"

    def full_name(self) -> str:
        return "registry.terraform.io/hashicorp/aws"

    def get_provider_schema(self, _diags: Any) -> Schema:
        ec2 = Block(attributes=[Attribute("ec2", String(), optional=True), Attribute("sts", String(), optional=True)])
        tags = Block(attributes=[Attribute("tags", Map(String()), optional=True)])
        return Schema(
            attributes=[Attribute(name, String(), optional=True) for name in TEXTS]
            + [Attribute(name, Bool(), optional=True) for name in SWITCHES],
            block_types=[SetNestedBlock("endpoints", ec2), SetNestedBlock("default_tags", tags)],
        )

    def validate_config(self, diags: Any, config: Any) -> None:
        """Nothing that the schema does not say already."""

    def configure_provider(self, diags: Any, config: Mapping[str, Any]) -> None:
        self.region = config.get("region") or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION", "")
        if not self.region:
            diags.add_error("invalid AWS Region", "set `region` in the provider block, or AWS_REGION", path=["region"])
            return
        for block in config.get("default_tags") or ():
            self.default_tags.update(block.get("tags") or {})
        self.ec2 = _client(config, self.region)

    def get_resources(self) -> list[type[Instance]]:
        return [Instance]

    def get_data_sources(self) -> list[type[AmiData]]:
        return [AmiData]


def _client(config: Mapping[str, Any], region: str) -> Any:
    import boto3  # half a second that a mere schema or validation need not pay
    from botocore.config import Config

    session = boto3.session.Session(
        region_name=region,
        aws_access_key_id=config.get("access_key"),
        aws_secret_access_key=config.get("secret_key"),
        aws_session_token=config.get("token"),
        profile_name=config.get("profile"),
    )
    urls = [block["ec2"] for block in config.get("endpoints") or () if block.get("ec2")]
    return session.client("ec2", endpoint_url=next(iter(urls), None), config=Config(max_pool_connections=32))
