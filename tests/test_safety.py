"""Caps and data: R1 and R14, asked of values alone. The oracles here import nothing of what they judge."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcosmaint.model import Member, Partition
from dcosmaint.safety import Away, back, behind, left_to_scheduler, lost, min_isr, over_cap, thin, together, unknown
from tests.builders import a_member, a_partition, a_pod, a_policy, a_service, a_store

ALL = (a_partition(isr=(0, 1, 2)),)


@pytest.mark.parametrize(
    "trouble",
    [{"running": False}, {"marked": True}, {"registered": False}, {"out_of_sync": "4 of 9"}],
    ids=["stopped", "marked", "unregistered", "out-of-sync"],
)
def test_a_member_is_lost_for_whatever_reason(trouble: dict[str, Any]) -> None:
    service = a_service(pods=(a_pod(0), a_pod(1, **trouble), a_pod(2)), partitions=ALL)
    assert lost(service, ALL) == {a_member(1)}


@pytest.mark.parametrize(
    ("after", "pod", "left"),
    [
        (None, {"down_for": 9999.0}, False),  # it replaces nothing by itself
        (1200.0, {"down_for": 900.0}, False),
        (1200.0, {"down_for": 1080.0}, False),
        (1200.0, {"down_for": 1080.5}, True),
        (1200.0, {"down_for": 4000.0}, True),  # it may be on its way
        (1200.0, {"down_for": None}, True),  # unknown is the worst
        (60.0, {"down_for": 0.0}, True),
        (60.0, {"task_id": "broker-1__x"}, False),  # it is not down
    ],
)
def test_r4_what_its_scheduler_is_about_to_replace_by_itself_is_left_to_it(
    after: float | None, pod: dict[str, Any], left: bool
) -> None:
    one = a_pod(1, **{"task_id": "", "running": False, **pod})
    assert left_to_scheduler(a_service(pods=(a_pod(0), one), replaces_after=after), one) == left


def test_members_that_may_not_be_gone_together_are_named_with_their_service() -> None:
    service = a_store(seeds=1)
    gone = [Member("cassandra", "node-2"), Member("cassandra", "node-0")]
    assert together(service, gone) == ("cassandra: node-0, a seed, and node-2 may not be lost or held together")
    assert together(service, gone[:1]) == together(service, [Member("other", "node-0"), gone[0]]) == ""


@pytest.mark.parametrize(
    ("now", "missing"),
    [
        (ALL, set()),
        ((a_partition(isr=(0, 2)),), {a_member(1)}),
        ((a_partition(isr=()),), {a_member(0), a_member(1), a_member(2)}),
        ((), set()),  # the topic was deleted: it proves nothing and needs nothing
        ((a_partition(isr=(0, 1, 2)), a_partition(1, isr=(0,), topic="new")), set()),
        (None, {a_member(0), a_member(1), a_member(2)}),  # unknown is unhealthy
    ],
)
def test_a_member_that_is_not_where_it_was_in_sync_is_lost(
    now: tuple[Partition, ...] | None, missing: set[Member]
) -> None:
    assert lost(a_service(partitions=now), ALL) == missing


@pytest.mark.parametrize(
    ("before", "found"),
    [
        (ALL, [("fresh", 0, ("kafka-1",))]),
        ((), [("events", 0, ("kafka-1",)), ("fresh", 0, ("kafka-1",))]),
        ((a_partition(isr=(0, 2)),), [("events", 0, ("kafka-1",)), ("fresh", 0, ("kafka-1",))]),  # it was behind then
        ((*ALL, a_partition(isr=(1,), topic="fresh")), []),
    ],
)
def test_where_a_member_is_in_sync_beside_its_baseline(
    before: tuple[Partition, ...], found: list[tuple[str, int, tuple[str, ...]]]
) -> None:
    now = (*ALL, a_partition(isr=(0, 1), topic="fresh"), a_partition(isr=(0, 2), topic="other"))
    also = unknown(a_service(partitions=now), a_member(1), before)
    assert [(p.topic, p.number, p.isr) for p in also] == found
    assert unknown(a_service(partitions=None), a_member(1), before) == ()


def test_over_the_cap_is_told_with_names_and_numbers() -> None:
    said = over_cap(a_service(), [a_member(2), a_member(0)], 1)
    assert said == "kafka-events would have 2 members lost or held (kafka-0, kafka-2), its cap is 1"


@given(st.lists(st.tuples(st.sampled_from(["kafka-events", "other"]), st.integers(0, 5))), st.integers(1, 4))
def test_a_cap_counts_names_once_and_only_those_of_the_service(gone: list[tuple[str, int]], cap: int) -> None:
    members = [a_member(number, service) for service, number in gone]
    distinct = {number for service, number in gone if service == "kafka-events"}
    assert bool(over_cap(a_service(), members, cap)) == (len(distinct) > cap)


@pytest.mark.parametrize(("copies", "need"), [(1, 1), (2, 1), (3, 2), (4, 2), (5, 2)])
def test_the_copies_that_stay_are_two_or_one_less_than_there_were(copies: int, need: int) -> None:
    assert min_isr("kafka-events", copies, a_policy()) == need


def test_the_operator_may_ask_for_other_numbers_of_copies() -> None:
    policy = a_policy(min_isr={"kafka-events": 3})
    assert (min_isr("kafka-events", 3, policy), min_isr("other", 3, policy)) == (3, 2)


@pytest.mark.parametrize(
    ("isr", "gone", "left"),
    [
        ((0, 1, 2), [], None),  # 1 and 2 stay, and two are enough
        ((0, 1, 2), [1], ("kafka-2",)),  # another one is lost or held
        ((0, 1), [], ("kafka-1",)),  # had three
        ((0,), [], ()),
        ((1, 2), [], None),  # not on the one that leaves
        ((), [], ()),  # offline: nobody knows who has the data
    ],
)
def test_a_partition_that_would_keep_too_few_copies_is_named(
    isr: tuple[int, ...], gone: list[int], left: tuple[str, ...] | None
) -> None:
    service = a_service(partitions=(a_partition(7, isr),))
    away = Away([a_member(0)], lost=_all({*gone}))
    found = list(thin(service, away, (a_partition(7, (0, 1, 2)),), a_policy()))
    assert [one.left for one in found] == ([] if left is None else [left])
    copies = (
        f"{len(left or ())} in-sync {'copy' if len(left or ()) == 1 else 'copies'} ({', '.join(left or ()) or 'none'})"
    )
    assert all(str(one).startswith(f"events-7 would keep {copies}, and needs ") for one in found)


@pytest.mark.parametrize(
    ("accepted", "passes"),
    [("data-loss=kafka-events", 1), ("data-loss=kafka-events/events", 1), ("data-loss=other", 0)],
)
def test_a_loss_is_taken_only_by_name(accepted: str, passes: bool) -> None:
    only = (a_partition(isr=(0,)),)
    found = thin(a_service(partitions=only), Away([a_member(0)]), only, a_policy(accepted=(accepted,)))
    assert (not list(found)) == passes


PAIR, ONE_LEFT, LAST = ((a_partition(isr=isr),) for isr in ((0, 1), (0,), (1,)))


@pytest.mark.parametrize(
    ("away", "was", "now", "ours"),
    [
        (Away(leaving=[a_member(0)]), ONE_LEFT, ONE_LEFT, None),  # replication 1: what was given up
        (Away([a_member(0)], held=[a_member(1)]), ONE_LEFT, ONE_LEFT, None),  # and no other one has a copy of it
        (Away([a_member(0)], lost=[a_member(1)]), PAIR, ONE_LEFT, None),  # the other copy went without us
        (Away([a_member(0)], held=[a_member(1)]), PAIR, PAIR, ("kafka-0", "kafka-1")),
        (Away([a_member(0)], held=[a_member(1)]), PAIR, ONE_LEFT, ("kafka-0", "kafka-1")),  # it is on its way back
        (Away([a_member(0)], [a_member(1)], [a_member(1)]), PAIR, ONE_LEFT, ("kafka-0", "kafka-1")),  # by us after all
        (Away([a_member(0), a_member(1)]), PAIR, PAIR, ("kafka-0", "kafka-1")),  # with one node
        (Away([a_member(0), a_member(1)]), LAST, LAST, None),
        (Away([a_member(0)], held=[a_member(1)]), PAIR, (a_partition(isr=()),), ("kafka-0", "kafka-1")),
        (Away([a_member(0)], held=[a_member(2)]), PAIR, (a_partition(isr=()),), ("kafka-0", "kafka-2")),  # who knows
        (Away([a_member(0)]), PAIR, (a_partition(isr=()),), None),
        (Away([a_member(0)], held=[a_member(1, "other")]), PAIR, ONE_LEFT, None),
    ],
)
def test_r14_a_loss_that_is_taken_is_one_members_alone(
    away: Away, was: tuple[Partition, ...], now: tuple[Partition, ...], ours: tuple[str, ...] | None
) -> None:
    """Copies that one of ours after the other would leave whole are nobody's to give up."""
    accepted = a_policy(accepted=("data-loss=kafka-events",))
    found = list(thin(a_service(partitions=now), away, was, accepted))
    assert [one.ours for one in found] == ([] if ours is None else [ours])
    assert all(str(one).endswith(f"needs 1: {' and '.join(one.ours)} may not be away together") for one in found)


def test_r14_a_topic_that_was_created_after_the_roll_began_is_shared_as_well() -> None:
    """kafka-1 was in sync in it when it was replaced, and is not back."""
    service, accepted = a_service(partitions=ONE_LEFT), a_policy(accepted=("data-loss=kafka-events",))
    away = Away([a_member(0)], held=[a_member(1)])
    assert [one.ours for one in thin(service, away, (), accepted, also=LAST)] == [("kafka-0", "kafka-1")]


def test_those_that_are_held_come_back_to_what_they_were_in_and_to_nothing_else() -> None:
    now = (a_partition(0, (0,)), a_partition(1, (2,)), a_partition(2, (1, 2)))
    was = (a_partition(0, (0, 1)), a_partition(1, (0, 2)), a_partition(2, (1, 2)))
    whole = back(a_service(partitions=now), [a_member(1), a_member(0, "other")], was).partitions
    assert [p.isr for p in whole or ()] == [("kafka-0", "kafka-1"), ("kafka-2",), ("kafka-1", "kafka-2")]
    assert back(a_service(partitions=None), [a_member(1)], was).partitions is None


def test_members_of_other_services_take_no_copies_away() -> None:
    service = a_service(partitions=ALL)
    others = [a_member(1, "other"), a_member(2, "other")]
    assert not list(thin(service, Away([a_member(0)], others, others), ALL, a_policy()))


ISR = st.sets(st.integers(0, 4)).map(sorted)
PARTITIONS = st.lists(st.tuples(ISR, ISR), max_size=6)


SOME = st.sets(st.integers(0, 4))


@given(PARTITIONS, st.sets(st.integers(0, 4), min_size=1), SOME, SOME, st.booleans())
def test_copies_are_counted_with_everybody_away_who_leaves_or_is_gone(
    topics: list[tuple[list[int], list[int]]], leaving: set[int], held: set[int], lost: set[int], accepted: bool
) -> None:
    baseline = tuple(a_partition(n, was) for n, (was, _) in enumerate(topics))
    service = a_service(on=range(5), partitions=tuple(a_partition(n, now) for n, (_, now) in enumerate(topics)))
    policy = a_policy(accepted=("data-loss=kafka-events",) if accepted else ())
    found = thin(service, Away(_all(leaving), _all(held), _all(lost)), baseline, policy)
    assert {one.partition.number for one in found} == {
        n
        for n, (was, now) in enumerate(topics)
        if _too_few(was, now, leaving, leaving | held | lost) and not (accepted and _alone(was, now, leaving | held))
    }


def _too_few(was: list[int], now: list[int], leaving: set[int], gone: set[int]) -> bool:
    concerned = not now or leaving & {*was, *now}
    need = {0: 1, 1: 1, 2: 1}.get(len(was), 2)
    return bool(concerned) and len([pod for pod in now if pod not in gone]) < need


def _alone(was: list[int], now: list[int], ours: set[int]) -> bool:
    """Whether one of ours alone may have a copy."""
    return len(ours & {*was, *now} if now else ours) == 1


def _all(numbers: set[int]) -> list[Member]:
    return [a_member(number) for number in sorted(numbers)]


@given(PARTITIONS, st.integers(0, 4))
def test_a_member_is_lost_exactly_while_it_is_behind(topics: list[tuple[list[int], list[int]]], number: int) -> None:
    baseline = tuple(a_partition(n, was) for n, (was, _) in enumerate(topics))
    service = a_service(on=range(5), partitions=tuple(a_partition(n, now) for n, (_, now) in enumerate(topics)))
    left = sum(number in was and number not in now for was, now in topics)
    assert behind(service, a_member(number), baseline) == left
    assert (a_member(number) in lost(service, baseline)) == bool(left)
