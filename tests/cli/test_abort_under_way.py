"""abort of a roll that another process on this machine works on: real processes, real locks, real signals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from click.testing import Result

from dcosmaint.adapters.processes import Process
from dcosmaint.cli.cluster import who
from dcosmaint.cli.locking import Locks
from dcosmaint.lines import RollDone, to_json
from tests.cli.stage import Stage
from tests.cli.test_ending import SMALL, amis, stopped
from tests.rolls.stage import cordoned, unwell

pytestmark = pytest.mark.real

LEAVES, STAYS, ENDS = "leaves", "stays", "ends"

WORK = """
import json, os, signal, sys
from pathlib import Path
from dcosmaint.adapters.holder import Holder
from dcosmaint.adapters.lock import LocalLock
from dcosmaint.adapters.processes import Process
told, folder, journal, last, holder = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4], sys.argv[5]

def end(number, frame):
    with journal.open("a") as file:
        file.write(last + chr(10))
    sys.exit(130)

signal.signal(signal.SIGTERM, {"leaves": signal.SIG_DFL, "stays": signal.SIG_IGN, "ends": end}[told])
us = {"pid": os.getpid(), "born": Process.now(os.getpid()).born, **json.loads(holder)}
with LocalLock.take(folder, "sandbox", Holder(**us)):
    print("at work", flush=True)
    sys.stdin.read()
"""


@dataclass(frozen=True)
class Desk:
    stage: Stage
    state: Path
    roll: str

    @contextmanager
    def at_work(self, told: str = LEAVES, **holder: object) -> Iterator[subprocess.Popen[str]]:
        """A process that has the lock of the roll, and does what it does when it is told to leave."""
        says = json.dumps({"by": who(), "roll": self.roll, "since": 0.0, **holder})
        last = json.dumps(to_json(0.0, RollDone()))
        argv = [sys.executable, "-c", WORK, told, str(self.state), str(self.journal), last, says]
        with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            assert process.stdout.readline() == "at work\n"
            try:
                yield process
            finally:
                process.kill()

    @property
    def journal(self) -> Path:
        return self.stage.shelf.journal(self.roll)

    def abort(self, *words: str, answer: str = "") -> Result:
        return self.stage.type("abort", "--no-revert", *words, answer=answer)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    stage, locks = Stage(tmp_path, SMALL), Locks(tmp_path, "sandbox", nullcontext, leaving=0.3)
    roll = stopped(stage)
    stage.cluster = replace(stage.cluster, lock=locks.hold, holder=locks.said, free=locks.free, at_work=locks.at_work)
    return Desk(stage, tmp_path, roll)


def test_its_process_is_told_to_leave_and_then_the_roll_is_brought_to_its_end(desk: Desk) -> None:
    with desk.at_work() as process:
        ended = desk.abort(answer="sandbox\n")
        assert process.wait() == -signal.SIGTERM
    assert ended.exit_code == 0, ended.output
    assert f"It runs on this machine, by {who()} (process {process.pid}, roll {desk.roll})" in ended.output
    assert "Type the cluster's name (sandbox) to go on" in ended.output
    assert f"process {process.pid} was told to leave (SIGTERM); waiting for it" in ended.output
    assert desk.stage.shelf.load(desk.roll).progress.over == "roll-aborted"
    assert amis(desk.stage).count(desk.stage.new_ami) == 1
    assert (cordoned(desk.stage.world), unwell(desk.stage.world)) == ([], [])


@pytest.mark.parametrize(("words", "answer", "code"), [((), "sandbax\n", 3), (("--json",), "", 2)])
def test_without_a_yes_it_is_left_alone(desk: Desk, words: tuple[str, ...], answer: str, code: int) -> None:
    with desk.at_work() as process:
        assert desk.abort(*words, answer=answer).exit_code == code
        assert process.poll() is None


def test_one_that_does_not_leave_is_never_killed(desk: Desk) -> None:
    lines = desk.journal.read_text()
    with desk.at_work(STAYS) as process:
        ended = desk.abort("--yes")
        assert process.poll() is None
    assert ended.exit_code == 5
    assert f"process {process.pid} was told to leave (SIGTERM) and has not ended within 0.3 s" in ended.output
    assert desk.journal.read_text() == lines


def test_a_process_that_only_has_the_pid_of_a_dead_one_gets_no_signal(desk: Desk) -> None:
    """Who is named is this very test, which would not outlive it."""
    with desk.at_work(pid=os.getpid(), born="a boot long ago/1") as process:
        ended = desk.abort("--yes")
        assert process.poll() is None
    assert ended.exit_code == 5
    assert "no signal was sent" in ended.output


def test_one_on_another_machine_gets_no_signal_though_its_pid_is_alive_here(desk: Desk) -> None:
    """As where machines share the journal's folder."""
    with desk.at_work(by="bob@desk", pid=os.getpid(), born=Process.now(os.getpid()).born):
        ended = desk.abort("--yes")
    assert ended.exit_code == 5
    assert "is being maintained by bob@desk" in ended.output


def test_one_of_another_roll_is_left_alone(desk: Desk) -> None:
    with desk.at_work(roll="20240102-cd34") as process:
        assert desk.abort("--yes").exit_code == 5
        assert process.poll() is None


def test_a_roll_that_ends_before_its_process_leaves_is_not_aborted(desk: Desk) -> None:
    with desk.at_work(ENDS):
        ended = desk.abort("--yes")
    assert ended.exit_code == 0, ended.output
    assert f"Nothing is left to abort: roll {desk.roll} has ended (roll-done)" in ended.output
