"""Which brokers are registered, and which replicas are in sync, is read or unknown; never guessed."""

from __future__ import annotations

import pytest

from dcosmaint.adapters.sdk import Sdk
from dcosmaint.errors import Retryable
from dcosmaint.model import Partition
from tests.adapters.dcos.canned import Canned, Reply
from tests.adapters.dcos.schedulers import (
    topics,
)


def test_unregistered_brokers_are_told(service: Canned, sdk: Sdk) -> None:
    service.on("GET service/kafka/v1/brokers", ["1"])
    assert [pod.registered for pod in sdk.one("kafka").pods] == [False, True]


@pytest.mark.trap("no under-replicated partitions may mean that the command failed")
@pytest.mark.parametrize("route", ["topics", "topics/events"])
def test_topics_that_can_not_be_read_are_unknown(service: Canned, sdk: Sdk, route: str) -> None:
    service.on(f"GET service/kafka/v1/{route}", Reply("", 500, kind=""))
    found = sdk.one("kafka")
    says = {"topics": "can't list them", "topics/events": "can't show events"}[route]
    assert (found.partitions, found.unread) == (None, f"its scheduler {says}: its log says why")


def test_topics_that_can_not_be_read_are_named_as_far_as_anybody_wants_to_read(service: Canned, sdk: Sdk) -> None:
    names = [f"t{number}" for number in range(5)]
    service.on("GET service/kafka/v1/topics", ["events", *names])
    for name in names:
        service.on(f"GET service/kafka/v1/topics/{name}", Reply("", 500, kind=""))
    assert sdk.one("kafka").unread == "its scheduler can't show t0, t1, t2 and 2 more: its log says why"


def test_zookeeper_trouble_registers_nobody(service: Canned, sdk: Sdk) -> None:
    service.on("GET service/kafka/v1/brokers", Reply("", 500, kind=""))
    assert [pod.registered for pod in sdk.one("kafka").pods] == [False, False]


def test_a_topic_that_was_deleted_in_between_is_dropped(service: Canned, sdk: Sdk) -> None:
    service.on("GET service/kafka/v1/topics", ["events", "gone"], ["events"])
    service.on("GET service/kafka/v1/topics/gone", Reply("", 500, kind=""))
    assert [part.topic for part in sdk.one("kafka").partitions or ()] == ["events"]


def test_partitions_are_read_with_their_in_sync_replicas_and_leaders(service: Canned, sdk: Sdk) -> None:
    """A complete recovery means started; in sync is what the replicas say."""
    topics(service, "kafka", {"b": [[1, 0], []], "a": [[0]]})
    assert sdk.one("kafka").partitions == (
        Partition("a", 0, ("kafka-0",), "kafka-0"),
        Partition("b", 0, ("kafka-0", "kafka-1"), "kafka-1"),
        Partition("b", 1, (), ""),
    )


def test_a_topic_without_partitions_proves_nothing(service: Canned, sdk: Sdk) -> None:
    service.on("GET service/kafka/v1/topics/events", {"partitions": []})
    with pytest.raises(Retryable, match="no partition yet"):
        sdk.one("kafka")


def test_a_service_without_topics_has_none(service: Canned, sdk: Sdk) -> None:
    service.on("GET service/kafka/v1/topics", [])
    assert sdk.one("kafka").partitions == ()
