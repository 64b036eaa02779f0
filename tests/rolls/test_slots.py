"""R1 where it is decided: |lost ∪ held| against the cap, at the door and right before each replace."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dcosmaint.journal import Journal, Memory
from dcosmaint.lines import Admitted, RollBegun
from dcosmaint.model import Ended, Inventory, Member, Progress, Service
from dcosmaint.planner import admit
from dcosmaint.planner.case import Case
from dcosmaint.planner.limits import data
from dcosmaint.steps.slots import Slots
from tests.builders import a_flight, a_member, a_partition, a_policy, a_roll, a_service, a_store, an_inventory
from tests.rolls.stage import EVENTS, Free

WELL = an_inventory(6, [a_service(EVENTS)])
"""Brokers kafka-0, kafka-1 and kafka-2 on the nodes of the same numbers."""


def with_lost(number: int) -> Inventory:
    service = WELL.services[0]
    pods = tuple(replace(pod, registered=pod.member != a_member(number)) for pod in service.pods)
    return replace(WELL, services=(replace(service, pods=pods),))


def taken(inventory: Inventory, cap: int, held: int | None = None) -> str:
    """What is said to node 1 when it asks to replace kafka-1, while node 0 may hold a slot for another broker."""
    policy = a_policy(default_cap=cap, min_isr={EVENTS: 1})
    journal = Journal(Memory(), Free(), lambda: 0.0)
    journal.append(RollBegun(a_roll(WELL, policy)))
    holds = () if held is None else (a_member(held),)
    journal.append(Admitted((a_flight(WELL.nodes[0], holds=holds), a_flight(WELL.nodes[1]))))
    return Slots(WELL.nodes[1].address, journal).take(inventory.services[0].pods[1], inventory.services[0])


def test_a_slot_is_refused_while_another_node_holds_the_last_one() -> None:
    assert "would have 2 members lost or held (kafka-0, kafka-1), its cap is 1" in taken(WELL, cap=1, held=0)
    assert taken(WELL, cap=2, held=0) == ""


def test_a_slot_is_refused_while_a_broker_is_lost_for_another_reason() -> None:
    assert "would have 2 members lost or held (kafka-1, kafka-2), its cap is 1" in taken(with_lost(2), cap=1)
    assert taken(with_lost(2), cap=2) == ""


def test_no_slot_is_taken_while_topics_cant_be_read_however_many_the_cap_allows() -> None:
    unread = replace(WELL, services=(replace(WELL.services[0], partitions=None),))
    assert taken(unread, cap=3) == "kafka-events: its topics can't be read"


def test_a_broker_that_is_behind_in_a_topic_of_a_later_day_is_lost_while_its_node_is_in_flight() -> None:
    """kafka-0 was moved from node 0, and is whole by the roll's baseline; the topic was created after that."""
    whole = WELL.services[0].partitions or ()
    service = replace(WELL.services[0], partitions=(*whole, a_partition(isr=(1, 2), topic="fresh")))
    inventory, also = replace(WELL, services=(service,)), {EVENTS: (a_partition(isr=(0,), topic="fresh"),)}
    roll = a_roll(WELL, a_policy(strategy="window", min_isr={EVENTS: 1}))
    for flying, lost in ((also, {a_member(0)}), ({}, set())):
        flight = a_flight(WELL.nodes[0], holds=(), also=flying)
        case = Case(roll, inventory, Progress(flights={flight.node.address: flight}))
        assert case.lost == lost


def test_r14_copies_of_a_topic_of_a_later_day_are_not_given_up_together_either() -> None:
    """The journal alone knows that kafka-0, which was moved from node 0 and is not back, had one of the two."""
    service = replace(WELL.services[0], partitions=(a_partition(isr=(1,), topic="fresh"),))
    policy = a_policy(strategy="window", default_cap=3, accepted=(f"data-loss={EVENTS}",))
    roll, node = a_roll(WELL, policy), WELL.nodes[1]
    left = a_flight(WELL.nodes[0], holds=(a_member(0),), also={EVENTS: (a_partition(isr=(0,), topic="fresh"),)})
    journal = Journal(Memory(), Free(), lambda: 0.0)
    journal.append(RollBegun(roll))
    journal.append(Admitted((left, a_flight(node, holds=()))))
    at_the_door = data(Case(roll, replace(WELL, services=(service,)), Progress({left.node.address: left})), node)
    assert at_the_door
    for said in (at_the_door.says, Slots(node.address, journal).take(service.pods[1], service)):
        assert said.startswith(
            "kafka-events: fresh-0 would keep 0 in-sync copies (none), and needs 1: kafka-0 and kafka-1"
        )


def test_a_broker_that_is_lost_and_held_counts_once() -> None:
    assert taken(with_lost(0), cap=2, held=0) == ""
    assert taken(with_lost(1), cap=1) == ""


def test_a_broker_is_not_moved_on_before_it_is_whole_after_its_move_here() -> None:
    """kafka-1 came to node 1 from node 0, whose slot it still takes; it counts once, so no cap speaks against it."""
    assert "kafka-1 is not whole yet after its move from aws_instance.dcos_agent_node[0]" in taken(WELL, cap=3, held=1)
    assert started(WELL, held=(1,), cap=3) == 1  # node 2 alone: node 0 is in flight, and node 1 waits


@pytest.mark.parametrize("way", ["take", "count_lost"])
@pytest.mark.parametrize("gone", [False, True])
def test_a_broker_that_landed_as_the_agent_left_is_passed_on_with_all_that_is_known_of_it(way: str, gone: bool) -> None:
    """kafka-1 came to node 1 from node 0. Where that goes down with it, it will never be whole there."""
    journal, service = Journal(Memory(), Free(), lambda: 0.0), WELL.services[0]
    journal.append(RollBegun(a_roll(WELL)))
    fresh, other = a_partition(isr=(1,), topic="fresh"), a_partition(isr=(0,), topic="other")
    left, here = WELL.nodes[0], WELL.nodes[1]
    state = replace(here.instance, state="terminated" if gone else "running")
    there = a_flight(replace(here, instance=state), holds=(), done=() if gone else ("stop-agent",))
    journal.append(Admitted((a_flight(left, holds=(a_member(1),), also={EVENTS: (fresh, other)}), there)))
    slots = Slots(here.address, journal)
    refusal = slots.take(service.pods[1], service) if way == "take" else slots.count_lost([a_member(1)], service)
    flights = journal.progress.flights
    assert (refusal, flights[left.address].holds, flights[here.address].holds) == ("", (), (a_member(1),))
    assert flights[here.address].also[EVENTS] == (fresh,)
    assert Slots(left.address, journal).passed_on(a_member(1))
    assert not slots.passed_on(a_member(1))


@pytest.mark.parametrize("way", ["take", "count_lost"])
@pytest.mark.parametrize("holds", [(), (a_member(1),)])
def test_r1_a_member_that_landed_late_takes_a_slot_and_one_that_has_it_no_second(
    way: str, holds: tuple[Member, ...]
) -> None:
    journal, service = Journal(Memory(), Free(), lambda: 0.0), WELL.services[0]
    journal.append(RollBegun(a_roll(WELL)))
    journal.append(Admitted((a_flight(WELL.nodes[1], holds=holds),)))
    slots = Slots(WELL.nodes[1].address, journal)
    refusal = slots.take(service.pods[1], service) if way == "take" else slots.count_lost([a_member(1)], service)
    assert (refusal, slots.flight.holds) == ("", (a_member(1),))


def test_where_a_held_member_is_in_sync_by_now_is_written_before_it_goes_down() -> None:
    journal, whole = Journal(Memory(), Free(), lambda: 0.0), WELL.services[0].partitions or ()
    fresh = replace(WELL.services[0], partitions=(*whole, a_partition(isr=(0, 1, 2), topic="fresh")))
    journal.append(RollBegun(a_roll(WELL)))
    journal.append(Admitted((a_flight(WELL.nodes[1]),)))
    slots = Slots(WELL.nodes[1].address, journal)
    assert slots.count_lost([a_member(1)], fresh) == ""
    assert [partition.topic for partition in slots.flight.also[EVENTS]] == ["fresh"]


def test_a_member_has_company_only_in_a_member_of_its_own_service_that_another_node_moves() -> None:
    for service, company in ((EVENTS, True), ("kafka-orders", False)):
        journal = Journal(Memory(), Free(), lambda: 0.0)
        journal.append(RollBegun(a_roll(WELL)))
        other = a_flight(WELL.nodes[0], holds=(Member(service, "kafka-0"),))
        journal.append(Admitted((other, a_flight(WELL.nodes[1], holds=(a_member(1),)))))
        assert Slots(WELL.nodes[1].address, journal).shared(a_member(1)) == company


def started(inventory: Inventory, held: tuple[int, ...] = (), cap: int = 1) -> int:
    """How many nodes with brokers may start, while node 0 holds a slot for these brokers."""
    targets = tuple(node.instance.id for node in inventory.nodes if node.members)
    roll = a_roll(
        WELL,
        a_policy(strategy="window", default_cap=cap, min_isr={EVENTS: 1}, accepted=("service-degraded",)),
        targets=targets,
    )
    flight = a_flight(WELL.nodes[0], holds=tuple(map(a_member, held)))
    proved = Ended("another", "i-9", at=0.0, members=1)
    progress = Progress(flights={flight.node.address: flight} if held else {}, ended=(proved,))
    return len(admit(roll, inventory, progress).start)


def test_only_so_many_nodes_start_as_the_cap_has_room_for() -> None:
    assert started(WELL) == 1
    assert started(WELL, held=(0,)) == 0
    assert started(with_lost(0)) == 1  # the node of the lost one itself: nobody else is lost by its turn


def asked_for_a_node(service: Service, held: str) -> str:
    """What is said to node 1 when it asks to replace its member, while node 0 holds a slot for `held`."""
    inventory = an_inventory(6, [service])
    journal = Journal(Memory(), Free(), lambda: 0.0)
    journal.append(RollBegun(a_roll(inventory, a_policy(default_cap=3))))
    first = a_flight(inventory.nodes[0], holds=(Member("cassandra", held),))
    journal.append(Admitted((first, a_flight(inventory.nodes[1]))))
    return Slots(inventory.nodes[1].address, journal).take(service.pods[1], service)


def test_a_slot_is_refused_beside_a_seed_that_is_held_however_many_the_cap_allows() -> None:
    """It landed on its node after the admission, which knew nothing of it."""
    says = "cassandra: node-0, a seed, and node-1 may not be lost or held together"
    assert asked_for_a_node(a_store(seeds=1), held="node-0") == says
    assert asked_for_a_node(a_store(seeds=0), held="node-0") == ""


def test_members_that_go_down_with_their_node_keep_their_slots_until_it_has_ended() -> None:
    inventory = an_inventory(6, [a_store()])
    policy = a_policy(moves={"cassandra": "ignore"}, strategy="window")
    left = a_flight(inventory.nodes[0], holds=(), leaves=inventory.nodes[0].members)
    flying = Progress({left.node.address: left}, (Ended("x", "i-99", 0.0, 1),), at=inventory.at)
    answer = admit(a_roll(inventory, policy, targets=("i-0", "i-1")), inventory, flying)
    assert [(refusal.node, refusal.rule) for refusal in answer.refusals] == [(inventory.nodes[1].address, "cap")]
