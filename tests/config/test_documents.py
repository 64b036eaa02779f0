"""What is published about the configuration agrees with what is read: the schema, and docs/configuration.md."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from dcosmaint.config import seconds
from tests.config.files import refusal

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "src" / "dcosmaint" / "dcosmaint.schema.json"
SCHEMA = json.loads(SHIPPED.read_text())
ROWS = [row.split(" | ") for row in (ROOT / "docs/configuration.md").read_text().splitlines() if row.startswith("| `")]
DOCUMENTED = {row[0].strip("|` "): row for row in ROWS}
NOTHING = ("–", "all defaults")  # how the page says null, and a part whose keys have defaults of their own


def plain(node: dict[str, Any]) -> dict[str, Any]:
    for candidate in (node, *node.get("anyOf", ())):
        if "$ref" in candidate:
            found: dict[str, Any] = SCHEMA["$defs"][candidate["$ref"].rpartition("/")[2]]
            return found
    return node


@dataclass(frozen=True)
class Key:
    required: bool
    default: Any
    description: str


def keys(node: dict[str, Any], path: str = "") -> Iterator[tuple[str, Key]]:
    """Each key of a part of the schema, by its path."""
    node = plain(node)
    for choice in node.get("oneOf", ()):
        yield from keys(choice, path)
    if "$ref" in node.get("items", {}):
        yield from keys(node["items"], f"{path}[]")
    if "$ref" in (node.get("additionalProperties") or {}):
        yield from keys(node["additionalProperties"], f"{path}.NAME")
    for key, value in node.get("properties", {}).items():
        here = f"{path}.{key}".removeprefix(".")
        yield here, Key(key in node.get("required", ()), value.get("default"), value["description"])
        yield from keys(value, here)


KEYS = dict(keys({"$ref": "#/$defs/ClusterConfig"}))


def test_the_shipped_schema_is_the_one_that_is_read() -> None:
    command = [sys.executable, "-m", "dcosmaint.config"]
    made = subprocess.run(command, capture_output=True, text=True, check=True)
    assert made.stdout == SHIPPED.read_text(), "run `make schema`"


def test_every_key_is_documented_and_no_other() -> None:
    assert len(ROWS) == len(DOCUMENTED)
    assert set(DOCUMENTED) == set(KEYS)


@pytest.mark.parametrize("key", sorted(KEYS))
def test_the_documented_default_is_the_one_that_is_used(key: str) -> None:
    default, written = KEYS[key].default, DOCUMENTED[key][1]
    if KEYS[key].required:
        assert written == "required"
    elif default is None:
        assert written in NOTHING
    else:
        value = yaml.safe_load(written.strip("`"))
        assert (seconds(value) if isinstance(default, float) else value) == default


@pytest.mark.parametrize("key", sorted(KEYS))
def test_what_is_not_built_yet_is_said_in_the_schema_and_on_the_page(key: str) -> None:
    aside = re.search(r"\(([^()]*not built yet)\)", KEYS[key].description)
    row = " ".join(DOCUMENTED[key])
    assert bool(aside) == ("ot built yet" in row and not key.endswith(".method"))
    for word in re.findall(r"`[^`]+`", aside.group(1) if aside else ""):
        assert word in row


METHODS = {"token_env": "token", "uid": "service-account", "private_key_file": "service-account"}


def nested(key: str, value: object) -> object:
    """A value below all parts of a key's path, with what else a login needs to be known as one."""
    head, _, rest = key.partition(".")
    inner = nested(rest, value) if rest else value
    if head == "auth" and isinstance(inner, dict):
        inner = {"method": METHODS.get(key.rpartition(".")[2][1:], "password"), **inner}
    return {head.removesuffix("[]"): [inner] if head.endswith("[]") else inner}


@pytest.mark.parametrize("key", sorted(KEYS))
def test_a_key_with_a_letter_too_many_is_told_with_the_key_that_is_meant(tmp_path: Path, key: str) -> None:
    around, dot, last = key.rpartition(".")
    cluster = nested(f"{around}{dot}x{last}", 1)
    said = refusal(tmp_path, text=yaml.safe_dump({"clusters": {"prod": cluster}}))
    assert f"unknown key; did you mean {last}?" in said
