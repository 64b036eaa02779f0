"""A Kafka whose scheduler may not read ZooKeeper, rolled by what its brokers tell over their own wire."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.served.desk import Desk, sit_down
from tests.served.test_roll import FAST, clean

pytestmark = [pytest.mark.real, pytest.mark.slow]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = sit_down(tmp_path, time_factor=FAST, nodes=8, kafka="secured")
    yield desk
    desk.sandbox.stop()


def reword(desk: Desk, kafka: object, service: str = "kafka-events") -> Desk:
    """The sandbox's configuration with other words about one service: a cluster of its own name."""
    path = desk.sandbox.config
    found = yaml.safe_load(path.read_text())
    services = found["clusters"]["sandbox"]["services"]
    services.setdefault(service, {}).pop("kafka", None)
    services[service].update({} if kafka is None else {"kafka": kafka})
    path.write_text(yaml.safe_dump(found))
    return desk


def remarks(desk: Desk) -> dict[str, str]:
    said = desk.type("doctor", "--json").stdout
    return {one["says"]: one["state"] for one in json.loads(said[said.index("{") :])["checks"]}


def test_a_secured_kafka_is_rolled_by_what_its_own_brokers_tell(desk: Desk) -> None:
    """TLS with an authority of its own, and a login. Another one is asked in plain text where its scheduler tells."""
    reword(desk, {}, "prod/kafka-orders")
    assert remarks(desk)["kafka-events: 5 members, plans COMPLETE, 3 topics readable"] == "ok"
    ended = desk.type("roll", "--ami", desk.sandbox.record["amis"]["next"], "--yes")
    assert ended.returncode == 0, ended.stdout
    assert "kafka-events" in ended.stdout
    assert desk.sandbox.environment["SANDBOX_KAFKA_PASSWORD"] not in ended.stdout
    clean(desk.tally, fleet=8)


def test_what_nobody_can_tell_is_refused_and_says_why(desk: Desk) -> None:
    unread = "kafka-events: its topics can't be read, so nobody knows what a replace loses"
    login = {"method": "plain", "username": "dcosmaint", "password_env": "HOME"}  # set, and no password
    for kafka, why in (
        (None, ""),
        ({"tls": {}}, "certificate verify failed"),
        ({}, "its scheduler shows no endpoint broker"),
        ({"tls": {"ca_cert": "kafka/ca.crt"}, "auth": login}, "Authentication failed"),
    ):
        said = remarks(reword(desk, kafka))
        (red,) = (says for says in said if says.startswith(unread))
        assert (said[red], why in red) == ("red", True), red
    ended = desk.type("roll", "--ami", desk.sandbox.record["amis"]["next"], "--yes")
    text = " ".join(ended.stdout.split())
    assert ended.returncode == 3, ended.stdout
    assert f"topics-unreadable: {unread.replace(':', '')}: 127." in text
    assert desk.tally.on_wanted_ami == 0
