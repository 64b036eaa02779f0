"""What is said while a roll goes on: in lines, as JSON, and drawn."""

from __future__ import annotations

import io
import json
from pathlib import Path
from threading import RLock, Thread

import pytest
from rich.console import Console

from dcosmaint.cli.course import Course
from dcosmaint.cli.drive import Telling
from dcosmaint.cli.jsonl import JsonLines
from dcosmaint.cli.live import Watched
from dcosmaint.cli.plain import WORDS, Plain, sentence
from dcosmaint.journal import Journal, Memory
from dcosmaint.lines import Admitted, Failed, NodeDone, RollBegun
from dcosmaint.model import Member
from dcosmaint.plan import UNKNOWN
from dcosmaint.planner import admit
from dcosmaint.reporter import Event, EventName, Look
from tests.builders import a_flight, a_member, a_node, a_roll, a_service, an_inventory
from tests.cli.stage import Free

EVENTS: dict[EventName, Event] = {
    "roll-begin": Event(0.0, "roll-begin"),
    "batch-begin": Event(0.0, "batch-begin", batch=2, fields={"nodes": ["node[1]", "node[2]"]}),
    "step-begin": Event(0.0, "step-begin", "node[1]", "stop-agent"),
    "waiting": Event(
        0.0, "waiting", "node[1]", "stop-agent", fields={"goal": "it to leave", "left": "3", "since": 0.0}
    ),
    "step-done": Event(0.0, "step-done", "node[1]", "stop-agent"),
    "step-failed": Event(0.0, "step-failed", "node[1]", "stop-agent", fields={"why": "no sudo"}),
    "node-done": Event(0.0, "node-done", "node[1]"),
    "node-released": Event(0.0, "node-released", "node[1]"),
    "node-held": Event(0.0, "node-held", "node[1]", "stop-agent", fields={"why": "no progress"}),
    "batch-done": Event(0.0, "batch-done", batch=2),
    "warning": Event(0.0, "warning", fields={"why": "no answer"}),
    "cordoned": Event(0.0, "cordoned", fields={"agent_id": "S1"}),
    "uncordoned": Event(0.0, "uncordoned", fields={"agent_id": "S1"}),
    "roll-done": Event(0.0, "roll-done"),
    "roll-aborted": Event(0.0, "roll-aborted"),
    "roll-stopped": Event(0.0, "roll-stopped", fields={"why": "the operator said no"}),
}


@pytest.mark.parametrize("name", sorted(WORDS))
def test_every_event_is_a_sentence_with_its_facts(name: EventName) -> None:
    event = EVENTS[name]
    said = sentence(event)
    facts = [event.node, *(str(value) for key, value in event.fields.items() if key not in ("since", "nodes"))]
    assert all(fact in said for fact in facts)
    assert "{" not in said


def test_an_agent_is_named_by_its_node_where_that_is_known() -> None:
    cordoned = Event(0.0, "cordoned", fields={"agent_id": "S1", "where": "node[1]"})
    assert sentence(cordoned) == "node[1] (agent S1) takes nothing new for now"
    assert sentence(EVENTS["uncordoned"]) == "agent S1 takes work again"


def test_lines_leave_out_the_beginning_of_a_step(capsys: pytest.CaptureFixture[str]) -> None:
    for event in EVENTS.values():
        Plain().say(event)
    assert len(capsys.readouterr().out.splitlines()) == len(EVENTS) - 1


def test_json_lines_are_numbered_and_carry_every_field(capsys: pytest.CaptureFixture[str]) -> None:
    lines = JsonLines("r1")
    for event in EVENTS.values():
        lines.say(event)
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["seq"] for line in said] == list(range(1, len(EVENTS) + 1))
    assert {line["event"] for line in said} == set(WORDS)
    assert said[3] | {"at": 0.0} == {
        "schema": "dcosmaint/event/v1", "seq": 4, "at": 0.0, "roll": "r1", "event": "waiting", "node": "node[1]",
        "step": "stop-agent", "goal": "it to leave", "left": "3", "since": 0.0,
    }  # fmt: skip


@pytest.mark.parametrize("as_json", [True, False])
def test_two_threads_say_one_thing_after_the_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], as_json: bool
) -> None:
    """A look in a thread has notes to tell while the executor tells how a step ended."""
    journal = Journal(Memory(), Free(), lambda: 0.0, RLock())
    journal.append(RollBegun(a_roll()))
    with Telling(as_json).reporter(journal, lambda: 0.0, tmp_path) as reporter:
        look = Thread(target=reporter.say, args=(EVENTS["warning"],))
        with journal.alone:
            look.start()
            look.join(0.05)
            assert look.is_alive()
            assert capsys.readouterr().out == ""
        look.join(5.0)
    assert "no answer" in capsys.readouterr().out


def drawn(journal: Journal, *events: Event, lost: frozenset[Member] = frozenset()) -> str:
    console = Console(file=io.StringIO(), force_terminal=True, width=120, color_system=None)
    with Watched(journal, lambda: 60.0, Course(UNKNOWN), console) as watched:
        watched.looked(Look(0.0, lost, admit(journal.roll, an_inventory(), journal.progress)))
        for event in events:
            watched.say(event)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def a_journal(*numbers: int) -> Journal:
    journal = Journal(Memory(), Free(), lambda: 0.0)
    journal.append(RollBegun(a_roll(targets=tuple(a_node(n).instance.id for n in range(4)))))
    journal.append(Admitted(tuple(a_flight(a_node(n)) for n in numbers)))
    return journal


def test_a_node_in_flight_has_a_row_with_what_it_waits_for() -> None:
    address = a_node(1).address
    waiting = Event(30.0, "waiting", address, "stop-agent", fields={"goal": "it to leave", "left": "", "since": 30.0})
    said = drawn(a_journal(1), waiting)
    assert address in said
    assert "it to leave" in said
    assert "0:00:30" in said


def test_a_held_node_stays_in_view_with_its_reason() -> None:
    journal = a_journal(1)
    journal.append(Failed(a_node(1).address, "stop-agent", "no sudo"))
    said = drawn(journal)
    assert "held" in said
    assert "no sudo" in said


def test_the_bar_counts_nodes_that_ended() -> None:
    journal = a_journal(1, 2)
    journal.append(NodeDone(a_node(1).address))
    assert "1 of 4 nodes" in drawn(journal)


def test_what_lasts_is_printed_and_waiting_is_not() -> None:
    said = drawn(a_journal(1), EVENTS["waiting"], EVENTS["roll-done"])
    assert "roll done" in said
    assert "waits for it to leave" not in said


def test_members_lost_for_another_reason_count_against_the_cap_and_are_named() -> None:
    journal = Journal(Memory(), Free(), lambda: 0.0)
    journal.append(RollBegun(a_roll(an_inventory(services=[a_service()]))))
    journal.append(Admitted((a_flight(a_node(1, members=(a_member(1),))),)))
    assert "kafka-events 1/1 lost or held\n" in drawn(journal)
    said = drawn(journal, lost=frozenset({a_member(1), a_member(2)}))
    assert "kafka-events 2/1 lost or held (not by this roll: kafka-2)" in said
