"""Every limit and every rule in a situation of its own, and how they play together: data in tests/cases/planner."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dcosmaint.planner import admit
from dcosmaint.planner.limits import OF_ALL, OF_EACH
from dcosmaint.planner.node_rules import NODE_RULES
from tests.planner.situation import Situation, came, load, wanted

CASES = Path(__file__).parents[1] / "cases" / "planner"
SITUATIONS = [load(path) for path in sorted(CASES.glob("*.toml"))]


@pytest.mark.parametrize("situation", SITUATIONS, ids=str)
def test_the_planner_answers_as_the_situation_says(situation: Situation) -> None:
    answer = admit(situation.roll, situation.inventory, situation.progress)
    assert came(answer) == wanted(situation), [*map(str, answer.refusals)]


@pytest.mark.parametrize("situation", [s for s in SITUATIONS if "until" in s.expected], ids=str)
def test_a_refusal_that_lifts_by_itself_says_when(situation: Situation) -> None:
    answer = admit(situation.roll, situation.inventory, situation.progress)
    ahead = {refusal.until - situation.inventory.at for refusal in answer.refusals if refusal.until}
    assert ahead == {situation.expected["until"]}


@pytest.mark.parametrize("situation", [s for s in SITUATIONS if "settled" in s.expected], ids=str)
def test_an_answer_that_only_the_journal_or_a_known_moment_can_change_is_settled(situation: Situation) -> None:
    answer = admit(situation.roll, situation.inventory, situation.progress)
    assert answer.settled == situation.expected["settled"]


@pytest.mark.parametrize("situation", SITUATIONS, ids=str)
def test_every_refusal_is_a_sentence_about_a_node(situation: Situation) -> None:
    for refusal in admit(situation.roll, situation.inventory, situation.progress).refusals:
        assert len(refusal.says) > 10, refusal
        assert refusal.node, refusal


@pytest.mark.trap("our own way in, or a scheduler, may be on the very node")
def test_the_node_of_a_scheduler_stays_while_members_of_its_service_move() -> None:
    (busy,) = (situation for situation in SITUATIONS if situation.name == "scheduler_busy")
    assert "4 scheduler" in came(admit(busy.roll, busy.inventory, busy.progress)).refused


def _named() -> Iterator[str]:
    for situation in SITUATIONS:
        yield from (line.partition(" ")[2] for line in wanted(situation).refused)


OF_LIMITS = {
    "arriving",
    "unplaced",
    "paused",
    "deadline",
    "framework",
    "allowance",
    "image",
    "barrier",
    "size",
    "canary",
    "soak",
    "public",
    "plan-incomplete",
    "scheduler",
    "cap",
    "together",
    "data",
    "apps",
    "no-place",
    "agent-left",
    "tasks-lost",
    "service-degraded",
    "unseen",
}
OF_RULES = {
    "recovered-agents",
    "terraform-exposed",
    "bastion",
    "no-agent",
    "foreign-cordon",
    "inactive-agent",
    "last-public",
    "instance-state",
    "scaling-group",
    "last-target",
    "protected",
    "unknown-framework",
    "resident-tasks",
    "resident-data",
    "work-dir",
    "app-down",
    "service-trouble",
    "service-unsupported",
    "topics-unreadable",
    "under-replicated",
    "no-baseline",
    "partition-offline",
    "data-loss",
    "service-refused",
    "no-proof",
    "not-in-sync",
}


def test_no_limit_and_no_rule_is_without_a_situation() -> None:
    assert set(_named()) >= OF_LIMITS | OF_RULES


def test_a_limit_that_is_new_needs_a_situation() -> None:
    """When this fails, write one, and count again."""
    assert len({limit for limits in (*OF_ALL.values(), *OF_EACH.values()) for limit in limits}) == 25
    assert len(NODE_RULES) == 12
