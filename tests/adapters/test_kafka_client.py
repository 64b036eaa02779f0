"""Kafka's own client: against brokers that are no work of ours, and where it is not installed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from confluent_kafka import Producer

from dcosmaint.adapters.kafka_client import Access, Copies, ask, installed
from dcosmaint.errors import Usage


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


def test_without_the_extra_the_command_that_installs_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "confluent_kafka", None)
    with pytest.raises(Usage, match=r"services\.prod/kafka\.kafka needs .* `pip install 'dcosmaint\[kafka\]'"):
        installed("prod/kafka")


def test_a_file_that_it_can_not_use_is_a_mistake_of_the_configuration(tmp_path: Path) -> None:
    path = tmp_path / "ca.crt"
    path.write_text("no certificate")
    with pytest.raises(Usage, match=r"services\.kafka\.kafka: .* ssl\.ca\.location"):
        ask(Access("kafka", tls=True, ca_cert=str(path)), ["127.0.0.1:1"])
