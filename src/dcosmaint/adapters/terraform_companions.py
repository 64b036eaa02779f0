"""What goes with a node: companions of the very instance at its address, whether or not the state still has them.

The stored state tells of those that it has. An apply that fails, or somebody's refresh, takes what hung on a terminated
instance out of it, so two others tell of the rest: the node's siblings, whose companions are its own but for the key;
and the code, where all of them have lost theirs. A target that the code does not have makes no change.

The keys of an address alone would not do: aws_instance.a[0] and aws_instance.b[0] have the same ones, and so has what
hangs on either. Traps: `dependencies` are resources without the keys of their instances, and hold whatever those depend
on in turn; so an instance that is named by its id counts before them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dcosmaint.adapters.terraform_configuration import tied
from dcosmaint.adapters.terraform_state import INDEX, Managed, bare, managed, own_parts

Keys = tuple[str, ...]


def companions(
    answer: str, addresses: Iterable[str], types: Collection[str], configuration: Mapping[str, Any]
) -> tuple[str, ...]:
    """Addresses of these types whose keys are those of one of the nodes, and that hang on it, or it on them. Sorted.

    `configuration` is a saved plan's, {} where there is none.
    """
    wanted = sorted(set(addresses))
    stored = _Stored.read(answer, wanted, types)
    found = {
        address
        for node in map(stored.node, wanted)
        for address in (*stored.of(node), *stored.lost(node, tied(configuration, bare(node.address), types)))
    }
    return tuple(sorted(found.difference(wanted)))


@dataclass(frozen=True)
class _Stored:
    """A stored state, by what is asked of it."""

    everything: Mapping[str, Managed]  # by address
    alike: Mapping[str, list[Managed]]  # nodes and their siblings, by resource
    hanging: Mapping[Keys, list[Managed]]  # what is of a companion's type
    instances: frozenset[str | None]  # ids

    @classmethod
    def read(cls, answer: str, nodes: Iterable[str], types: Collection[str]) -> _Stored:
        everything = {each.address: each for each in managed(answer)}
        alike: dict[str, list[Managed]] = {bare(node): [] for node in nodes}
        kinds = {resource.split(".")[-2] for resource in alike}
        hanging: dict[Keys, list[Managed]] = defaultdict(list)
        for each in everything.values():
            if each.type in types:
                hanging[_keys(each.address)].append(each)
            if bare(each.address) in alike:
                alike[bare(each.address)].append(each)
        ids = frozenset(each.attributes.get("id") for each in everything.values() if each.type in kinds)
        return cls(everything, alike, hanging, ids)

    def node(self, address: str) -> Managed:
        """The one there. Where the state has lost it, nothing is known of it but what its siblings depend on."""
        if found := self.everything.get(address):
            return found
        depends_on = next((each.depends_on for each in self.alike[bare(address)]), ())
        return Managed(address, bare(address).split(".")[-2], tainted=False, attributes={}, depends_on=depends_on)

    def of(self, node: Managed) -> Iterator[str]:
        """Its companions that the state has."""
        for each in self.hanging.get(_keys(node.address), ()):
            if _goes_with(each, node, self.instances):
                yield each.address

    def lost(self, node: Managed, coded: Iterable[str]) -> Iterator[str]:
        """Those that it should have beside. What the state has at such an address and ties elsewhere is another's."""
        keys, (module, key) = INDEX.findall(node.address), own_parts(node.address)
        siblings = (other for other in self.alike[bare(node.address)] if len(_keys(other.address)) == len(keys))
        likely = {_with(address, keys) for other in siblings for address in self.of(other)}
        likely.update(f"{module}{resource}{key}" for resource in coded)
        yield from likely.difference(self.everything)


def _with(address: str, keys: Iterable[str]) -> str:
    """The address with other keys, as many as it has."""
    others = iter(keys)
    return INDEX.sub(lambda _: next(others), address)


def _goes_with(each: Managed, node: Managed, instances: Collection[str | None]) -> bool:
    others = (value for key, value in each.attributes.items() if key != "id" and isinstance(value, str))
    if named := [value for value in others if value in instances]:
        return node.attributes.get("id") in named
    return bare(node.address) in each.depends_on or bare(each.address) in node.depends_on


def _keys(address: str) -> Keys:
    """What tells one node's resources from another's: all keys in the address, of modules too; without any, its module.

    The last key alone would not do: module.agents["a"].aws_network_interface.it and that of ["b"] both end without one.
    """
    keys = tuple(INDEX.findall(address))
    return keys or (address.rpartition(".")[0].rpartition(".")[0],)
