"""What `terraform state pull` says: the instances at the addresses of the configured groups.

The stored state is read as it is. `show -json` says the same in a form that is promised to last, but has to load every
provider's schema for it, seconds each time; so the layout of version 4, written since Terraform 0.12 and by OpenTofu,
is insisted on. Traps: an address is not in it and is put together here, byte for byte as Terraform prints it; an empty
state is no JSON but silence; whatever is secret stands in it in clear, so no answer is ever quoted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dcosmaint.errors import Fatal, Retryable
from dcosmaint.model import Placed

VERSION = 4
INDEX = re.compile(r'\[(?:\d+|"(?:[^"\\]|\\.)*")\]')
"""The key of an instance in an address: [3], or ["a.b"]."""

LAST_INDEX = re.compile(f"{INDEX.pattern}$")
ESCAPES = {"\n": r"\n", "\r": r"\r", "\t": r"\t", '"': r"\"", "\\": r"\\"}
TEMPLATE = re.compile(r"([$%])(?=\{)")
"""What would begin a template in a quoted string: Terraform doubles it."""


@dataclass(frozen=True)
class Managed:
    """What stands at one address."""

    address: str
    type: str
    tainted: bool
    attributes: Mapping[str, Any]
    depends_on: tuple[str, ...] = ()  # resources, without the keys of their instances


def bare(address: str) -> str:
    """The address of a resource without the keys of its instances and modules."""
    return INDEX.sub("", address)


def own_parts(address: str) -> tuple[str, str]:
    """The module of an address, with its dot, and the key of the instance itself, either "" where there is none."""
    name = ".".join(bare(address).split(".")[-2:])
    key = LAST_INDEX.search(address)
    end = key.start() if key else len(address)
    return address[: end - len(name)], address[end:]


def instances(answer: str, groups: Iterable[str]) -> tuple[Placed, ...]:
    """Sorted by address. A state without one of them proves nothing, since every cluster has nodes."""
    groups = tuple(groups)
    found = [_placed(each, group) for each in managed(answer) for group in groups if belongs(each.address, group)]
    if not found:
        raise Retryable(f"Terraform's state has no instance of {', '.join(groups)}: is it the right state?")
    return tuple(sorted(found, key=lambda placed: placed.address))


def tainted(answer: str, groups: Iterable[str]) -> tuple[str, ...]:
    """Addresses whose creation was cut short: any apply replaces them."""
    groups = tuple(groups)
    cut_short = (each.address for each in managed(answer) if each.tainted)
    return tuple(sorted(address for address in cut_short if any(belongs(address, group) for group in groups)))


def belongs(address: str, group: str) -> bool:
    """Whether an address is one of a group's. A group may name one instance of a module: module.a["x"].aws_…"""
    if INDEX.search(group):
        return address == group or address.startswith(f"{group}[")
    return bare(address) == group


def managed(answer: str) -> list[Managed]:
    """Whatever Terraform manages, but for what an apply has replaced and not yet destroyed."""
    if not answer.strip():
        return []
    try:
        state = json.loads(answer)
        if state["version"] != VERSION:
            raise Fatal(
                f"Terraform's state is of version {state['version']}, and only version {VERSION} is understood:"
                " update dcosmaint, or read and write this state by a Terraform whose states are."
            )
        return [each for resource in state["resources"] if resource["mode"] == "managed" for each in _objects(resource)]
    except (json.JSONDecodeError, RecursionError, AttributeError, KeyError, TypeError) as error:
        raise Retryable("`state pull` answered something that is no state in JSON.") from error


def _objects(resource: Mapping[str, Any]) -> Iterator[Managed]:
    module = f"{resource['module']}." if "module" in resource else ""
    for each in resource["instances"]:
        if "deposed" not in each:
            address = f"{module}{resource['type']}.{resource['name']}{_index(each.get('index_key'))}"
            yield Managed(
                address,
                resource["type"],
                each.get("status") == "tainted",
                each.get("attributes") or {},
                tuple(map(bare, each.get("dependencies") or ())),
            )


def _index(key: object) -> str:
    if key is None:
        return ""
    return f"[{_quoted(key)}]" if isinstance(key, str) else f"[{key}]"


def _quoted(key: str) -> str:
    """A key of for_each as Terraform prints it."""
    escaped = "".join(map(_character, TEMPLATE.sub(r"\1\1", key)))
    return f'"{escaped}"'


def _character(one: str) -> str:
    if one in ESCAPES:
        return ESCAPES[one]
    if one.isprintable():
        return one
    return f"\\u{ord(one):04x}" if ord(one) < 0x10000 else f"\\U{ord(one):08x}"


def _placed(each: Managed, group: str) -> Placed:
    instance, private_ip = each.attributes.get("id"), each.attributes.get("private_ip")
    if not instance or not private_ip:
        raise Retryable(f"Terraform's state names no id or no private IP for {each.address}.")
    return Placed(each.address, group, instance, private_ip)
