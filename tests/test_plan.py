"""A plan: what it would do, at what price, and whether one that was read is still true."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dcosmaint.model import Finding, Inventory, Roll, Work
from dcosmaint.plan import Batch, Forecast, Left, Plan, unaccepted
from tests.builders import (
    GROUP,
    NEW,
    OLD,
    a_node,
    a_policy,
    a_roll,
    a_service,
    an_agent,
    an_instance,
    an_inventory,
)

FORECAST = Forecast((Batch(1, (f"{GROUP}[0]",), {"kafka-events": 1}, "a batch has 1 node"),), 600.0, 3, ())
EXPOSED = Finding("terraform-exposed", GROUP, "has no ignore_changes: add it", acceptable=True)
KEYS = [
    "schema",
    "cluster",
    "facts",
    "target_ami",
    "strategy",
    "order",
    "cordon",
    "caps",
    "nodes",
    "batches",
    "lower_bound",
    "forecast",
    "exposure",
    "blockers",
    "warnings",
    "fingerprint",
]


def a_cluster(**changes: Any) -> Inventory:
    """Six nodes with three brokers, the last one public and up to date."""
    public = a_node(5, agent=an_agent(5, public=True), instance=an_instance(5, ami=NEW))
    return an_inventory([*(a_node(number) for number in range(5)), public], [a_service()], **changes)


def a_plan(inventory: Inventory | None = None, roll: Roll | None = None, *blockers: Finding) -> Plan:
    inventory = inventory or a_cluster()
    roll = roll or a_roll(inventory, a_policy(batch_size=2), images={GROUP: NEW})
    return Plan(roll, inventory, FORECAST, blockers)


def bounds(plan: Plan) -> dict[str, int]:
    return {because: batches for batches, because in plan.bounds()}


def test_the_object_has_the_keys_of_the_contract() -> None:
    plan = a_plan().to_json()
    assert list(plan) == KEYS
    assert plan["schema"] == "dcosmaint/plan/v1"
    assert plan["cordon"] == {"method": "deactivate", "airtight": True}
    assert plan["caps"] == {"kafka-events": 1}
    assert (plan["facts"]["mesos_version"], plan["facts"]["security"]) == ("1.9.0", "")
    assert plan["forecast"] == {"seconds": 600, "member_moves": 3, "assumes": [], "stuck": []}
    assert plan["batches"] == [
        {"number": 1, "nodes": (f"{GROUP}[0]",), "lost": {"kafka-events": 1}, "why": "a batch has 1 node"}
    ]


def test_a_node_is_shown_with_what_it_carries_and_what_becomes_of_it() -> None:
    inventory = a_cluster()
    roll = a_roll(inventory, targets=("i-0",), images={GROUP: NEW})
    first, *_, last = a_plan(inventory, roll).to_json()["nodes"]
    assert (first["node"], first["instance_id"], first["agent_id"]) == (f"{GROUP}[0]", "i-0", "agent-0")
    assert (first["ami"], first["target_ami"], first["outdated"], first["excluded"]) == (OLD, NEW, True, False)
    assert first["members"] == [{"service": "kafka-events", "pod": "kafka-0"}]
    assert (last["role"], last["outdated"], last["excluded"]) == ("public", False, True)


def test_a_node_without_an_agent_is_shown_without_one() -> None:
    (node,) = a_plan(an_inventory([a_node(0, agent=None)])).to_json()["nodes"]
    assert (node["hostname"], node["agent_id"], node["role"]) == ("", "", "unknown")


@pytest.mark.parametrize(
    ("changes", "because", "batches"),
    [
        ({"batch_size": 2}, "6 nodes, 2 at most at once", 3),
        ({"batch_size": 4}, "6 nodes, 4 at most at once", 2),
        ({"strategy": "window", "max_in_flight": 6}, "6 nodes, 6 at most at once", 1),
        ({}, "3 nodes carry members of kafka-events, and its cap is 1", 3),
        ({"caps": {"kafka-events": 2}}, "3 nodes carry members of kafka-events, and its cap is 2", 2),
        ({}, "1 public agent, one at a time", 1),
    ],
)
def test_no_order_undercuts_the_bounds(changes: dict[str, Any], because: str, batches: int) -> None:
    inventory = a_cluster()
    assert bounds(a_plan(inventory, a_roll(inventory, a_policy(**changes))))[because] == batches


def test_the_greatest_bound_is_told() -> None:
    inventory = a_cluster()
    bound = a_plan(inventory, a_roll(inventory, a_policy(batch_size=9))).to_json()["lower_bound"]
    assert (bound["batches"], bound["because"]) == (3, "3 nodes carry members of kafka-events, and its cap is 1")


def test_exposed_are_the_targets_whose_group_a_plain_apply_would_replace() -> None:
    inventory = a_cluster(blockers=(EXPOSED,))
    roll = a_roll(inventory, targets=("i-1", "i-4"))
    assert a_plan(inventory, roll).exposed == (f"{GROUP}[1]", f"{GROUP}[4]")
    assert a_plan(a_cluster(), roll).exposed == ()


LEFT = (
    Left("held", "stop-agent: no progress in 600 s", (f"{GROUP}[2]",)),
    Left("cap", "2 of cap 1", (f"{GROUP}[0]", f"{GROUP}[1]")),
)


def left_over(*blockers: Finding, left: tuple[Left, ...] = LEFT) -> Plan:
    return replace(a_plan(None, None, *blockers), forecast=replace(FORECAST, left=left))


def test_what_a_rehearsal_got_stuck_on_is_said_once_for_all_its_nodes() -> None:
    plan = left_over()
    assert [*map(str, plan.stuck)] == [
        f"{GROUP}[2]: stop-agent: no progress in 600 s",
        f"{GROUP}[0] and 1 more node: 2 of cap 1",
    ]
    assert plan.to_json()["forecast"]["stuck"][1] == {
        "rule": "cap",
        "says": "2 of cap 1",
        "nodes": (f"{GROUP}[0]", f"{GROUP}[1]"),
    }


def test_what_blocks_and_what_was_ordered_is_nothing_that_a_rehearsal_found() -> None:
    blocked = Finding("cap", f"{GROUP}[0]", "allow as many")
    assert [each.rule for each in left_over(blocked).stuck] == ["held"]
    assert left_over(left=(Left("deadline", "has passed", (f"{GROUP}[0]",)),)).stuck == ()


def test_of_an_undrain_a_rehearsal_tells_nothing() -> None:
    plan = left_over()
    assert replace(plan, roll=replace(plan.roll, work=Work.UNDRAIN)).stuck == ()


def test_a_rehearsal_that_broke_off_says_why() -> None:
    assert str(Left("rehearsal", "no AMI is called so")) == "no AMI is called so"


def changed(**of_roll: Any) -> Plan:
    inventory = a_cluster()
    return a_plan(inventory, replace(a_roll(inventory, a_policy(batch_size=2), images={GROUP: NEW}), **of_roll))


def test_the_same_plan_has_the_same_fingerprint_whoever_makes_it_and_when() -> None:
    inventory = replace(a_cluster(), at=1.0)
    roll = a_roll(inventory, a_policy(batch_size=2), images={GROUP: NEW}, id="r2", by="somebody@else")
    assert a_plan(inventory, roll).fingerprint == a_plan().fingerprint


@pytest.mark.parametrize(
    "other",
    [
        changed(targets=("i-0",)),
        changed(images={GROUP: "ami-other"}),
        changed(policy=a_policy(batch_size=3)),
        changed(cluster="other"),
        a_plan(an_inventory(6, [a_service(on=[0, 1, 4])])),  # a broker has moved
    ],
)
def test_a_plan_that_is_not_true_any_more_has_another_fingerprint(other: Plan) -> None:
    assert other.fingerprint != a_plan().fingerprint


def test_a_blocker_ends_in_what_lifts_it() -> None:
    hard = Finding("protected", f"{GROUP}[0]", "i-0 has termination protection: lift it first")
    assert list(unaccepted([hard, EXPOSED])) == [
        f"protected: {GROUP}[0] i-0 has termination protection: lift it first",
        f"terraform-exposed: {GROUP} has no ignore_changes: add it"
        f" (or take the risk: --accept terraform-exposed={GROUP})",
    ]


def test_blockers_and_warnings_are_shown_with_their_rule_and_subject() -> None:
    stranger = Finding("stranger", "10.0.0.99", "agent agent-99 is at no instance of ours")
    plan = a_plan(a_cluster(warnings=(stranger,)), None, EXPOSED).to_json()
    assert plan["blockers"] == [{"rule": "terraform-exposed", "subject": GROUP, "message": EXPOSED.message}]
    assert plan["warnings"] == [{"rule": "stranger", "subject": "10.0.0.99", "message": stranger.message}]
