"""The JSON schema that is shipped: for editors, and for people who write configurations with programs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from dcosmaint.config.shape import Config


def published() -> str:
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Config.model_json_schema()}
    return json.dumps(_without_titles(schema), indent=2, ensure_ascii=False) + "\n"


def _without_titles(node: Any) -> Any:
    """Pydantic titles every key with the key itself, which says nothing."""
    if isinstance(node, list):
        return [_without_titles(item) for item in node]
    return dict(_untitled(node)) if isinstance(node, dict) else node


def _untitled(node: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in node.items():
        if not (key == "title" and isinstance(value, str)):
            yield key, _without_titles(value)
