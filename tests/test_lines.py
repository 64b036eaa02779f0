"""What each line of a journal does to the progress, and that it is the same line after it was on disk."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, get_args

import pytest

from dcosmaint import lines
from dcosmaint.errors import Refused
from dcosmaint.lines import What, fold, from_json, to_json
from dcosmaint.model import Ended, Flight, Progress, Terms
from tests.builders import NOON, a_flight, a_member, a_node, a_partition, a_roll, a_service, an_app, an_inventory

INVENTORY = an_inventory(4, [a_service(), a_service("prod/kafka", on=(0, 1, 2))], [an_app()])
FIRST, SECOND = INVENTORY.nodes[:2]
ADDRESS = FIRST.address
FLYING = Progress(flights={ADDRESS: a_flight(FIRST, done=("cordon-agent",), sent=("task-1",))})

EVERY: tuple[What, ...] = (
    lines.RollBegun(
        a_roll(INVENTORY, images={"g": "ami-new"}, reason="a reason – with “quotes” and\nlines", by="me@here")
    ),
    lines.Admitted(
        (a_flight(FIRST, counts={"/web": 2}, flags={"cgroups_enable_cfs": "true"}, red=("dcos-net",)), a_flight(SECOND))
    ),
    lines.Begun(replace(FIRST, agent=None), "its agent came back"),
    lines.Replacing(ADDRESS, a_member(0), "task-2", (a_partition(7, isr=(0,), topic="fresh"),)),
    lines.Slot(ADDRESS, a_member(7)),
    lines.Slot(ADDRESS, a_member(8), left=True),
    lines.Moved(ADDRESS, a_member(0)),
    lines.Moving(ADDRESS, ("/web",)),
    lines.Acting(ADDRESS, "ec2.terminate", ("i-0",)),
    lines.Done(ADDRESS, "replace-brokers"),
    lines.NodeDone(ADDRESS),
    lines.Released(ADDRESS),
    lines.Held(ADDRESS, "stop-agent", "no progress"),
    lines.Failed(ADDRESS, "verify-agent", "other role"),
    lines.Noted(ADDRESS, "more resources"),
    lines.Cordoned("agent-3"),
    lines.Uncordoned("agent-3"),
    lines.Paused("the operator said so"),
    lines.TakenOver(
        "you@there", Terms(("differs=zone",), {"kafka-events": 1}, 2, ("i-3",), {"kafka-events": (a_partition(),)})
    ),
    lines.Aborting("you@there"),
    lines.RollAborted("you@there"),
    lines.RollDone(),
    lines.RollStopped("a reason"),
)


def after(what: What, before: Progress = FLYING) -> Progress:
    return fold(before, NOON, what)


def flight(what: What, before: Progress = FLYING) -> Flight:
    return after(what, before).flights[ADDRESS]


@pytest.mark.parametrize("what", EVERY, ids=lambda what: what.event)
def test_a_line_comes_back_from_json_as_it_was(what: What) -> None:
    assert from_json(json.loads(json.dumps(to_json(NOON, what)))) == (NOON, what)


def test_every_line_there_is_has_been_tried() -> None:
    assert {type(what) for what in EVERY} == set(get_args(What))


def test_a_line_begins_with_when_and_what() -> None:
    assert list(to_json(NOON, lines.Done(ADDRESS, "cordon-agent")))[:2] == ["at", "event"]


@pytest.mark.parametrize("what", EVERY, ids=lambda what: what.event)
def test_every_line_is_when_the_progress_is_from(what: What) -> None:
    assert after(what).at == NOON


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"at": NOON},
        {"at": NOON, "event": "exploded"},
        {"event": "roll-done"},
        {"at": "soon", "event": "roll-done"},
        {"at": NOON, "event": "done", "node": ADDRESS},
        {"at": NOON, "event": "done", "node": 3, "step": "cordon-agent"},
    ],
)
def test_what_no_version_has_written_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="a line that this version can't read"):
        from_json(fields)


def test_an_admission_takes_the_slots_of_all_its_nodes_at_once() -> None:
    both = after(lines.Admitted((a_flight(FIRST), a_flight(SECOND))), Progress())
    assert both.held == {*FIRST.members, *SECOND.members}
    assert both.batches == 1


def test_an_admitted_node_is_no_longer_steered_by_the_roll() -> None:
    steered = Progress(steered=("agent-0", "agent-3"))
    assert after(lines.Admitted((a_flight(FIRST),)), steered).steered == ("agent-3",)


def test_a_slot_is_taken_and_given_back_by_name() -> None:
    left = after(lines.Slot(ADDRESS, a_member(7), left=True))
    assert left.held - FLYING.held == {a_member(7)}
    assert left.flights[ADDRESS].leaves == (a_member(7),)
    more = after(lines.Slot(ADDRESS, a_member(7)))
    assert more.held - FLYING.held == {a_member(7)}
    assert after(lines.Moved(ADDRESS, a_member(7)), more).held == FLYING.held


def test_a_replace_is_remembered_by_its_task() -> None:
    assert flight(lines.Replacing(ADDRESS, a_member(0), "task-2")).sent == ("task-1", "task-2")


def test_where_a_member_was_in_sync_beside_the_baseline_is_kept_by_its_service() -> None:
    one, two = a_partition(0, isr=(0,), topic="fresh"), a_partition(1, isr=(0,), topic="fresh")
    first = after(lines.Replacing(ADDRESS, a_member(0), "task-2", (one,)))
    both = after(lines.Replacing(ADDRESS, a_member(0, "prod/kafka"), "task-3", (two,)), first)
    again = after(lines.Replacing(ADDRESS, a_member(0), "task-4", (two,)), both)
    assert (again.also("kafka-events"), again.also("prod/kafka"), again.also("none")) == ((one, two), (two,), ())
    assert after(lines.NodeDone(ADDRESS), again).also("kafka-events") == ()


def test_what_is_measured_anew_is_no_longer_measured_by_what_a_replace_found() -> None:
    fresh, other = a_partition(0, isr=(0,), topic="fresh"), a_partition(0, isr=(0,), topic="other")
    moving = after(lines.Replacing(ADDRESS, a_member(0), "task-2", (fresh, other)))
    terms = Terms(baseline={"kafka-events": (a_partition(0, isr=(1,), topic="fresh"),)})
    assert after(lines.TakenOver("you@there", terms), moving).also("kafka-events") == (other,)


def test_a_step_that_is_done_is_kept_with_its_node_or_with_the_roll() -> None:
    assert flight(lines.Done(ADDRESS, "replace-brokers")).done == ("cordon-agent", "replace-brokers")
    assert after(lines.Done("", "swap-image")).prepared == ("swap-image",)


def test_a_node_that_begins_again_has_no_step_done_and_keeps_slots_and_replaces() -> None:
    moved_on = replace(FIRST, tasks=9)
    again = flight(lines.Begun(moved_on, "its agent came back"))
    assert again == a_flight(moved_on, holds=FIRST.members, sent=("task-1",), begins=1)


@pytest.mark.parametrize("kind", [lines.Held, lines.Failed])
def test_a_node_that_is_held_or_failed_keeps_its_slots(kind: type[lines.Held | lines.Failed]) -> None:
    stopped = after(kind(ADDRESS, "stop-agent", "no progress"))
    assert [one.stopped for one in stopped.stopped] == ["stop-agent: no progress"]
    assert stopped.held == FLYING.held


@pytest.mark.parametrize("kind", [lines.Held, lines.Failed])
def test_a_step_of_the_roll_that_is_held_or_failed_pauses_the_roll(kind: type[lines.Held | lines.Failed]) -> None:
    assert after(kind("", "bake-image", "no progress")).paused == "bake-image: no progress"


def test_a_node_that_is_done_has_ended_and_holds_nothing() -> None:
    done = after(lines.NodeDone(ADDRESS))
    assert done.ended == (Ended(ADDRESS, "i-0", NOON, members=2, group=FIRST.group),)
    assert (done.flights, done.held) == ({}, frozenset())


def test_steering_cordons_are_kept_until_they_end() -> None:
    cordoned = after(lines.Cordoned("agent-3"))
    assert cordoned.steered == ("agent-3",)
    assert after(lines.Uncordoned("agent-3"), cordoned).steered == ()
    both = after(lines.Cordoned("agent-5"), cordoned)
    assert after(lines.Uncordoned("agent-3"), both).steered == ("agent-5",)
    assert after(lines.Uncordoned("agent-5"), both).steered == ("agent-3",)


def test_taking_over_tries_again_what_was_held_or_paused() -> None:
    stopped = after(lines.RollStopped("x"), after(lines.Paused("y"), after(lines.Held(ADDRESS, "stop-agent", "z"))))
    again = after(lines.TakenOver("you@there"), stopped)
    assert (again.over, again.paused, again.stopped) == ("", "", ())
    assert again.flights == FLYING.flights


@pytest.mark.parametrize("what", [lines.RollDone(), lines.RollStopped("x")])
def test_a_roll_ends_in_one_of_two_ways(what: What) -> None:
    assert after(what).over == what.event


def test_an_announcement_of_the_roll_changes_nothing() -> None:
    assert after(lines.Acting("", "terraform.apply")) == replace(FLYING, at=NOON)


def test_a_steered_node_that_is_admitted_is_cordoned_by_us_already() -> None:
    admitted = after(lines.Admitted((a_flight(FIRST), a_flight(SECOND))), Progress(steered=(FIRST.agent_id,)))
    assert [flight.cordoned for flight in admitted.flights.values()] == [True, False]


@pytest.mark.parametrize(("agent_id", "cordoned"), [("agent-0", True), ("agent-9", False)])
def test_a_cordon_is_one_of_an_agent_and_outlives_a_new_beginning(agent_id: str, cordoned: bool) -> None:
    assert FIRST.agent
    ours = Progress(flights={ADDRESS: a_flight(FIRST, acted=("mesos.cordon",))})
    again = replace(FIRST, agent=replace(FIRST.agent, id=agent_id))
    assert flight(lines.Begun(again, "a member landed late"), ours).cordoned is cordoned


def test_a_roll_that_goes_on_after_an_abort_that_reverted_names_its_ami_again() -> None:
    swapped = Progress(prepared=("bake-image", "swap-image"))
    assert after(lines.TakenOver("me@here"), swapped).prepared == swapped.prepared
    assert after(lines.TakenOver("me@here"), after(lines.Aborting("me", revert=True), swapped)).prepared == (
        "bake-image",
    )


def test_an_act_is_remembered_where_it_decides_what_is_undone() -> None:
    assert flight(lines.Acting(ADDRESS, "mesos.cordon", ("agent-0",))).cordoned
    stopping = after(lines.Acting(ADDRESS, "units.stop_docker", ("i-0",)))
    assert stopping.flights[ADDRESS].stopping
    assert flight(lines.Begun(FIRST, "its agent came back"), stopping).stopping


@pytest.mark.parametrize(("acted", "steered"), [(("mesos.cordon",), ("agent-0",)), ((), ())])
def test_a_node_that_is_let_go_leaves_no_cordon_but_one_to_be_lifted(
    acted: tuple[str, ...], steered: tuple[str, ...]
) -> None:
    let_go = after(
        lines.Released(ADDRESS),
        Progress(flights={ADDRESS: a_flight(FIRST, acted=acted)}),
    )
    assert (let_go.flights, let_go.ended, let_go.steered) == ({}, (), steered)


def test_a_roll_that_is_aborted_tries_again_what_was_held_and_starts_nobody() -> None:
    aborting = after(lines.Aborting("you@there"), after(lines.Held(ADDRESS, "stop-agent", "no progress")))
    assert (aborting.stopped, aborting.paused) == ((), "the roll is being aborted by you@there")
    assert after(lines.TakenOver("me@here"), aborting).paused == ""


def test_a_resume_of_an_aborted_roll_aborts_and_puts_back_nothing_any_more() -> None:
    aborting = after(lines.Aborting("you@there", revert=True))
    assert (aborting.aborting, aborting.reverting) == (True, True)
    again = after(lines.TakenOver("me@here"), aborting)
    assert (again.aborting, again.reverting) == (False, False)


def test_a_line_about_a_node_changes_no_other() -> None:
    both = after(lines.Admitted((a_flight(SECOND),)))
    about_first = [what for what in EVERY if getattr(what, "node", "") == ADDRESS]
    assert about_first
    assert all(after(what, both).flights[SECOND.address] == a_flight(SECOND, since=NOON) for what in about_first)


def test_a_node_without_members_ends_with_none() -> None:
    empty = a_node(3)
    ended = after(lines.NodeDone(empty.address), Progress(flights={empty.address: a_flight(empty)})).ended
    assert ended[0].members == 0
