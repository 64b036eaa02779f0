"""The journal: lines that survive a kill, and no act without one."""

from __future__ import annotations

import json
import os
import resource
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcosmaint import lines
from dcosmaint.errors import Fatal, LeaseLost, LeaseUnread, Refused
from dcosmaint.journal import File, Journal, Logged, Memory, mend, read
from dcosmaint.lines import What
from dcosmaint.model import Progress
from dcosmaint.ports import Lease
from tests.builders import a_flight, a_member, a_roll, a_service, an_instance, an_inventory

INVENTORY = an_inventory(4, [a_service(on=(0, 1, 1))])
BEGIN = lines.RollBegun(a_roll(INVENTORY))
ADMIT = lines.Admitted((a_flight(INVENTORY.nodes[0]),))
DONE = lines.Done(INVENTORY.nodes[0].address, "cordon-agent – höchst wichtig")


class Ours(Lease):
    """A lease that is ours until it is taken away, and a lock that can be read until nobody answers."""

    taken = unreadable = False
    read = 0

    def check(self) -> None:
        if self.taken:
            raise LeaseLost("the lock is no longer ours")

    def confirm(self) -> None:
        self.read += 1
        if self.unreadable:
            raise LeaseUnread("the lock can't be read")
        self.check()


def a_journal(sink: File | Memory | None = None, lease: Ours | None = None) -> Journal:
    clock = count(1_000)
    return Journal(sink or Memory(), lease or Ours(), lambda: float(next(clock)))


def replayed(whole: list[str]) -> Journal:
    journal = a_journal()
    journal.replay(whole)
    return journal


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A journal of three lines."""
    path = tmp_path / "rolls" / "r1.jsonl"
    journal = a_journal(File.create(path))
    for what in (BEGIN, ADMIT, DONE):
        journal.append(what)
    return path


# ---- what survives


def test_a_line_is_on_disk_before_append_returns(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []

    def noted(descriptor: int, sync: Callable[[int], None] = os.fsync) -> None:
        sync(descriptor)
        synced.append(os.fstat(descriptor).st_size)

    monkeypatch.setattr(os, "fsync", noted)
    journal = a_journal(File(path))
    journal.replay(read(path))
    for what in (DONE, lines.RollDone()):
        journal.append(what)
        assert synced[-1] == path.stat().st_size
    assert len(synced) == 2


def test_the_name_of_a_new_journal_is_on_disk_before_its_first_line(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(os.fstat(descriptor).st_ino))
    File.create(path.with_name("r2.jsonl"))
    assert synced == [path.parent.stat().st_ino]


def test_lines_are_read_one_by_one_without_their_ends(path: Path) -> None:
    assert [*read(path)] == path.read_text().splitlines()


def test_a_new_journal_never_takes_the_place_of_another(path: Path) -> None:
    with pytest.raises(FileExistsError):
        File.create(path)
    assert len(list(read(path))) == 3


def test_a_name_with_bytes_that_are_no_text_stops_no_roll(path: Path) -> None:
    """Ids are kept as they came in. The line is written all the same."""
    File(path).write("caf\udce9")
    assert [*read(path)][-1] == "caf?"


def test_half_a_line_is_passed_over_and_cut_off_wherever_the_kill_came(path: Path) -> None:
    whole = path.read_bytes()
    last = whole.rindex(b"\n", 0, -1) + 1
    for length in range(last, len(whole)):
        path.write_bytes(whole[:length])
        assert len(list(read(path))) == 2
        mend(path)
        assert path.read_bytes() == whole[:last]
    resumed = a_journal(File(path))
    resumed.replay(read(path))
    resumed.append(DONE)
    assert replayed(list(read(path))).progress.flights == resumed.progress.flights


def test_a_whole_journal_is_mended_to_itself(path: Path) -> None:
    whole = path.read_bytes()
    mend(path)
    assert path.read_bytes() == whole


def test_a_kill_in_the_very_first_line_leaves_no_roll(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(Refused, match="the journal holds no roll"):
        replayed(list(read(path)))


@pytest.mark.parametrize(
    "damage",
    ["", "{", "\x00\x00\x00", "{}", '{"at": 1, "event": "exploded"}', "[]", "null"],
)
@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_damaged_line_is_named_by_its_number(path: Path, number: int, damage: str) -> None:
    whole = list(read(path))
    whole[number - 1] = damage
    with pytest.raises(Refused, match=f"line {number} of the journal is damaged"):
        replayed(whole)


def test_a_damaged_byte_is_damage(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace("ö".encode(), b"\xff\xff"))
    with pytest.raises(Refused, match="line 3 of the journal is damaged"):
        replayed(list(read(path)))


def test_a_line_about_a_node_that_was_never_admitted_is_damage(path: Path) -> None:
    first, _, third = read(path)
    with pytest.raises(Refused, match="line 2 of the journal is damaged"):
        replayed([first, third])


def test_a_journal_of_a_newer_form_is_refused_with_the_remedy(path: Path) -> None:
    first, *others = read(path)
    newer = json.dumps({**json.loads(first), "schema": lines.SCHEMA + 1})
    with pytest.raises(Refused, match=f"of form {lines.SCHEMA + 1}.*use a newer dcosmaint"):
        replayed([newer, *others])


def test_a_disk_that_takes_no_line_stops_everything_from_then_on() -> None:
    sink = File(Path("/dev/full"))
    journal = a_journal(sink)
    for _ in range(2):
        with pytest.raises(Fatal, match=r"/dev/full can't be written: No space left.*Nothing is done without its line"):
            journal.append(BEGIN)
    assert journal.progress == Progress()


def test_half_a_line_on_a_full_disk_stops_everything_and_nothing_is_written_behind_it(path: Path) -> None:
    size, (soft, hard) = path.stat().st_size, resource.getrlimit(resource.RLIMIT_FSIZE)
    journal = a_journal(File(path))
    journal.replay(read(path))
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 10, hard))
    try:
        with pytest.raises(Fatal, match="the disk took half a line"):
            journal.append(DONE)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    with pytest.raises(Fatal, match="the disk took half a line"):
        journal.append(DONE)
    assert path.stat().st_size == size + 10


def options(progress: Progress) -> list[What]:
    """Lines that may come next, the same list for the same progress."""
    found: list[What] = [lines.Done("", "swap-image"), lines.Paused("x"), lines.TakenOver("me"), lines.RollStopped("y")]
    found += [lines.Cordoned("agent-3"), lines.Uncordoned("agent-3"), lines.Acting("", "mesos.cordon", ("agent-3",))]
    free = [node for node in INVENTORY.nodes if node.address not in progress.flights]
    found += [lines.Admitted((a_flight(node),)) for node in free]
    for address, flight in progress.flights.items():
        found += [lines.Begun(flight.node, "again"), lines.Done(address, "stop-docker"), lines.NodeDone(address)]
        found += [lines.Held(address, "stop-agent", "z"), lines.Failed(address, "verify-agent", "z")]
        found += [lines.Slot(address, a_member(9)), lines.Replacing(address, a_member(0), "task")]
        found += [lines.Moved(address, member) for member in flight.holds]
    return found


@given(st.lists(st.integers(0, 1_000), max_size=40))
def test_what_is_read_back_is_what_was_lived_through(choices: Sequence[int]) -> None:
    sink = Memory()
    live = a_journal(sink)
    live.append(BEGIN)
    for choice in choices:
        there = options(live.progress)
        live.append(there[choice % len(there)])
        assert replayed(sink.lines).progress == live.progress
    assert replayed(sink.lines).roll == BEGIN.roll


def test_what_is_heard_is_written_already() -> None:
    sink, heard = Memory(), []
    journal = a_journal(sink)
    journal.heard = lambda at, what: heard.append((at, what, len(sink.lines)))
    journal.append(BEGIN)
    journal.append(ADMIT)
    assert heard == [(1_000.0, BEGIN, 1), (1_001.0, ADMIT, 2)]


# ---- who may write, and act


def test_nobody_writes_without_the_lease(path: Path) -> None:
    before, lease = path.read_bytes(), Ours()
    journal = a_journal(File(path), lease)
    journal.replay(read(path))
    progress = journal.progress
    lease.taken = True
    with pytest.raises(LeaseLost):
        journal.append(lines.RollDone())
    assert path.read_bytes() == before
    assert journal.progress == progress


class Ec2:
    """A port that notes what was in the journal when it acted."""

    def __init__(self, sink: Memory) -> None:
        self.sink, self.seen = sink, cast(list[dict[str, Any]], [])

    def terminate(self, instance_id: str) -> str:
        self.seen.append(json.loads(self.sink.lines[-1]))
        return f"{instance_id} is shutting down"


def test_every_act_has_its_line_before_it() -> None:
    sink = Memory()
    journal, port = a_journal(sink), Ec2(sink)
    journal.append(BEGIN)
    acts: Any = Logged(port, journal, "ec2", "address[0]")
    assert acts.terminate("i-0") == "i-0 is shutting down"
    assert port.seen == [
        {"at": 1_001.0, "event": "acting", "node": "address[0]", "act": "ec2.terminate", "of": ["i-0"]}
    ]


def test_an_act_without_the_lease_does_not_happen() -> None:
    sink, lease = Memory(), Ours()
    journal, port = a_journal(sink, lease), Ec2(sink)
    journal.append(BEGIN)
    lease.taken = True
    acts: Any = Logged(port, journal, "ec2", "")
    with pytest.raises(LeaseLost):
        acts.terminate("i-0")
    assert port.seen == []


class Anything:
    def act(self, *of: object, **named: object) -> None: ...


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ("agent-0", "agent-0"),
        (a_member(0, "prod/kafka"), "prod/kafka/kafka-0"),
        (an_instance(3), "i-3"),
        (["a[0]", "a[1]"], "a[0] a[1]"),
        ({"b": "2", "a": "1"}, '{"a": "1", "b": "2"}'),
        (True, "true"),
    ],
)
def test_a_line_names_what_was_acted_upon(given: object, word: str) -> None:
    sink = Memory()
    acts: Any = Logged(Anything(), a_journal(sink), "units", "")
    acts.act(given)
    acts.act(lasting=given)
    assert [json.loads(line)["of"] for line in sink.lines] == [[word], [word]]


# ---- the lock is read again before an act (R9)


def test_r9_the_lock_is_read_before_each_act_and_before_nothing_else() -> None:
    sink, lease = Memory(), Ours()
    journal = a_journal(sink, lease)
    for what in (BEGIN, ADMIT, DONE):
        journal.append(what)
    assert lease.read == 0
    journal.append(lines.Acting(INVENTORY.nodes[0].address, "ec2.terminate"))
    assert lease.read == 1


def test_r9_while_the_lock_cant_be_read_no_act_has_a_line_and_all_else_goes_on() -> None:
    sink, lease = Memory(), Ours()
    journal, port = a_journal(sink, lease), Ec2(sink)
    journal.append(BEGIN)
    journal.append(ADMIT)
    lease.unreadable = True
    acts: Any = Logged(port, journal, "ec2", INVENTORY.nodes[0].address)
    with pytest.raises(LeaseUnread):
        acts.terminate("i-0")
    journal.append(DONE)
    assert [json.loads(line)["event"] for line in sink.lines] == ["roll", "admit", "done"]
    assert port.seen == []
