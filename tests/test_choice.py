"""Which nodes an operator means."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dcosmaint.choice import Choice, accepted, find, strangers, targets, wanted_images
from dcosmaint.errors import Usage
from dcosmaint.model import ClusterFacts, Inventory, Work
from tests.builders import GROUP, NEW, OLD, a_node, an_agent, an_instance, an_inventory

IMAGES = {GROUP: NEW}
OTHER = "aws_instance.dcos_public_agent_node"


def fleet() -> Inventory:
    """Six nodes in three zones; number 5 is public, number 4 has the new AMI, number 3 has no agent."""
    nodes = [a_node(number) for number in range(3)]
    nodes += [
        a_node(3, agent=None),
        a_node(4, instance=an_instance(4, ami=NEW)),
        a_node(5, agent=an_agent(5, public=True, hostname="edge-5")),
    ]
    return an_inventory(nodes, facts=ClusterFacts("2.1.0", "1.9.0", masters=("10.0.0.1",)))


def chosen(choice: Choice, work: Work = Work.ROLL) -> list[int]:
    return [int(one.removeprefix("i-")) for one in targets(fleet(), choice, work, IMAGES)]


@pytest.mark.parametrize("name", [f"{GROUP}[5]", "i-5", "10.0.0.15", "edge-5", "agent-5"])
def test_a_node_is_found_by_each_of_its_names(name: str) -> None:
    assert find(fleet(), name).instance.id == "i-5"


def test_a_name_of_nobody_is_told_with_names_that_are_near() -> None:
    with pytest.raises(Usage, match=r"10\.0\.0\.99 is the name of no node\. Did you mean 10\.0\.0\.1"):
        find(fleet(), "10.0.0.99")


def test_a_name_like_no_other_is_told_without_a_guess() -> None:
    with pytest.raises(Usage, match=r"zebra is the name of no node\. `dcosmaint nodes` lists them all"):
        find(fleet(), "zebra")


def test_each_excluded_name_of_nobody_is_found_once() -> None:
    found = strangers(fleet(), ("i-5", "10.0.0.99", "zebra", "10.0.0.1", "zebra"))
    assert [(one.rule, one.subject) for one in found] == [
        ("unknown-node", name) for name in ("10.0.0.99", "zebra", "10.0.0.1")
    ]


def test_a_name_of_two_is_told_with_both() -> None:
    twin = a_node(1, agent=an_agent(1, hostname="10.0.0.10"))
    with pytest.raises(Usage, match=r"10\.0\.0\.10 means 2 nodes .*\[0\].*\[1\]"):
        find(an_inventory([a_node(0), twin]), "10.0.0.10")


def test_a_risk_is_taken_for_a_node_by_any_of_its_names() -> None:
    inventory = an_inventory([a_node(0), a_node(1)])
    given = ("foreign-window=i-1", "foreign-window=agent-0", "data-loss=kafka-events/clicks", "agent-left")
    wanted = (f"foreign-window={GROUP}[1]", f"foreign-window={GROUP}[0]", *given[2:])
    assert accepted(inventory, given) == wanted


def test_a_master_is_no_node() -> None:
    with pytest.raises(Usage, match="is a master"):
        find(fleet(), "10.0.0.1")


@pytest.mark.parametrize(
    ("choice", "numbers"),
    [
        (Choice(), [0, 1, 2, 3, 5]),
        (Choice(only=("i-2", "10.0.0.10")), [0, 2]),
        (Choice(only=("i-4",)), []),  # not outdated
        (Choice(exclude=("i-2", "agent-5")), [0, 1, 3]),
        (Choice(only=("i-1", "i-2"), exclude=("i-2",)), [1]),
        (Choice(never=("i-2", "agent-5")), [0, 1, 3]),
        (Choice(never=("i-1", "zebra"), exclude=("i-2",)), [0, 3, 5]),  # zebra is told by `strangers`
        (Choice(zones=("a",)), [0, 3]),
        (Choice(zones=("a", "b")), [0, 1, 3]),
        (Choice(roles=("public",)), [5]),
        (Choice(roles=("private",)), [0, 1, 2]),  # nobody knows what role a node without an agent has
        (Choice(limit=2), [0, 1]),
        (Choice(limit=2, exclude=("i-0",)), [1, 2]),
    ],
)
def test_a_roll_takes_the_outdated_of_those_that_are_left(choice: Choice, numbers: list[int]) -> None:
    assert chosen(choice) == numbers


@pytest.mark.parametrize("work", [Work.REPLACE, Work.DRAIN, Work.UNDRAIN])
def test_other_work_takes_what_is_named_whatever_its_ami(work: Work) -> None:
    assert chosen(Choice(only=("i-4",)), work) == [4]


def test_a_bake_has_no_nodes() -> None:
    assert chosen(Choice(only=("i-4",)), Work.BAKE) == []


def test_an_ami_that_is_still_to_be_baked_is_nobodys_yet() -> None:
    assert targets(fleet(), Choice(), Work.ROLL, {GROUP: ""}) == tuple(f"i-{number}" for number in range(6))


def test_a_name_that_is_wrong_is_refused_wherever_it_stands() -> None:
    for choice in (Choice(only=("zebra",)), Choice(exclude=("zebra",))):
        with pytest.raises(Usage, match="zebra is the name of no node"):
            chosen(choice)


@pytest.mark.parametrize(
    ("given", "bake", "images"),
    [
        ([], False, {GROUP: NEW, OTHER: OLD}),
        ([], True, {GROUP: "", OTHER: ""}),
        (["ami-x"], False, {GROUP: "ami-x", OTHER: "ami-x"}),
        ([f"{OTHER}=ami-x"], False, {GROUP: NEW, OTHER: "ami-x"}),
        (["ami-x", f"{OTHER}=ami-y"], False, {GROUP: "ami-x", OTHER: "ami-y"}),
    ],
)
def test_each_group_gets_the_ami_that_is_meant_for_it(given: list[str], bake: bool, images: dict[str, str]) -> None:
    inventory = replace(fleet(), images={GROUP: NEW, OTHER: OLD})
    assert wanted_images(inventory, given, bake=bake) == images


def test_an_ami_and_a_bake_exclude_each_other() -> None:
    with pytest.raises(Usage, match="exclude each other"):
        wanted_images(fleet(), ["ami-x"], bake=True)


def test_a_group_that_is_not_configured_is_told_with_those_that_are() -> None:
    with pytest.raises(Usage, match=rf"no configured group is called masters \(there are: {GROUP}\)"):
        wanted_images(fleet(), ["masters=ami-x"], bake=False)
