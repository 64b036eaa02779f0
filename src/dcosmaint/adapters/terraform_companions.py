"""What goes with a node, by Terraform's stored state: companions of the very instance at its address.

The keys of an address alone would not do: aws_instance.a[0] and aws_instance.b[0] have the same ones, and so has what
hangs on either. Traps: `dependencies` are resources without the keys of their instances, and hold whatever those depend
on in turn; so an instance that is named by its id counts before them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from dcosmaint.adapters.terraform_state import INDEX, Managed, bare, managed


def companions(answer: str, addresses: Iterable[str], types: Collection[str]) -> tuple[str, ...]:
    """Addresses of these types whose keys are those of one of the nodes, and that hang on it, or it on them. Sorted.

    A node that the state has lost has none there: neither has what was destroyed with it.
    """
    everything, wanted = managed(answer), frozenset(addresses)
    nodes = [each for each in everything if each.address in wanted]
    kinds = {node.type for node in nodes}
    ids = {each.attributes.get("id") for each in everything if each.type in kinds}
    found = (each for each in everything if each.type in types and each.address not in wanted)
    return tuple(sorted(each.address for each in found if any(_goes_with(each, node, ids) for node in nodes)))


def _goes_with(each: Managed, node: Managed, instances: Collection[str | None]) -> bool:
    if _keys(each.address) != _keys(node.address):
        return False
    others = (value for key, value in each.attributes.items() if key != "id" and isinstance(value, str))
    if named := [value for value in others if value in instances]:
        return node.attributes.get("id") in named
    return bare(node.address) in each.depends_on or bare(each.address) in node.depends_on


def _keys(address: str) -> tuple[str, ...]:
    """What tells one node's resources from another's: all keys in the address, of modules too; without any, its module.

    The last key alone would not do: module.agents["a"].aws_network_interface.it and that of ["b"] both end without one.
    """
    keys = tuple(INDEX.findall(address))
    return keys or (address.rpartition(".")[0].rpartition(".")[0],)
