"""Apps by their places: which of them leave a node before it stops, which run short, and which are refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dcosmaint.model import App, Finding, Inventory, Manner, Resources, Work
from dcosmaint.planner.rules import blockers, warnings
from tests.builders import GROUP, a_node, a_policy, a_roll, an_agent, an_app, an_inventory

FIRST = f"{GROUP}[0]"
EVERYWHERE = an_app("/agentd", range(5), unique=True)


def told(inventory: Inventory, **changes: Any) -> list[Finding]:
    roll = a_roll(inventory, **changes)
    assert blockers(roll, inventory) == ()
    return [finding for finding in warnings(roll, inventory) if finding.rule == "app-short"]


def said(*apps: App, nodes: int = 5, **changes: Any) -> list[str]:
    return [f"{one.subject} {one.message}" for one in told(an_inventory(nodes, apps=apps), **changes)]


def test_one_with_an_instance_on_every_node_runs_with_one_fewer_while_each_is_away() -> None:
    assert said(EVERYWHERE) == [
        "/agentd is on every agent that may take it, at most once on each: it runs with one instance fewer while each"
        " of 5 targets is away"
    ]


@pytest.mark.parametrize(
    ("work", "until"), [(Work.REPLACE, f"while {FIRST} is away"), (Work.DRAIN, f"until {FIRST} is undrained")]
)
def test_of_one_node_it_is_said_until_when(work: Work, until: str) -> None:
    (says,) = said(EVERYWHERE, work=work, targets=("i-0",))
    assert says.endswith(f"it runs with one instance fewer {until}")


def test_one_that_another_agent_could_take_is_not_named() -> None:
    assert said(EVERYWHERE, an_app("/web", [0, 1]), nodes=6) == []


def test_only_those_with_an_instance_on_a_target_are_named() -> None:
    assert said(an_app("/agentd", [0, 1], unique=True), nodes=2, targets=("i-0",)) != []
    elsewhere = replace(EVERYWHERE, on=EVERYWHERE.on[1:])  # what is on the first does not serve
    assert said(elsewhere, targets=("i-0",)) == []


def test_each_app_is_named_by_itself() -> None:
    assert [says.partition(" ")[0] for says in said(EVERYWHERE, replace(EVERYWHERE, id="/metrics"))] == [
        "/agentd",
        "/metrics",
    ]


@pytest.mark.parametrize("unique", [True, False])
def test_one_that_no_other_agent_has_room_for_is_told_apart(unique: bool) -> None:
    """Its constraint would let it go elsewhere, so nobody goes on without it."""
    app = an_app("/big", [0, 1], unique=unique, needs=Resources(cpus=5))  # four are free on each
    assert said(app, targets=("i-0",)) == [
        f"/big no other agent has room for what runs of it on {FIRST}: that node stops, waits for room and is held"
    ]


@pytest.mark.parametrize("public", [True, False])
def test_agents_of_the_other_role_are_no_places(public: bool) -> None:
    nodes = [a_node(n, agent=an_agent(n, public=(n < 2) is public)) for n in range(4)]
    app = an_app("/edge", [0, 1], unique=True, public=public)
    inventory = an_inventory(nodes, apps=[app])
    assert [finding.subject for finding in told(inventory, targets=("i-0",))] == ["/edge"]


@pytest.mark.parametrize("flaw", [{"deactivated": True}, {"draining": True}, {"active": False}])
def test_agents_that_take_no_work_are_no_places(flaw: dict[str, bool]) -> None:
    nodes = [a_node(0), a_node(1, agent=an_agent(1, **flaw))]
    inventory = an_inventory(nodes, apps=[an_app("/one", [0], unique=True)])
    assert [finding.subject for finding in told(inventory, targets=("i-0",))] == ["/one"]


def test_bringing_a_node_back_takes_no_instance_away() -> None:
    assert said(EVERYWHERE, work=Work.UNDRAIN) == []


# ---- all of an app on one node

PAIR = an_app("/pair", [0, 0], needs=Resources(cpus=2))  # two fit on each agent that has four cores free
STAYS = a_policy(move_apps=False)


def refused(app: App, nodes: int = 3, **changes: Any) -> list[str]:
    inventory = an_inventory(nodes, apps=[app])
    return [f"{found.rule} {found.subject}" for found in blockers(a_roll(inventory, **changes), inventory)]


def test_an_app_that_leaves_its_only_node_one_by_one_blocks_nothing() -> None:
    assert refused(PAIR) == []
    assert refused(PAIR, nodes=2) == []


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"policy": STAYS}, id="nothing moves apps"),
        pytest.param({"manner": Manner("reserve")}, id="its cordon leaks"),
    ],
)
def test_it_blocks_where_nothing_moves_it(changes: dict[str, Any]) -> None:
    assert "app-down /pair" in refused(PAIR, targets=("i-0",), **changes)


@pytest.mark.parametrize(
    "app",
    [
        pytest.param(replace(PAIR, pinned=True), id="a constraint names its nodes"),
        pytest.param(replace(PAIR, instances=2, on=("agent-0",)), id="the last one that serves"),
        pytest.param(replace(PAIR, needs=Resources(cpus=5)), id="no agent has room"),
        pytest.param(replace(PAIR, public=True), id="no public agent"),
    ],
)
def test_it_blocks_where_it_can_not_leave(app: App) -> None:
    assert refused(app, targets=("i-0",)) == ["app-down /pair"]


@pytest.mark.parametrize(("nodes", "blocked"), [(2, True), (3, False)])
def test_each_of_its_instances_needs_a_place_of_its_own(nodes: int, blocked: bool) -> None:
    """Of three that need two of four free cores, two fit on one agent."""
    three = replace(an_app("/three", [0, 0, 0]), needs=PAIR.needs)
    assert refused(three, nodes, targets=("i-0",)) == ["app-down /three"] * blocked


def gathers(app: App, nodes: int = 2, **changes: Any) -> list[str]:
    inventory = an_inventory(nodes, apps=[app])
    found = warnings(a_roll(inventory, **changes), inventory)
    return [f"{one.subject} {one.message}" for one in found if one.rule == "app-gathers"]


def test_an_app_that_may_gather_on_the_second_of_two_nodes_is_foretold_where_nothing_moves_it() -> None:
    pair = replace(PAIR, on=("agent-0", "agent-1"))
    assert gathers(pair, policy=STAYS) == [
        f"/pair runs on {FIRST} and {GROUP}[1] alone: once one of them is emptied, all of it may be on the other, whose"
        " turn does not come then (app-down): give it UNIQUE hostname, or --accept app-down=/pair"
    ]
    assert gathers(pair) == []
    assert gathers(replace(pair, pinned=True)) != []


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"nodes": 3}, id="a third agent"),
        pytest.param({"targets": ("i-0",)}, id="one of them stays"),
        pytest.param({"policy": replace(STAYS, accepted=("app-down=/pair",))}, id="accepted"),
    ],
)
def test_it_is_not_foretold_where_it_need_not_come_to_that(changes: dict[str, Any]) -> None:
    assert gathers(replace(PAIR, on=("agent-0", "agent-1")), **{"policy": STAYS, **changes}) == []


def test_one_with_unique_hostname_gathers_nowhere() -> None:
    assert gathers(an_app("/pair", [0, 1], unique=True), policy=STAYS) == []
