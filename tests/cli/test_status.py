"""status: what is in flight, what it waits for and since when, what is next, and what dead rolls have left."""

from __future__ import annotations

import json
import os
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from dcosmaint.cli import noted
from dcosmaint.cli.noted import FILE, NowWriter, Wait
from dcosmaint.journal import Journal
from dcosmaint.lines import Admitted, Cordoned, RollAborted, RollBegun, RollDone
from dcosmaint.model import Admission, Refusal, Verdict
from dcosmaint.reporter import Event, EventName, Look
from tests.builders import NOON, a_flight, a_member, a_node, a_roll
from tests.cli.stage import Free, Stage

OLDER, NEWER = "20240101T000000000Z-aaaa", "20240102T000000000Z-bbbb"
NODE = a_node(1)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def begun(stage: Stage, roll_id: str) -> Journal:
    """A roll with node 1 in flight."""
    journal = stage.shelf.create(roll_id, Free(), lambda: NOON, nullcontext())
    journal.append(RollBegun(replace(a_roll(), id=roll_id, by="ann@laptop")))
    journal.append(Admitted((a_flight(replace(NODE, members=(a_member(1),))),)))
    return journal


def event(name: EventName, at: float = NOON, **fields: object) -> Event:
    return Event(at, name, NODE.address, "stop-agent", fields=fields)


def waiting(at: float, left: str) -> Event:
    return event("waiting", at, goal="the agent to leave", left=left, since=NOON)


def look(*refusals: Refusal, at: float = NOON) -> Look:
    return Look(at, frozenset(), Admission((), (), refusals, Verdict.WAIT))


def test_a_flight_is_shown_with_what_it_waits_for_and_what_is_next(stage: Stage) -> None:
    begun(stage, NEWER)
    note = NowWriter(stage.shelf.workspace(NEWER))
    note.say(waiting(NOON, "3 tasks"))
    note.looked(look(Refusal("barrier", "node[2]", "the batch before it is not whole yet")))
    said = stage.type("status").output
    assert f"{NODE.address}: in flight; done: nothing; away: kafka-events/kafka-1" in said
    assert "stop-agent waits for the agent to leave (3 tasks), since 2023-11-1" in said
    assert "next: node[2]: the batch before it is not whole yet" in said
    assert "was noted 0:00:00 ago" in said
    assert "no process that is known here works on it now" in said
    assert f"`dcosmaint resume {NEWER}` goes on" in said


def test_json_carries_the_same(stage: Stage) -> None:
    begun(stage, NEWER)
    note = NowWriter(stage.shelf.workspace(NEWER))
    note.looked(look(Refusal("soak", "node[2]", "soaking", until=NOON + 60)))
    note.say(waiting(NOON + 30, "3 tasks"))
    said = json.loads(stage.type("status", "--json").output)
    assert said["flights"][0]["waits"] == {
        "step": "stop-agent", "goal": "the agent to leave", "left": "3 tasks", "since": NOON,
    }  # fmt: skip
    assert said["next"] == [{"nodes": ["node[2]"], "why": "soaking", "until": NOON + 60}]
    assert (said["alive"], said["lock"], said["others"]) == (False, "", [])
    assert said["noted"]["age"] < 60.0


def test_who_holds_the_lock_is_named_and_nobody_is_told_to_resume_a_roll_that_runs(stage: Stage) -> None:
    begun(stage, NEWER)
    stage.cluster = replace(stage.cluster, holder=lambda: f"ann@laptop (process 7, roll {NEWER})")
    said = stage.type("status").output
    assert "under way" in said
    assert f"is being maintained by ann@laptop (process 7, roll {NEWER})" in said
    assert "resume" not in said


def test_what_a_dead_roll_left_is_named_with_the_command_that_ends_it(stage: Stage) -> None:
    begun(stage, OLDER).append(Cordoned("agent-4"))
    stage.shelf.create(NEWER, Free(), lambda: NOON, nullcontext()).append(RollBegun(replace(a_roll(), id=NEWER)))
    said = stage.type("status").output
    assert f"roll {OLDER} of ann@laptop left {NODE.address}, agent agent-4 cordoned behind" in said
    assert f"its slots (kafka-events/kafka-1) taken: `dcosmaint resume {OLDER}` ends that" in said
    (other,) = json.loads(stage.type("status", "--json").output)["others"]
    assert other == {
        "roll": OLDER, "flights": [NODE.address], "cordoned": ["agent-4"], "ends_with": f"dcosmaint resume {OLDER}",
    }  # fmt: skip


def test_a_roll_that_was_aborted_waits_for_nothing_either(stage: Stage) -> None:
    journal = begun(stage, NEWER)
    note = NowWriter(stage.shelf.workspace(NEWER))
    note.say(waiting(NOON, "3 tasks"))
    note.looked(look(Refusal("barrier", "node[2]", "the batch before it is not whole yet")))
    journal.append(RollAborted("ann@laptop"))
    said = stage.type("status").output
    assert f"{NODE.address}: in flight" in said
    assert not any(word in said for word in ("waits for", "waited for", "next:"))
    facts = json.loads(stage.type("status", "--json").output)
    assert (facts["flights"][0]["waits"], facts["next"], facts["noted"]) == (None, [], None)


def test_an_agent_that_is_steered_is_called_by_its_node(stage: Stage) -> None:
    begun(stage, NEWER).append(Cordoned("agent-4", "node[4]"))
    assert "  node[4] (agent agent-4) is cordoned by this roll" in stage.type("status").output


def test_a_roll_that_is_done_waits_for_nothing_and_needs_no_resume(stage: Stage) -> None:
    stage.type("roll", "--ami", stage.new_ami, "--yes")
    said = stage.type("status").output
    assert "roll-done" in said
    assert not any(word in said for word in ("waits for", "next:", "resume", "no process"))


def test_a_roll_notes_what_it_waits_for_as_it_goes(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the file held, at every move of it into place."""
    kept: list[str] = []
    move = Path.replace

    def watched(self: Path, target: Path) -> Path:
        if Path(target).name == FILE:
            kept.append(self.read_text())
        return move(self, target)

    monkeypatch.setattr(Path, "replace", watched)
    stage.type("roll", "--ami", stage.new_ami, "--yes", "--limit", "2")
    steps = {wait["step"] for text in kept for wait in json.loads(text)["waits"].values()}
    assert {"swap-image", "stop-agent", "apply-terraform", "verify-agent"} <= steps
    assert json.loads(kept[-1])["waits"] == {}


def test_a_step_that_ended_is_not_waited_for_and_news_of_another_goal_is_never_put_off(tmp_path: Path) -> None:
    note = NowWriter(tmp_path)
    note.say(event("step-begin"))
    note.say(waiting(NOON, "3"))
    note.say(waiting(NOON + 0.1, "2"))
    found = noted.read(tmp_path)
    assert found
    assert found.waits == {NODE.address: Wait("stop-agent", "the agent to leave", "3", NOON)}
    note.say(waiting(NOON + 2.0, "1"))
    assert (noted.read(tmp_path) or found).waits[NODE.address].left == "1"
    note.say(event("step-done", NOON + 2.1))
    assert (noted.read(tmp_path) or found).waits == {}


def test_a_note_that_can_not_be_kept_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "roll").write_text("no folder")
    note = NowWriter(tmp_path / "roll")
    note.say(waiting(NOON, "3"))
    note.looked(look())
    assert noted.read(tmp_path / "roll") is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"waits": {"a": {}}, "next": []}', '{"waits": 3}', "\udcff"])
def test_a_note_that_can_not_be_read_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_bytes(text.encode(errors="surrogateescape"))
    assert noted.read(tmp_path) is None


def test_the_age_of_a_note_is_its_files(tmp_path: Path) -> None:
    NowWriter(tmp_path).looked(look())
    os.utime(tmp_path / FILE, (1.0, 1.0))
    found = noted.read(tmp_path)
    assert found
    assert found.age > 1e9


def test_a_roll_of_which_nothing_was_noted_is_shown_from_its_journal(stage: Stage) -> None:
    begun(stage, NEWER).append(RollDone())
    assert "0 of 6 nodes done; roll-done" in stage.type("status").output
    assert json.loads(stage.type("status", "--json").output)["noted"] is None


@pytest.mark.parametrize("half", ["", '{"at": 1.0, "event": "ro'])
def test_a_roll_that_was_killed_before_its_first_line_is_passed_over_aloud(stage: Stage, half: str) -> None:
    begun(stage, OLDER)
    stage.shelf.journal(NEWER).write_text(half)
    for command in ("status", "resume"):
        said = stage.type(command).output
        assert f"the journal of {NEWER} holds no whole line" in said
        assert OLDER in said.replace("note:", "")
    assert "no whole line" not in stage.type("status", OLDER).output
