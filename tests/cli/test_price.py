"""What a stop costs, in one sentence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dcosmaint.cli.price import human, price
from dcosmaint.model import Ended, Flight, Progress
from tests.builders import NOON, a_flight, a_member, a_node

CORDONED = a_flight(a_node(0), since=NOON)
MOVING = replace(a_flight(a_node(1), since=NOON), sent=("task-1",))
CARRYING = replace(MOVING, node=a_node(2, members=(a_member(0),)))
STOPPING = a_flight(a_node(3), since=NOON, acted=("units.stop_docker",))
HELD = replace(MOVING, stopped="stop-agent: no progress")


def ended(seconds: float, members: int = 0) -> Ended:
    return Ended(a_node(9).address, "i-9", NOON, members, NOON - seconds)


def costs(*flights: Flight, done: tuple[Ended, ...] = (), now: float = NOON, expected: float = 0.0) -> str:
    return price(Progress({flight.node.address: flight for flight in flights}, done), now, expected)


def test_nothing_that_goes_on_costs_nothing() -> None:
    assert costs() == costs(HELD) == "No node is in flight."
    assert costs(CORDONED) == "1 node is in flight, only cordoned yet: let go at once."


def test_it_takes_as_long_as_nodes_of_that_kind_have_taken() -> None:
    done = (ended(600.0), ended(7200.0, members=2))
    assert costs(MOVING, STOPPING, done=done) == "2 nodes are in flight, about 10 min to their end."
    assert costs(CARRYING, done=done) == "1 node is in flight, about 2 h to their end."
    later = costs(CARRYING, CORDONED, done=done, now=NOON + 3600.0)
    assert later == "1 node is in flight, about 1 h to their end, 1 more let go at once."


def test_before_any_node_has_ended_the_forecast_tells_and_without_one_nobody_does() -> None:
    assert costs(MOVING, expected=1800.0) == "1 node is in flight, about 30 min to their end."
    assert costs(MOVING) == "1 node is in flight."


def test_a_node_that_takes_longer_than_others_will_take_a_while_yet() -> None:
    assert "about 1 min" in costs(MOVING, done=(ended(600.0),), now=NOON + 5000.0)


@pytest.mark.parametrize(("seconds", "words"), [(0.2, "1 s"), (59, "59 s"), (61, "1 min"), (7000, "2 h")])
def test_times_are_said_as_people_say_them(seconds: float, words: str) -> None:
    assert human(seconds) == words
