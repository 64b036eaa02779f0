"""What a saved plan says of the code it was made from: which resources name which others.

Only what stands in the same module is followed. A reference by way of a `local`, a variable or an output of another
module is one to that, and not to the resource behind it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from dcosmaint.adapters.terraform_state import bare


def tied(configuration: Mapping[str, Any], resource: str, types: Collection[str]) -> tuple[str, ...]:
    """Resources of these types beside `resource` that name it, or that it names, without their module. Sorted.

    `resource` is without keys: module.agents.aws_instance.node. () where there is no such module.
    """
    *modules, kind, name = resource.split(".")
    module = configuration.get("root_module", {})
    for called in modules[1::2]:
        module = module.get("module_calls", {}).get(called, {}).get("module", {})
    own, beside = f"{kind}.{name}", {each["address"]: each for each in module.get("resources", ())}
    of_own = set(_named(beside.get(own, {})))
    found = (a for a, each in beside.items() if each["mode"] == "managed" and each["type"] in types and a != own)
    return tuple(sorted(a for a in found if a in of_own or own in _named(beside[a])))


def _named(value: object) -> Iterator[str]:
    """Resources that are referred to anywhere in a resource: aws_instance.node, for aws_instance.node[0].id as well."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key == "references":
                yield from (".".join(bare(each).split(".")[:2]) for each in inner)
            else:
                yield from _named(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _named(inner)
