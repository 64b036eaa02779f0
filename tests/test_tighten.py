"""What a resume may change of its roll: tighter, never looser; and what its flights rule out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dcosmaint import tighten
from dcosmaint.errors import Refused, Usage
from dcosmaint.model import Policy, Progress, Terms
from tests.builders import a_flight, a_partition, a_policy, a_roll, a_service, an_inventory

INVENTORY = an_inventory(4, [a_service(on=(0, 1, 2)), a_service("prod/kafka", on=(0, 1, 2))])
ROLL = a_roll(INVENTORY, a_policy(caps={"kafka-events": 2}, batch_size=3, accepted=("app-down",)))
FLIGHTS = {node.address: a_flight(node) for node in INVENTORY.nodes[:2]}
FLYING = Progress(flights=FLIGHTS)


@pytest.mark.parametrize(
    "terms",
    [
        Terms(),
        Terms(caps={"kafka-events": 1}),
        Terms(caps={"kafka-events": 2, "prod/kafka": 1}),
        Terms(batch_size=3),
        Terms(batch_size=1),
        Terms(excluded=("i-3",)),
        Terms(accepted=("data-loss=kafka-events/clicks",)),
    ],
    ids=str,
)
def test_what_is_no_looser_is_taken(terms: Terms) -> None:
    tighten.check(ROLL, Progress(), terms)
    assert terms.onto(ROLL).id == ROLL.id


@pytest.mark.parametrize(
    ("terms", "says"),
    [
        (Terms(caps={"kafka-events": 3}), "--cap kafka-events=3 would loosen roll r1, whose cap is 2"),
        (Terms(caps={"prod/kafka": 2}), "--cap prod/kafka=2 would loosen roll r1, whose cap is 1"),
        (Terms(caps={"kafka": 1}), r"knows no service of that name \(it knows: kafka-events, prod/kafka\)"),
        (Terms(batch_size=4), "--batch-size 4 would loosen roll r1, whose batches have 3"),
        (Terms(caps={"kafka-events": 3}, batch_size=4), "whose cap is 2.*whose batches have 3"),
    ],
)
def test_what_would_loosen_a_roll_is_refused_with_both_values(terms: Terms, says: str) -> None:
    with pytest.raises(Usage, match=says):
        tighten.check(ROLL, Progress(), terms)


def test_a_roll_without_batches_has_no_batch_size_to_tighten() -> None:
    window = replace(ROLL, policy=replace(ROLL.policy, strategy="window"))
    with pytest.raises(Usage, match="has no batches, its strategy is window"):
        tighten.check(window, Progress(), Terms(batch_size=1))


def test_a_node_in_flight_is_not_left_out() -> None:
    with pytest.raises(Refused, match=r"--exclude aws_instance.dcos_agent_node\[1\] \(i-1\): it is in flight"):
        tighten.check(ROLL, FLYING, Terms(excluded=("i-1", "i-3")))


def test_a_cap_below_what_is_held_is_refused_since_nobody_could_go_on() -> None:
    with pytest.raises(Refused, match=r"--cap kafka-events=1: nodes in flight hold 2 members of it \(kafka-0"):
        tighten.check(ROLL, FLYING, Terms(caps={"kafka-events": 1}))


def test_terms_change_what_they_name_and_nothing_else() -> None:
    terms = Terms(("differs=zone", "app-down"), {"kafka-events": 1}, 2, ("i-3", "i-9"))
    tighter = terms.onto(ROLL)
    assert tighter.targets == ("i-0", "i-1", "i-2")
    assert tighter.policy.accepted == ("app-down", "differs=zone")
    assert (tighter.policy.cap("kafka-events"), tighter.policy.cap("prod/kafka")) == (1, 1)
    assert tighter.policy.batch_size == 2
    same = replace(tighter, targets=ROLL.targets, policy=ROLL.policy)
    assert same == ROLL


def test_a_topic_that_is_taken_anew_replaces_its_baseline_and_no_other() -> None:
    old = (a_partition(0), a_partition(1), a_partition(0, topic="orders"))
    roll = replace(ROLL, baseline={"kafka-events": old, "prod/kafka": old})
    inventory = an_inventory(4, [a_service(partitions=(a_partition(0, isr=(1, 2)), *old[1:]))])
    terms = Terms(baseline=tighten.measured_anew(inventory, ["kafka-events/events", "kafka-events/events"]))
    baseline = terms.onto(roll).baseline
    assert set(baseline["kafka-events"]) == {a_partition(0, isr=(1, 2)), *old[1:]}
    assert baseline["prod/kafka"] == old
    assert str(terms) == "brokers of kafka-events are measured by who is in sync now in events"


def test_r1_a_broker_that_is_behind_is_not_taken_for_one_whose_partition_was_given_away() -> None:
    full, short = a_partition(0, isr=(1, 2, 3)), a_partition(0, isr=(1, 2))
    roll = replace(ROLL, baseline={"kafka-events": (a_partition(0),)})
    tighten.check(roll, FLYING, Terms(baseline={"kafka-events": (full,)}))
    with pytest.raises(Refused, match=r"events: 2 of 3 copies of events-0 are in sync \(kafka-1, kafka-2\).*is behind"):
        tighten.check(roll, FLYING, Terms(baseline={"kafka-events": (short,)}))


def test_r1_a_broker_is_behind_in_a_topic_too_that_came_after_the_roll_had_begun() -> None:
    flight = replace(
        FLIGHTS[INVENTORY.nodes[0].address], also={"kafka-events": (a_partition(isr=(0,), topic="fresh"),)}
    )
    progress = Progress(flights={flight.node.address: flight})
    anew = {"kafka-events": (a_partition(isr=(1, 2), topic="fresh"),)}
    tighten.check(ROLL, FLYING, Terms(baseline=anew))
    with pytest.raises(Refused, match="2 of 3 copies of fresh-0 are in sync"):
        tighten.check(ROLL, progress, Terms(baseline=anew))


@pytest.mark.parametrize("name", ["kafka-events/nosuch", "nosuch/events", "events", "", "blind/events"])
def test_a_topic_that_cant_be_read_is_not_taken_anew(name: str) -> None:
    inventory = an_inventory(4, [a_service(), a_service("blind", partitions=None)])
    with pytest.raises(Usage, match="no topic of that name can be read; write SERVICE/TOPIC"):
        tighten.measured_anew(inventory, [name])


def test_no_terms_change_nothing_and_say_nothing() -> None:
    assert Terms().onto(ROLL) == ROLL
    assert str(Terms()) == ""


def test_terms_are_said_in_words() -> None:
    terms = Terms(("differs=zone",), {"kafka-events": 1}, 2, ("i-3", "i-4"))
    assert str(terms) == (
        "differs=zone is accepted, the cap of kafka-events is 1, the batch size is 2, left out: i-3, i-4"
    )


@pytest.mark.parametrize("rule", ["data-loss", "differs"])
def test_a_risk_that_is_taken_by_name_is_not_taken_for_all_at_once(rule: str) -> None:
    assert not Policy(accepted=(rule,)).accepts(rule, "zone")
    assert Policy(accepted=(f"{rule}=zone",)).accepts(rule, "zone")
