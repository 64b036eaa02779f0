"""data "aws_ami"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tf.blocks import SetNestedBlock
from tf.iface import DataSource
from tf.schema import Attribute, Block, Schema
from tf.types import Bool, List, Map, Set, String

if TYPE_CHECKING:
    from dcosmaint.sandbox.served.provider.provider import Aws


class AmiData(DataSource):
    def __init__(self, provider: Aws) -> None:
        self._provider = provider

    @classmethod
    def get_name(cls) -> str:
        return "ami"

    @classmethod
    def get_schema(cls) -> Schema:
        text = String()
        names = Attribute("name", text, required=True), Attribute("values", Set(text), required=True)
        return Schema(
            attributes=[
                *(Attribute(name, text, computed=True) for name in ("id", "name", "architecture", "creation_date")),
                Attribute("most_recent", Bool(), optional=True),
                Attribute("owners", List(text), optional=True),
                Attribute("tags", Map(text), computed=True),
            ],
            block_types=[SetNestedBlock("filter", Block(attributes=list(names)))],
        )

    def read(self, context: Any, config: Mapping[str, Any]) -> dict[str, Any] | None:
        filters = [{"Name": block["name"], "Values": list(block["values"])} for block in config.get("filter") or ()]
        owners = {"Owners": config["owners"]} if config.get("owners") else {}
        try:
            images = self._provider.ec2.describe_images(Filters=filters, **owners)["Images"]
        except Exception as error:  # without this it would be a gRPC error without words
            context.diagnostics.add_error(f"reading EC2 AMIs: {error}")
            return None
        if not images or (len(images) > 1 and not config.get("most_recent")):
            many = "more than one result" if images else "no results"
            context.diagnostics.add_error(f"Your query returned {many}. Please change your search criteria.")
            return None
        image = max(images, key=lambda image: (image["CreationDate"], image["ImageId"]))
        return {
            **config,
            "id": image["ImageId"],
            "name": image["Name"],
            "architecture": image.get("Architecture", ""),
            "creation_date": image["CreationDate"],
            "tags": {tag["Key"]: tag["Value"] for tag in image.get("Tags", [])},
        }
