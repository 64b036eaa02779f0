"""Kafka's own client: against brokers that are no work of ours, and where it is not installed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from confluent_kafka import KafkaError, Producer
from confluent_kafka.admin._metadata import ClusterMetadata, PartitionMetadata, TopicMetadata

from dcosmaint.adapters.kafka_client import Access, Copies, ask, installed, told
from dcosmaint.errors import Retryable, Usage


def test_the_brokers_of_another_hand_are_understood() -> None:
    """Its library brings a mock of a cluster along, which speaks newer versions of the protocol than the sandbox."""
    producer = Producer({"test.mock.num.brokers": 3, "bootstrap.servers": "none", "log_level": "0"})
    brokers = producer.list_topics(timeout=10.0).brokers
    producer.produce("clicks", b"")
    assert producer.flush(10.0) == 0
    told = ask(Access("kafka"), [f"{broker.host}:{broker.port}" for broker in brokers.values()])
    assert set(told.brokers) == {1, 2, 3}
    assert told.by in told.brokers.values()
    assert {key: copies.isr for key, copies in told.partitions.items()} == {
        ("clicks", number): (1, 2, 3) for number in range(4)
    }
    assert all(isinstance(copies, Copies) and copies.leader in (1, 2, 3) for copies in told.partitions.values())


def metadata(topic_error: int = 0, part_error: int = 0, parts: int = 1) -> ClusterMetadata:
    """As the library builds it from an answer: one topic, with an error of Kafka's where its number is not 0."""
    found, topic = ClusterMetadata(), TopicMetadata()
    topic.topic, topic.error = "clicks", KafkaError(topic_error) if topic_error else None
    for number in range(parts):
        part = PartitionMetadata()
        part.id, part.leader, part.replicas, part.isrs = number, -1, [1, 2], [2]
        part.error = KafkaError(part_error) if part_error else None
        topic.partitions[number] = part
    vars(found).update(topics={"clicks": topic}, orig_broker_name="broker-1:9093/bootstrap")
    return found


@pytest.mark.parametrize("name", ["b-1:9093/bootstrap", "b-1:9093/12", "ssl://b-1:9093/1", "sasl_ssl://b-1:9093/1"])
def test_who_answered_is_told_by_address_alone(name: str) -> None:
    answer = metadata()
    vars(answer)["orig_broker_name"] = name
    assert told(answer).by == "b-1:9093"


def test_a_partition_without_a_leader_still_shows_who_is_in_sync() -> None:
    for error in (0, KafkaError.LEADER_NOT_AVAILABLE, KafkaError.REPLICA_NOT_AVAILABLE):
        found = told(metadata(part_error=error))
        assert (found.by, found.partitions) == ("broker-1:9093", {("clicks", 0): Copies((2,), -1)})


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (metadata(topic_error=KafkaError.TOPIC_AUTHORIZATION_FAILED), "topic clicks can't be read"),
        (metadata(part_error=KafkaError.UNKNOWN_TOPIC_OR_PART), "clicks-0 can't be read"),
        (metadata(parts=0), "topic clicks shows no partition yet"),
    ],
)
def test_r2_what_a_broker_says_nothing_of_is_unknown(answer: ClusterMetadata, says: str) -> None:
    with pytest.raises(Retryable, match=says):
        told(answer)


def test_without_the_extra_the_command_that_installs_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "confluent_kafka", None)
    with pytest.raises(Usage, match=r"services\.prod/kafka\.kafka needs .* `pip install 'dcosmaint\[kafka\]'"):
        installed("prod/kafka")


def test_a_file_that_it_can_not_use_is_a_mistake_of_the_configuration(tmp_path: Path) -> None:
    path = tmp_path / "ca.crt"
    path.write_text("no certificate")
    with pytest.raises(Usage, match=r"services\.kafka\.kafka: .* ssl\.ca\.location"):
        ask(Access("kafka", tls=True, ca_cert=str(path)), ["127.0.0.1:1"])
