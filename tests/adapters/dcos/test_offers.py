"""Why a scheduler takes no offer, as `v2/debug/offers` tells it. It explains, and decides nothing."""

from __future__ import annotations

from typing import Any

import pytest

from dcosmaint.adapters.sdk import Sdk
from dcosmaint.model import Member
from tests.adapters.dcos.canned import Canned, Reply, page
from tests.adapters.dcos.schedulers import GENERATION, an_app, labelled, nothing

OFFERS = "GET service/kafka/v2/debug/offers"
MEMBER = Member("kafka", "kafka-1")
FULL, TAKEN = "FAIL(ResourceEvaluationStage):too little mem", "FAIL(PlacementRuleEvaluationStage): MAX_PER 1"


def an_offer(pod: str, *stages: str, outcome: str = "fail") -> dict[str, Any]:
    return {
        "timestamp": 1526653381030,
        "pod-instance-name": f"{pod}:[broker]",
        "outcome": outcome,
        "explanation": ["PASS(ExecutorEvaluationStage):no executor", *stages],
        "offer": "id { value: 7 }",
    }


def told(*offers: dict[str, Any]) -> dict[str, Any]:
    counts = {"acceptedCount": 0, "rejectedCount": len(offers), "failureReasons": {}, "rejectedAgents": {}}
    return {**counts, "offers": [*offers]}


def test_the_most_frequent_reasons_of_that_pod_are_told(service: Canned, sdk: Sdk) -> None:
    other = an_offer("kafka-11", "FAIL(PortEvaluationStage):port 1025 is taken")
    passed = an_offer("kafka-1", "FAIL(PortEvaluationStage):of a child that did not matter", outcome="pass")
    third = an_offer("kafka-1", "FAIL(PortEvaluationStage):port 9092 is taken", FULL, TAKEN)
    service.on(OFFERS, told(other, passed, an_offer("kafka-1", FULL), third, an_offer("kafka-1", FULL, TAKEN)))
    assert sdk.rejected(MEMBER) == ("too little mem", "MAX_PER 1")


def test_a_long_reason_is_cut(service: Canned, sdk: Sdk) -> None:
    service.on(OFFERS, told(an_offer("kafka-1", f"FAIL(X):{'long ' * 100}")))
    assert len(sdk.rejected(MEMBER)[0]) == 120


@pytest.mark.parametrize(
    "reply", [Reply("", 404, kind=""), page(500), Reply({"offers": "none"}), Reply([]), Reply({}), Reply(told())]
)
def test_a_scheduler_that_explains_nothing_is_no_failure(service: Canned, sdk: Sdk, reply: Reply) -> None:
    service.on(OFFERS, reply)
    assert sdk.rejected(MEMBER) == ()


def test_a_scheduler_from_before_pods_explains_nothing(canned: Canned, sdk: Sdk) -> None:
    labelled(canned, an_app("kafka", labels=GENERATION["pods"]))
    nothing(canned, "kafka")
    canned.on(OFFERS, Reply("", 404, kind=""))
    assert sdk.rejected(MEMBER) == ()
