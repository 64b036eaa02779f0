"""When a master may be told that an agent never comes back: never where several members would be replaced at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dcosmaint.model import Flight, Node, Service
from dcosmaint.planner.gone import refusal
from tests.builders import a_flight, a_member, a_node, a_pod, a_policy, a_roll, a_service, an_instance, an_inventory

TERMINATED = an_instance(0, state="terminated")


def lost(**changes: Any) -> Flight:
    """Its node had kafka-0."""
    node = a_node(0, members=(a_member(0),))
    return replace(a_flight(replace(node, instance=TERMINATED)), **changes)


def said(flight: Flight, *services: Service, **policy: Any) -> str:
    return refusal(a_roll(an_inventory(3), a_policy(**policy)), flight, services)


def with_pod(number: int, **changes: Any) -> Service:
    service = a_service()
    pods = tuple(a_pod(n, **changes) if n == number else pod for n, pod in enumerate(service.pods))
    return replace(service, pods=pods)


def test_one_member_of_each_service_may_be_replaced_by_its_scheduler() -> None:
    assert said(lost(), a_service(), a_service("kafka-logs", [0, 1, 2])) == ""


def test_an_agent_without_members_may_be_given_up() -> None:
    assert said(lost(), a_service(on=[1, 2, 3])) == ""


def test_what_moved_with_an_agent_that_came_back_under_another_id_counts_too() -> None:
    flight = lost(earlier=("agent-1",))
    assert "has 2 members there" in said(flight, a_service())


@pytest.mark.parametrize(
    ("service", "says"),
    [
        (a_service(on=[0, 0, 2]), "kafka-events has 2 members there, and would replace them at once"),
        (with_pod(1, marked=True, running=False), "kafka-events/kafka-1 of the same service looks for a place"),
        (with_pod(2, agent_id=""), "nobody says where kafka-events/kafka-2 is"),
        (a_service(deploy="IN_PROGRESS"), "kafka-events is not well: deploy plan IN_PROGRESS"),
        (a_service(trouble="kafka-1 is PAUSED"), "kafka-events is not well: kafka-1 is PAUSED"),
    ],
)
def test_r1_r2_its_scheduler_may_not_replace_by_itself(service: Service, says: str) -> None:
    assert said(lost(), service) == says


def test_r4_nor_while_the_outcome_of_a_replace_of_ours_is_unread() -> None:
    asked = lost(asked=(a_member(0),))
    assert "what became of the replace of kafka-events/kafka-0" in said(asked, a_service())
    assert said(asked, with_pod(0, marked=True, running=False)) == ""


def test_a_member_that_is_its_operators_is_replaced_by_nobody_else() -> None:
    assert "is its operator's to replace" in said(lost(), a_service(), moves={"kafka-events": "ignore"})


def test_a_scheduler_from_before_the_sdk_replaces_nothing_by_itself() -> None:
    assert said(lost(), a_service(on=[0, 0, 2], api="brokers")) == ""


@pytest.mark.parametrize(
    ("node", "says"),
    [
        (a_node(0), "i-0 is not one that somebody else has terminated"),
        (a_node(9, instance=an_instance(9, state="terminated")), "i-9 is not one that somebody else has terminated"),
        (
            a_node(0, instance=replace(TERMINATED, outlived_by=("vol-1",))),
            "its work dir may be on vol-1, and no agent is taken back under such an id",
        ),
        (
            a_node(0, instance=replace(TERMINATED, outlived_by=("vol-1",)), work_dir_apart=True),
            "its work dir may be on vol-1, and no agent is taken back under such an id",
        ),
    ],
)
def test_r3_r7_only_one_that_can_never_come_back_is_given_up(node: Node, says: str) -> None:
    assert says in said(a_flight(node))


def test_r7_one_that_has_told_that_its_work_dir_is_on_its_root_is_given_up() -> None:
    kept = replace(TERMINATED, outlived_by=("vol-1",))
    assert said(a_flight(a_node(0, instance=kept, work_dir_apart=False))) == ""
