"""What `terraform show -json` says of a state: the instances at the addresses of the configured groups."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dcosmaint.errors import Retryable
from dcosmaint.model import Placed

INDEX = re.compile(r'\[(?:\d+|"(?:[^"\\]|\\.)*")\]')
"""The key of an instance in an address: [3], or ["a.b"]."""


def bare(address: str) -> str:
    """The address of a resource without the keys of its instances and modules."""
    return INDEX.sub("", address)


def instances(answer: str, groups: Iterable[str]) -> tuple[Placed, ...]:
    """Sorted by address. A state without one of them proves nothing, since every cluster has nodes."""
    groups = tuple(groups)
    found = [
        _placed(resource, group)
        for resource in _managed(answer)
        for group in groups
        if belongs(resource["address"], group)
    ]
    if not found:
        raise Retryable(f"Terraform's state has no instance of {', '.join(groups)}: is it the right state?")
    return tuple(sorted(found, key=lambda placed: placed.address))


def tainted(answer: str, groups: Iterable[str]) -> tuple[str, ...]:
    """Addresses whose creation was cut short: any apply replaces them."""
    groups = tuple(groups)
    cut_short = (resource["address"] for resource in _managed(answer) if resource.get("tainted"))
    return tuple(sorted(address for address in cut_short if any(belongs(address, group) for group in groups)))


def belongs(address: str, group: str) -> bool:
    """Whether an address is one of a group's. A group may name one instance of a module: module.a["x"].aws_…"""
    if INDEX.search(group):
        return address == group or address.startswith(f"{group}[")
    return bare(address) == group


def _managed(answer: str) -> list[Mapping[str, Any]]:
    """All resources that Terraform manages, each with its address."""
    try:
        root = json.loads(answer).get("values", {}).get("root_module", {})
        return [resource for resource in _resources(root) if resource["address"]]
    except (json.JSONDecodeError, AttributeError, KeyError, TypeError) as error:
        raise Retryable("`show -json` answered something that is no state in JSON.") from error


def _resources(module: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """With those of its modules, but for what an apply has replaced and not yet destroyed."""
    for resource in module.get("resources", ()):
        if resource.get("mode") == "managed" and "deposed_key" not in resource:
            yield resource
    for child in module.get("child_modules", ()):
        yield from _resources(child)


def _placed(resource: Mapping[str, Any], group: str) -> Placed:
    address, values = resource["address"], resource.get("values", {})
    instance, private_ip = values.get("id"), values.get("private_ip")
    if not instance or not private_ip:
        raise Retryable(f"Terraform's state names no id or no private IP for {address}.")
    return Placed(address, group, instance, private_ip)
