"""What a journal keeps of words is clean (R12), and of names and ids it keeps every letter (R4, R10)."""

from __future__ import annotations

from pathlib import Path

import pytest

from dcosmaint import lines
from dcosmaint.journal import File, Journal, Memory, read
from dcosmaint.lines import What
from dcosmaint.redaction import GONE, keep_environment
from dcosmaint.steps.slots import Slots
from tests.builders import NOON, a_flight, a_roll, a_service, an_inventory
from tests.rolls.stage import Free

pytestmark = pytest.mark.usefixtures("nothing_known")

SERVICE = "kafka-events"
TWINS = {"PGPASSWORD": SERVICE, "CREDENTIAL": "default"}
"""Secrets that somebody has called like a service, and like a word that many ids have in them."""

INVENTORY = an_inventory(4, [a_service(SERVICE)])
NODE = INVENTORY.nodes[0]
MEMBER = NODE.members[0]
TASK = f"{SERVICE}__kafka-0-broker__default"
LIVED: tuple[What, ...] = (
    lines.RollBegun(a_roll(INVENTORY, reason="token=c4n4ryS3cret9, says the ticket")),
    lines.Admitted((a_flight(NODE),)),
    lines.Acting(NODE.address, "services.replace", (f"{SERVICE}/kafka-0",)),
    lines.Replacing(NODE.address, MEMBER, TASK),
    lines.Noted(NODE.address, "password=c4n4ryS3cret9 was refused"),
    lines.Acting(NODE.address, "marathon.leave", ("/web?token=c4n4ryS3cret9",)),
)


def a_journal(sink: File | Memory) -> Journal:
    return Journal(sink, Free(), lambda: NOON)


@pytest.fixture
def live(tmp_path: Path) -> Journal:
    """Of a process that was given those secrets."""
    keep_environment(TWINS)
    journal = a_journal(File.create(tmp_path / "r1.jsonl"))
    for line in LIVED:
        journal.append(line)
    return journal


def test_r4_an_id_that_is_a_secret_too_is_read_back_as_it_was(live: Journal, tmp_path: Path) -> None:
    again = a_journal(Memory())
    again.replay(read(tmp_path / "r1.jsonl"))
    assert (again.roll, again.progress) == (live.roll, live.progress)
    assert again.progress.flights[NODE.address].sent == (TASK,)
    assert MEMBER in again.progress.held


def test_r12_words_are_clean_in_memory_as_they_are_on_disk(live: Journal, tmp_path: Path) -> None:
    assert "c4n4ry" not in (tmp_path / "r1.jsonl").read_text()
    assert live.roll.reason == f"token={GONE}, says the ticket"
    assert live.progress.flights[NODE.address].noted == (f"password={GONE} was refused",)


def test_a_note_with_a_secret_in_it_is_told_once(live: Journal) -> None:
    before = live.progress
    Slots(NODE.address, live).note("password=c4n4ryS3cret9 was refused")
    assert live.progress == before
