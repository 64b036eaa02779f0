"""Who is in sync, as brokers tell it on Kafka's own wire; what they don't tell, or not alike, is unknown."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from ssl import CERT_REQUIRED, SSLContext
from typing import Any

import pytest

from dcosmaint.adapters.brokers import ByBrokers, Shown
from dcosmaint.adapters.gather import gather
from dcosmaint.adapters.kafka_client import Access, ask
from dcosmaint.errors import Usage
from dcosmaint.model import Member, Service
from dcosmaint.ports import ServiceReads
from dcosmaint.sandbox.served.kafka_listeners import Broker, Listeners
from dcosmaint.sandbox.served.kafka_trust import Trust
from dcosmaint.sandbox.served.kafka_wire import Known, Replicas
from tests.adapters.dcos.certificates import a_certificate
from tests.builders import a_partition, a_pod, a_service, a_store

HERE = "127.0.0.1"
FLAT = (Replicas("events", 0, 0, (0, 1, 2), (0, 1, 2)), Replicas("events", 1, 2, (1, 2), (2, 1)))
"""Two partitions that are whole."""


@dataclass(frozen=True)
class Scheduler(ServiceReads):
    """One that may not read ZooKeeper."""

    service: Service

    def all(self) -> tuple[Service, ...]:
        return (self.service,)

    def one(self, name: str) -> Service:
        return self.service

    def rejected(self, member: Member) -> tuple[str, ...]:
        return (f"no room for {member}",)


def blind(**changes: Any) -> Service:
    """A Kafka of three as such a scheduler shows it."""
    pods = tuple(a_pod(number, registered=False) for number in range(3))
    return replace(a_service(pods=pods, partitions=None), **changes)


def ports(count: int) -> list[int]:
    with closing(socket.socket()) as first:
        open_ones = [first, *(socket.socket() for _ in range(count - 1))]
        for each in open_ones:
            each.bind((HERE, 0))
        found = [int(each.getsockname()[1]) for each in open_ones]
        for each in open_ones[1:]:
            each.close()
    return found


@contextmanager
def a_kafka(
    views: Mapping[int, Sequence[Replicas]], alive: Sequence[int] = (0, 1, 2), trust: Trust | None = None
) -> Iterator[dict[int, str]]:
    """Brokers that listen, by what each of them knows; gives where."""
    at = dict(zip(views, ports(len(views)), strict=True))
    addresses = {number: (HERE, at.get(number, 1)) for number in alive}

    def know(number: int) -> Callable[[], Known]:
        return lambda: Known(addresses, tuple(views[number]))

    users, context = ({"me": trust.password}, trust.context) if trust else ({}, None)
    brokers = tuple(Broker(str(number), HERE, port, know(number), users, context) for number, port in at.items())
    with Listeners(lambda: brokers):
        yield {number: f"{HERE}:{port}" for number, port in at.items()}


def read(
    at: Mapping[int, str], service: Service | None = None, access: Access | None = None, patience: float = 10.0
) -> Service:
    service, access = service or blind(), access or Access("kafka-events", tuple(at.values()))
    reads = ByBrokers(Scheduler(service), {service.name: access}, lambda _access: None, patience)
    (found,) = reads.all()
    return found


def test_partitions_and_brokers_are_told_as_the_scheduler_would() -> None:
    with a_kafka(dict.fromkeys(range(3), FLAT)) as at:
        found = read(at)
    whole, half = a_partition(0, (0, 1, 2)), replace(a_partition(1, (1, 2)), leader="kafka-2")
    assert found == a_service(partitions=(whole, half))


def test_a_broker_that_is_not_alive_is_not_registered_and_one_without_a_leader_has_none() -> None:
    lost = (replace(FLAT[0], leader=-1, isr=(0,)), FLAT[1])
    with a_kafka({1: lost, 2: lost}, alive=(1, 2)) as at:
        found = read(at)
    assert [pod.registered for pod in found.pods] == [False, True, True]
    assert [(part.isr, part.leader) for part in found.partitions or ()] == [
        (("kafka-0",), ""),
        (("kafka-1", "kafka-2"), "kafka-2"),
    ]


def test_one_first_address_is_enough_to_ask_them_all() -> None:
    behind = (replace(FLAT[0], isr=(0, 2)), FLAT[1])
    with a_kafka({0: FLAT, 1: FLAT, 2: behind}) as at:
        found = read(at, access=Access("kafka-events", (at[0],)))
    assert [part.isr for part in found.partitions or ()] == [("kafka-0", "kafka-2"), ("kafka-1", "kafka-2")]


def test_what_a_broker_says_that_is_cut_off_makes_nobody_in_sync() -> None:
    """It goes on telling what was true before, whoever is asked first."""
    seen = ((0, 1), (1, 2), (0, 1, 2))
    with a_kafka({number: (replace(FLAT[0], leader=1, isr=isr), FLAT[1]) for number, isr in enumerate(seen)}) as at:
        for first in at.values():
            found = read(at, access=Access("kafka-events", (first,)))
            assert (found.partitions or ())[0].isr == ("kafka-1",)


def test_a_broker_answers_for_itself_however_many_are_asked_at_once() -> None:
    """The client connects to those that it hears of, and then asks any of them."""
    with a_kafka(dict.fromkeys(range(3), FLAT)) as at:
        wanted = [*at.values()] * 20
        asked = gather(lambda address: ask(Access("kafka-events"), [address], itself=True).by, wanted)
    assert list(asked) == wanted


def test_a_broker_that_does_not_answer_leaves_it_to_the_others() -> None:
    with a_kafka({0: FLAT, 1: FLAT}) as at:
        assert len(read(at, patience=0.5).partitions or ()) == 2


@pytest.mark.parametrize("heard", range(3))
def test_r14_what_one_broker_of_three_says_proves_nothing_while_others_should_answer(heard: int) -> None:
    """It may be the one that is cut off."""
    with a_kafka({heard: FLAT}) as at:
        says = unread(read(at, patience=0.5))
    others = ", ".join(str(number) for number in range(3) if number != heard)
    assert says == f"only 1 of 3 brokers can be asked ({others} not): too few to know who is in sync"


def test_one_broker_tells_it_alone_where_no_other_one_runs() -> None:
    pods = tuple(a_pod(number, registered=False, running=number == 0) for number in range(3))
    with a_kafka({0: FLAT}) as at:
        assert len(read(at, blind(pods=pods), patience=0.5).partitions or ()) == 2


def unread(found: Service) -> str:
    assert found.partitions is None
    return found.unread


def test_r2_brokers_that_nobody_reaches_prove_nothing() -> None:
    (port,) = ports(1)
    assert "Connection refused" in unread(read({0: f"{HERE}:{port}"}, patience=0.3))


def test_r2_partitions_that_only_some_brokers_show_are_unknown() -> None:
    """Just made, or hidden from our user: what is hidden there would be wiped."""
    with a_kafka({0: FLAT, 1: FLAT[:1], 2: FLAT}) as at:
        assert f"broker {at[1]} does not show events-1" in unread(read(at))


def test_r2_no_topic_at_all_is_not_nothing_to_lose() -> None:
    with a_kafka(dict.fromkeys(range(3), ())) as at:
        assert "show no topic at all" in unread(read(at))


def test_r2_topics_that_the_scheduler_lists_and_the_brokers_hide_are_unknown() -> None:
    """A user who may describe some topics alone gets an answer without the others, and without an error."""
    service = blind(partitions=(a_partition(0, topic="hidden"),))
    with a_kafka(dict.fromkeys(range(3), FLAT)) as at:
        assert "does not show hidden-0" in unread(read(at, service))


def test_where_the_scheduler_can_tell_its_word_counts_as_well() -> None:
    service = blind(partitions=(a_partition(0, (0, 2)), a_partition(1, (1, 2))))
    with a_kafka(dict.fromkeys(range(3), FLAT)) as at:
        assert next(part.isr for part in read(at, service).partitions or ()) == ("kafka-0", "kafka-2")


def test_r2_a_broker_that_is_no_member_is_of_another_kafka() -> None:
    with a_kafka(dict.fromkeys(range(3), FLAT), alive=(0, 1, 2, 7)) as at:
        assert "broker 7 is none of its members" in unread(read(at, patience=0.5))


def test_r2_brokers_that_are_nowhere_where_their_scheduler_shows_them_are_of_another_kafka() -> None:
    """They have the same numbers, and topics of their own."""
    elsewhere = Shown(("10.0.0.7:1025",), ("kafka-0-broker.kafka-events.autoip.dcos.thisdcos.directory:1025",))
    with a_kafka(dict.fromkeys(range(3), FLAT)) as at:
        access = Access("kafka-events", (at[0],))
        for shown, may in ((elsewhere, False), (replace(elsewhere, addresses=(at[0],)), True), (None, True)):
            reads = ByBrokers(Scheduler(blind()), {"kafka-events": access}, {access: shown}.get)
            found = reads.one("kafka-events")
            assert (found.partitions is not None) is may
            assert may or "may name another Kafka" in found.unread


def test_r12_a_secured_kafka_answers_who_trusts_its_authority_and_may_log_in(tmp_path: Path) -> None:
    trust = Trust.found(tmp_path)
    me = Access("kafka-events", tls=True, ca_cert=str(tmp_path / "ca.crt"), mechanism="PLAIN", username="me")
    with a_kafka(dict.fromkeys(range(3), FLAT), trust=trust) as at:
        there = tuple(at.values())
        good = replace(me, bootstrap=there, password=trust.password)
        assert len(read(at, access=good).partitions or ()) == 2
        assert [ask(good, [address], itself=True).by for address in there] == list(there)
        wrong = unread(read(at, access=replace(good, password="not-this-one")))
        assert "uthentication" in wrong
        assert trust.password not in f"{wrong} {good}"
        assert "verif" in unread(read(at, access=replace(good, ca_cert=stranger(tmp_path))))


@pytest.mark.parametrize("tls", [True, False])
def test_r2_brokers_that_are_asked_in_the_wrong_way_say_what_is_wrong_and_the_same_again(
    tmp_path: Path, tls: bool
) -> None:
    """As long as a reason changed, a node that waits would seem to get on."""
    trust = Trust.found(tmp_path)
    with a_kafka({0: FLAT}, alive=(0,), trust=None if tls else trust) as at:
        access = Access("kafka-events", (at[0],), tls=tls)
        first, again = (unread(read(at, access=access, patience=0.4)) for _ in range(2))
    assert first == again
    assert ("connecting to a PLAINTEXT broker listener?" if tls else "do its brokers ask for tls") in first
    assert " ms in state" not in first


def stranger(folder: Path) -> str:
    """An authority that has signed none of them."""
    Trust.found(folder / "stranger")
    return str(folder / "stranger" / "ca.crt")


def test_r12_a_certificate_of_another_name_is_refused(tmp_path: Path) -> None:
    trust = Trust.found(tmp_path)
    with a_kafka({0: FLAT}, alive=(0,), trust=trust) as at:
        elsewhere = at[0].replace(HERE, "localhost")
        access = Access(
            "kafka-events", (elsewhere,), True, str(tmp_path / "ca.crt"), "", "", "PLAIN", "me", trust.password
        )
        assert "verif" in unread(read(at, access=access))


def test_r12_where_the_brokers_ask_for_a_certificate_ours_says_who_we_are(tmp_path: Path) -> None:
    trust, ours = Trust.found(tmp_path), str(a_certificate(tmp_path, "me"))

    def asks_back(ip: str) -> SSLContext:
        context = trust.context(ip)
        context.verify_mode = CERT_REQUIRED
        context.load_verify_locations(ours)
        return context

    (port,) = ports(1)
    broker = Broker("0", HERE, port, lambda: Known({0: (HERE, port)}, FLAT), {}, asks_back)
    access = Access("kafka-events", (f"{HERE}:{port}",), tls=True, ca_cert=str(tmp_path / "ca.crt"))
    with Listeners(lambda: (broker,)):
        assert len(read({}, access=replace(access, cert=ours, key=ours)).partitions or ()) == 2
        assert unread(read({}, access=access, patience=0.3))


def test_a_service_that_is_no_kafka_is_a_mistake_and_others_stay_as_they_are() -> None:
    with pytest.raises(Usage, match=r"services\.cassandra\.kafka: cassandra is of kind cassandra, and no Kafka"):
        read({0: f"{HERE}:1"}, a_store())
    hidden = blind(api="", trouble="hidden")
    assert read({0: f"{HERE}:1"}, hidden) is hidden
    reads = ByBrokers(Scheduler(blind()), {}, lambda _access: None)
    assert reads.one("kafka-events") == blind()
    assert reads.rejected(Member("kafka-events", "kafka-1")) == ("no room for kafka-events/kafka-1",)
