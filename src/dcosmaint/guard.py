"""R5: what a saved Terraform plan may do. Pure: it judges what `show -json` said of the file that will be applied."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from dcosmaint.model import Change

KEY = re.compile(r'\[(?:\d+|"(?:[^"\\]|\\.)*")\]')
"""[3], or ["a.b"]."""


def judge(changes: Sequence[Change], wanted: Mapping[str, str], companions: Sequence[str]) -> tuple[str, ...]:
    """Every reason not to apply this plan; () means that it creates exactly `wanted` (address → AMI).

    Companions are resource types that may be created, or replaced, with the node of the same keys. Nothing else that
    is destroyed, replaced or updated passes.
    """
    return tuple([*_missing(changes, wanted), *_unwanted(changes, wanted, companions)])


def _missing(changes: Sequence[Change], wanted: Mapping[str, str]) -> Iterator[str]:
    created = {change.address for change in changes if change.actions == ("create",)}
    for address in sorted(wanted.keys() - created):
        yield f"{address} would not be created"


def _unwanted(changes: Sequence[Change], wanted: Mapping[str, str], companions: Sequence[str]) -> Iterator[str]:
    nodes = {node_keys(address) for address in wanted}
    for change in changes:
        does = " then ".join(change.actions)
        if change.address in wanted:
            if change.actions == ("create",) and change.ami != wanted[change.address]:
                yield f"{change.address} would be of AMI {change.ami or '(unknown)'}, not {wanted[change.address]}"
            elif change.actions != ("create",):
                yield f"{change.address} would be changed ({does}) instead of created"
        elif not (change.type in companions and node_keys(change.address) in nodes and "create" in change.actions):
            yield f"{change.address} is none of our business and would be changed ({does})"


def node_keys(address: str) -> tuple[str, ...]:
    """What tells one node's resources from another's: all keys in the address, of modules too; without any, its module.

    The last key alone would not do: module.agents["a"].aws_network_interface.it and that of ["b"] both end without one.
    """
    keys = tuple(KEY.findall(address))
    return keys or (address.rpartition(".")[0].rpartition(".")[0],)
