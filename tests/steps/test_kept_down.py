"""R14: a member that crashed under our cordon, and that may not be replaced, starts again where its data is."""

from __future__ import annotations

from typing import Any

import pytest

from dcosmaint.errors import StartOver
from dcosmaint.lines import Acting, Admitted, Begun, Moved, Replacing
from dcosmaint.model import Flight, Node
from dcosmaint.sandbox.world.state import Drain
from dcosmaint.steps.replace_brokers import DOWN_LOOKS
from tests.builders import a_node
from tests.steps.bench import BROKER, EVENTS, Bench, a_bench

NAME = "replace-brokers"


def kafka(bench: Bench) -> Any:
    return bench.world.ground.services[EVENTS]


def crashed(bench: Bench | None = None) -> Bench:
    """kafka-0 is down under our cordon, and kafka-1 is behind: a replace would be one too many."""
    bench = bench or a_bench()
    bench.bring(NAME)
    kafka(bench).partitions[0].isr.remove(1)
    bench.world.crash(EVENTS, "kafka-0")
    bench.pass_by(60.0)
    assert not broker(bench).running
    return bench


def catch_up(bench: Bench) -> None:
    kafka(bench).partitions[0].isr.append(1)
    kafka(bench).changes += 1


def broker(bench: Bench) -> Any:
    return kafka(bench).brokers[0]


def test_r14_the_cordon_is_lifted_and_it_starts_on_its_node_with_its_data() -> None:
    bench = crashed()
    waited = bench.looks(bench.steps[NAME], 6)
    assert (broker(bench).running, broker(bench).task.agent_id) == (True, bench.node.agent_id)
    assert waited[0].goal == f"{BROKER} to start again on its node"
    assert "its cap is 1" in waited[0].left
    assert (len(bench.events("reactivate")), bench.events("replace")) == (1, [])


def test_once_it_is_whole_its_node_begins_again_under_a_new_cordon() -> None:
    bench = crashed()
    bench.looks(bench.steps[NAME], 6)
    catch_up(bench)
    with pytest.raises(StartOver, match="is not cordoned any more"):
        bench.drive(bench.steps[NAME])
    assert not broker(bench).lost
    bench.journal.append(Begun(bench.node, "not cordoned"))
    bench.bring(NAME)
    bench.drive(bench.steps[NAME])
    assert (len(bench.events("replace")), bench.flight.holds) == (1, ())


def test_where_there_is_room_it_is_moved_at_once() -> None:
    bench = a_bench()
    bench.bring(NAME)
    bench.world.crash(EVENTS, "kafka-0")
    bench.drive(bench.steps[NAME])
    assert (len(bench.events("replace")), bench.events("reactivate")) == (1, [])


def test_r8_the_cordon_stays_while_a_replace_of_it_may_be_on_its_way() -> None:
    bench = a_bench()
    bench.bring(NAME)
    bench.silence().looks(bench.silence().steps[NAME], 1)
    bench = crashed(bench)
    bench.looks(bench.steps[NAME], 20)
    assert bench.events("reactivate") == []


@pytest.mark.parametrize("whose", ["cordon", "drain"])
def test_r8_what_somebody_else_did_to_its_agent_is_left_alone(whose: str) -> None:
    bench = a_bench()
    agent = bench.world.ground.agents[bench.node.agent_id]
    if whose == "cordon":
        bench.world.master.deactivate(agent.id, by="operator")
    bench = crashed(bench)
    if whose == "drain":
        agent.drain = Drain()
        bench.world.master.changes += 1
    bench.looks(bench.steps[NAME], 20)
    assert bench.events("reactivate") == []


def test_a_node_that_was_being_stopped_takes_no_work_again() -> None:
    """Its docker may be down: a black hole for whatever is placed there."""
    bench = a_bench()
    bench.bring(NAME)
    bench.site.acts.units.stop_docker(bench.node.instance)
    bench.journal.append(Acting(bench.address, "units.stop_docker", (bench.node.instance.id,)))
    bench = crashed(bench)
    bench.looks(bench.steps[NAME], 20)
    assert bench.events("reactivate") == []


def moved_here(*, stopping: bool) -> tuple[Bench, Node]:
    """The broker came here from another node in flight, which waits for it to be whole."""
    bench, other = a_bench(), a_node(3)
    bench.bring(NAME)
    if stopping:
        bench.journal.append(Acting(bench.address, "units.stop_docker", (bench.node.instance.id,)))
    bench.journal.append(Moved(bench.address, BROKER))
    bench.journal.append(Admitted((Flight(other, (BROKER,)),)))
    bench.journal.append(Replacing(other.address, BROKER, "an-earlier-task"))
    return bench, other


def test_one_that_another_node_has_moved_here_is_moved_on_by_a_node_that_is_being_stopped() -> None:
    """It can't become whole here, and the other node waits for that: the slot is passed on, after ten minutes."""
    bench, other = moved_here(stopping=True)
    bench.world.crash(EVENTS, "kafka-0")
    bench.looks(bench.steps[NAME], DOWN_LOOKS - 1, every=15.0)
    assert bench.events("replace") == []
    bench.looks(bench.steps[NAME], DOWN_LOOKS + 3, every=15.0)
    assert len(bench.events("replace")) == 1
    flights = bench.journal.progress.flights
    assert (flights[bench.address].holds, flights[other.address].holds) == ((BROKER,), ())


@pytest.mark.parametrize(("stopping", "down"), [(True, False), (False, True)])
def test_r4_nobody_else_moves_it_on_while_it_can_become_whole_here(*, stopping: bool, down: bool) -> None:
    """It runs, or may start: a second replace would throw away what the first one has begun."""
    bench, other = moved_here(stopping=stopping)
    if down:
        bench.world.crash(EVENTS, "kafka-0")
    waited = bench.looks(bench.steps[NAME], DOWN_LOOKS + 3, every=15.0)
    assert f"{BROKER} is not whole yet after its move from {other.address}" in {waiting.left for waiting in waited}
    assert bench.events("replace") == []
