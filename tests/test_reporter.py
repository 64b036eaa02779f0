"""What is said of a journal's lines, in the words of the operator's contract."""

from __future__ import annotations

from typing import Any

import pytest

from dcosmaint.journal import Journal, Memory
from dcosmaint.lines import (
    Acting,
    Admitted,
    Begun,
    Cordoned,
    Done,
    Failed,
    Held,
    Moved,
    NodeDone,
    Noted,
    Paused,
    Released,
    Replacing,
    RollBegun,
    RollDone,
    RollStopped,
    Slot,
    TakenOver,
    Uncordoned,
    What,
)
from dcosmaint.model import Terms
from dcosmaint.ports import Lease
from dcosmaint.reporter import Event, Narrator, Reporter
from tests.builders import a_flight, a_member, a_node, a_roll

NODE, OTHER = a_node(0), a_node(1)
MEMBER = a_member(0)


class Heard(Reporter):
    def __init__(self) -> None:
        self.events: list[Event] = []

    def say(self, event: Event) -> None:
        self.events.append(event)


class Free(Lease):
    def check(self) -> None: ...


def told(*lines: What) -> list[Event]:
    """What is said of these lines, behind a roll's first one."""
    journal, heard = Journal(Memory(), Free(), lambda: 12.0), Heard()
    journal.append(RollBegun(a_roll()))
    journal.heard = Narrator(journal, heard)
    for line in lines:
        journal.append(line)
    return heard.events


def in_flight() -> Admitted:
    return Admitted((a_flight(NODE), a_flight(OTHER)))


@pytest.mark.parametrize(
    ("line", "name", "fields"),
    [
        (RollBegun(a_roll()), "roll-begin", {}),
        (TakenOver("me@here"), "roll-begin", {}),
        (Begun(NODE, "it came back"), "warning", {"why": "it came back"}),
        (Noted(NODE.address, "more resources"), "warning", {"why": "more resources"}),
        (Paused("the operator stopped the roll"), "warning", {"why": "the operator stopped the roll"}),
        (Done(NODE.address, "stop-agent"), "step-done", {}),
        (Held(NODE.address, "await-agent", "no progress"), "node-held", {"why": "no progress"}),
        (Failed(NODE.address, "verify-agent", "differs"), "step-failed", {"why": "differs"}),
        (Cordoned("agent-3"), "cordoned", {"agent_id": "agent-3"}),
        (Cordoned("agent-3", "node[3]"), "cordoned", {"agent_id": "agent-3", "where": "node[3]"}),
        (Uncordoned("agent-3"), "uncordoned", {"agent_id": "agent-3"}),
        (NodeDone(NODE.address), "node-done", {}),
        (RollDone(), "roll-done", {}),
        (RollStopped("paused"), "roll-stopped", {"why": "paused"}),
    ],
)
def test_a_line_is_an_event_of_its_name_with_what_it_knows(line: What, name: str, fields: dict[str, Any]) -> None:
    (event,) = told(in_flight(), line)[1:]
    assert (event.at, event.event, event.fields) == (12.0, name, fields)
    line_of_a_node = isinstance(line, Begun | Done | Held | Failed | Noted | NodeDone)
    assert event.node == (NODE.address if line_of_a_node else "")
    assert event.step == getattr(line, "step", "")


def test_an_agent_that_takes_work_again_is_called_as_when_it_was_steered() -> None:
    (*_, lifted) = told(Cordoned("agent-3", "node[3]"), Uncordoned("agent-3"))
    assert lifted.fields == {"agent_id": "agent-3", "where": "node[3]"}
    (*_, let_go) = told(
        in_flight(), Acting(NODE.address, "mesos.cordon", ()), Released(NODE.address), Uncordoned(NODE.agent_id)
    )
    assert let_go.fields == {"agent_id": NODE.agent_id, "where": NODE.address}


def test_new_terms_of_who_takes_over_are_told_aloud() -> None:
    begins, warning = told(TakenOver("me@here", Terms(("differs=zone",), {"kafka-events": 1})))
    assert (begins.event, warning.event) == ("roll-begin", "warning")
    assert warning.fields == {"why": "from now on: differs=zone is accepted, the cap of kafka-events is 1"}


@pytest.mark.parametrize(
    "line",
    [
        Acting(NODE.address, "ec2.terminate", ("i-0",)),
        Slot(NODE.address, MEMBER),
        Replacing(NODE.address, MEMBER, "t-1"),
        Moved(NODE.address, MEMBER),
    ],
)
def test_lines_that_only_a_resume_needs_are_not_said(line: What) -> None:
    assert told(in_flight(), line)[1:] == []


def test_a_batch_begins_with_its_nodes_and_number() -> None:
    first, second = (event for event in told(in_flight(), in_flight()) if event.event == "batch-begin")
    assert (first.batch, first.fields) == (1, {"nodes": [NODE.address, OTHER.address]})
    assert second.batch == 2


def test_a_batch_is_done_with_its_last_node() -> None:
    events = told(in_flight(), NodeDone(NODE.address), NodeDone(OTHER.address))
    assert [event.event for event in events] == ["batch-begin", "node-done", "node-done", "batch-done"]
    assert events[-1].batch == 1


def test_a_held_node_keeps_its_batch_open() -> None:
    events = told(in_flight(), Held(NODE.address, "await-agent", "no progress"), NodeDone(OTHER.address))
    assert "batch-done" not in [event.event for event in events]


def test_what_happens_before_the_first_batch_is_of_none() -> None:
    (event,) = told(Done("", "swap-image"))
    assert (event.node, event.step, event.batch) == ("", "swap-image", None)


def test_the_base_says_nothing() -> None:
    journal = Journal(Memory(), Free(), lambda: 12.0)
    journal.heard = Narrator(journal, Reporter())
    journal.append(RollBegun(a_roll()))
    assert journal.progress.batches == 0
