"""Where in the configuration a mistake is, in the words of the schema: its path, and what may stand there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from dcosmaint.config.shape import Config

Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Place:
    path: tuple[str | int, ...]
    schema: Schema  # of what stands here
    around: Schema  # of the mapping that it stands in

    @property
    def key(self) -> str:
        return str(self.path[-1]) if self.path else ""

    @property
    def meaning(self) -> str:
        """Of the key; of its list, for an item."""
        said: str = self.schema.get("description") or self.around.get("description", "")
        return said

    @property
    def required(self) -> bool:
        return self.key in self.around.get("required", ())

    @property
    def siblings(self) -> tuple[str, ...]:
        """The keys that may stand beside it."""
        return tuple(self.around.get("properties", ()))

    @property
    def examples(self) -> Sequence[object]:
        given: Sequence[object] = self.schema.get("examples") or _plain(self.schema).get("examples") or ()
        return given

    @property
    def words(self) -> Sequence[str]:
        """Those that may stand here, where only few may."""
        plain = _plain(self.schema)
        return plain.get("enum") or [str(plain.get("const"))]

    def __str__(self) -> str:
        steps = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.path)
        return "".join(steps).lstrip(".") or "(the whole file)"


@cache
def schema() -> Schema:
    return Config.model_json_schema()


def find(loc: Sequence[str | int]) -> Place:
    """The place of one of pydantic's error locations, which count the tag of a union as a step."""
    here, around, path = schema(), schema(), []
    for part in loc:
        around = _plain(here)
        if "discriminator" in around:
            here = _resolve(around["discriminator"]["mapping"].get(part, ""))
        elif part != "[key]":
            path.append(part if "items" in around else str(part))
            here = _below(around, part)
    return Place(tuple(path), here, around)


def homes(place: Place) -> tuple[str, ...]:
    """Where a key of that name belongs, from the cluster on, for one that stands where nobody reads it."""
    if len(place.path) == 1:  # beside the clusters
        return (f"clusters.NAME.{place.key}" if place.key in _known() else f"clusters.{place.key}",)
    return tuple(path for path in _known() if path.rpartition(".")[2] == place.key)


@cache
def _known() -> tuple[str, ...]:
    """Every key of a cluster, by its path."""
    return tuple(dict.fromkeys(_keys(schema()["$defs"]["ClusterConfig"], "")))


def _keys(around: Schema, path: str) -> Iterator[str]:
    around = _plain(around)
    for name, schema in around.get("properties", {}).items():
        yield f"{path}{name}"
        yield from _keys(schema, f"{path}{name}.")
    for choice in around.get("discriminator", {}).get("mapping", {}).values():
        yield from _keys(_resolve(choice), path)
    if isinstance(item := around.get("items"), dict):
        yield from _keys(item, f"{path.removesuffix('.')}[].")
    if isinstance(named := around.get("additionalProperties"), dict):
        yield from _keys(named, f"{path}NAME.")


def _below(around: Schema, part: str | int) -> Schema:
    properties: Mapping[str, Schema] = around.get("properties", {})
    if str(part) in properties:
        return properties[str(part)]
    by_name: Schema = around.get("patternProperties", {})
    other = around.get("items") or around.get("additionalProperties") or next(iter(by_name.values()), None)
    return other if isinstance(other, dict) else {}


def _plain(node: Schema) -> Schema:
    """Without references, and without the null that an optional value may be."""
    if "$ref" in node:
        return _resolve(node["$ref"])
    for choice in node.get("anyOf", ()):
        if choice.get("type") != "null":
            return _plain(choice)
    return node


def _resolve(reference: str) -> Schema:
    named: Schema = schema()["$defs"].get(reference.rpartition("/")[2], {})
    return named
