"""Apps whose instances have no other place: the plan names each, and says what becomes of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dcosmaint.model import App, Finding, Inventory, Resources, Work
from dcosmaint.planner.rules import blockers, warnings
from tests.builders import GROUP, a_node, a_roll, an_agent, an_app, an_inventory

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
