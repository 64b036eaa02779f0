"""How nodes are emptied is decided once, from what the cluster can do and what was ordered."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import pytest

from dcosmaint.model import ClusterFacts, Finding, Inventory, Manner, Resources, Work
from dcosmaint.planner.manner import manner, unfit
from tests.builders import a_node, a_policy, a_roll, a_service, an_agent, an_inventory

MESOS_1_5 = ClusterFacts("1.11.12", "1.5.3")
FIRST: Final = "replace-first"
LAST: Final = "replace-last"


def roomy(**changes: Any) -> Inventory:
    return replace(an_inventory([a_node(number) for number in range(6)], [a_service()]), **changes)


def cramped() -> Inventory:
    """As many agents as members."""
    return an_inventory([a_node(number) for number in range(3)], [a_service()])


def decided(inventory: Inventory, work: Work = Work.ROLL, **wishes: Any) -> Manner:
    return manner(a_roll(inventory, a_policy(**wishes), work=work), inventory)


def test_members_move_first_where_they_can_not_come_back() -> None:
    assert decided(roomy()) == Manner("deactivate", FIRST, marks_gone=True)


@pytest.mark.parametrize("version", ["1.2.3", "1.5.0", "1.8.1", "", "trunk"])
def test_where_mesos_can_not_deactivate_members_are_replaced_last(version: str) -> None:
    found = decided(roomy(facts=replace(MESOS_1_5, mesos_version=version)))
    assert (found.cordon, found.order) == ("none", LAST)
    assert f"Mesos {version or 'of a version that nobody told'} has no DEACTIVATE_AGENT (Mesos 1.9)" in found.because


@pytest.mark.parametrize("work", [Work.ROLL, Work.REPLACE, Work.ROLLBACK])
def test_where_a_member_finds_no_other_place_its_new_node_comes_first(work: Work) -> None:
    found = decided(cramped(), work)
    assert (found.cordon, found.order) == ("deactivate", LAST)
    assert "no other agent has a place for a member of kafka-events" in found.because


def test_a_node_that_stays_away_is_no_place_for_anybody() -> None:
    assert decided(cramped(), Work.DRAIN).order == FIRST


def test_a_full_agent_is_no_place() -> None:
    full = an_inventory(
        [*(a_node(n) for n in range(3)), a_node(3, agent=an_agent(3, free=Resources(0.1)))], [a_service()]
    )
    assert decided(full).order == LAST


@pytest.mark.parametrize("order", [FIRST, LAST])
def test_what_is_ordered_counts(order: str) -> None:
    for inventory in (roomy(), cramped(), roomy(facts=MESOS_1_5)):
        assert decided(inventory, order=order).order == order


def test_whoever_wants_no_cordon_gets_the_order_that_needs_none() -> None:
    found = decided(roomy(), cordon="none")
    assert (found.cordon, found.order, found.because.partition(",")[0]) == ("none", LAST, "nothing cordons the nodes")


def test_reservations_let_members_move_first_on_any_mesos_unless_there_is_no_place() -> None:
    for facts in (MESOS_1_5, ClusterFacts("2.1.0", "1.10.0")):
        assert decided(roomy(facts=facts), cordon="reserve") == Manner("reserve", FIRST, marks_gone=True)
    found = decided(replace(cramped(), facts=MESOS_1_5), cordon="reserve")
    assert (found.cordon, found.order) == ("reserve", LAST)
    assert "no other agent has a place" in found.because


def test_a_window_keeps_no_member_away_so_they_are_replaced_last() -> None:
    for facts in (MESOS_1_5, ClusterFacts("2.1.0", "1.10.0")):
        found = decided(roomy(facts=facts), cordon="maintenance")
        assert (found.cordon, found.order) == ("maintenance", LAST)
        assert found.because.startswith("no SDK service looks at maintenance windows")


def misfits(inventory: Inventory, **wishes: Any) -> list[Finding]:
    roll = a_roll(inventory, a_policy(**wishes))
    return list(unfit(replace(roll, manner=manner(roll, inventory)), inventory))


def test_what_is_chosen_by_itself_always_fits() -> None:
    assert [misfits(inventory) for inventory in (roomy(), cramped(), roomy(facts=MESOS_1_5))] == [[], [], []]
    assert misfits(roomy(facts=MESOS_1_5), cordon="reserve", order=FIRST) == []


@pytest.mark.parametrize(
    ("wishes", "rule"),
    [
        ({"cordon": "deactivate"}, "no-deactivate"),
        ({"cordon": "maintenance", "order": FIRST}, "leaky-cordon"),
        ({"cordon": "maintenance", "stop_order": "docker-first"}, "black-hole"),
        ({"cordon": "reserve", "stop_order": "docker-first"}, "black-hole"),
        ({"order": FIRST}, "leaky-cordon"),
        ({"stop_order": "docker-first"}, "black-hole"),
    ],
)
def test_what_would_harm_an_old_cluster_is_refused_with_what_to_write(wishes: dict[str, str], rule: str) -> None:
    (finding,) = misfits(roomy(facts=MESOS_1_5), **wishes)
    assert (finding.rule, finding.acceptable) == (rule, False)
    assert "auto" in finding.message
