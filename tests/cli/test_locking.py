"""R9 as it is typed: a lock in the served Marathon around the commands, and who may take it away."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from dcosmaint import wiring
from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.auth import NoLogin
from dcosmaint.adapters.dynamodb_lock import DynamoDbLock
from dcosmaint.adapters.holder import Holder
from dcosmaint.adapters.lock import LocalLock
from dcosmaint.adapters.marathon_lock import MarathonLock
from dcosmaint.adapters.shared_lock import SharedLease
from dcosmaint.adapters.tls import Tls
from dcosmaint.cli.cluster import Claim, who
from dcosmaint.cli.locking import Locks
from dcosmaint.errors import LeaseLost
from tests.cli.stage import Stage
from tests.cli.test_rolling import SMALL
from tests.config.files import SMALLEST, read
from tests.sandbox.cluster import Cluster, served

FLEET = replace(SMALL, nodes=7, public=2)
CLAIM = Claim("roll-1", "", lambda: False)
BOB = Holder("bob@desk", 4712, "20240102-cd34", 1704193450.0)


@dataclass(frozen=True)
class Desk:
    """Commands at a cluster whose lock is in Marathon."""

    stage: Stage
    cluster: Cluster
    locks: Locks
    lock: MarathonLock

    def type(self, *words: str, answer: str = "") -> Result:
        return self.stage.type(*words, answer=answer)

    def roll(self) -> Result:
        return self.type("roll", "--ami", self.stage.new_ami, "--yes")

    def stop(self) -> str:
        """A roll that stopped with a node in flight. Returns its id."""
        self.stage.world.faults.apply_fails = "no more capacity"
        assert self.roll().exit_code == 4
        self.stage.world.faults.apply_fails = ""
        return self.stage.shelf.ids()[0]

    def taken_over(self, by: Holder) -> None:
        """The lock that a stopped roll has left is somebody else's now."""
        if left := self.lock.holder():
            self.lock.remove(left)
        self.lock.take(by)

    def unreadable(self, calls: int = 1) -> None:
        self.cluster.world.faults.api["marathon"] = calls


@dataclass(frozen=True)
class Beating:
    """A lock whose owner would have given a sign of life."""

    lock: MarathonLock
    watched = True

    def holder(self) -> Holder | None:
        return self.lock.holder()

    def take(self, us: Holder) -> SharedLease:
        return self.lock.take(us)

    def take_over(self, found: Holder, us: Holder) -> SharedLease:
        return self.lock.take_over(found, us)

    def remove(self, found: Holder) -> None:
        self.lock.remove(found)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with served() as cluster:

        @contextmanager
        def shared() -> Iterator[MarathonLock]:
            with AdminRouter(cluster.router.url, NoLogin(), Tls()) as router:
                yield MarathonLock(router, "sandbox", pause=0.0, fresh=0.0)

        stage, locks = Stage(tmp_path, FLEET), Locks(tmp_path, "sandbox", shared)
        stage.cluster = replace(stage.cluster, lock=locks.hold, holder=locks.said, free=locks.free)
        with shared() as lock:
            yield Desk(stage, cluster, locks, lock)


def test_a_roll_holds_the_shared_lock_until_its_end(desk: Desk) -> None:
    with desk.locks.hold(CLAIM) as lease:
        held = desk.lock.holder()
        assert held
        assert (held.by, held.pid, held.roll) == (who(), os.getpid(), "roll-1")
        lease.confirm()
    assert desk.lock.holder() is None


def test_a_roll_is_refused_while_another_machine_rolls_and_reading_commands_are_not(desk: Desk) -> None:
    desk.lock.take(BOB)
    ended = desk.roll()
    assert ended.exit_code == 5
    assert "bob@desk (process 4712, roll 20240102-cd34)" in ended.output
    assert not desk.stage.shelf.ids()
    assert desk.type("plan", "--ami", desk.stage.new_ami).exit_code == 0
    assert desk.type("nodes").exit_code == 0
    assert desk.lock.holder() == BOB


def test_a_roll_does_not_begin_while_the_lock_cant_be_read(desk: Desk) -> None:
    desk.unreadable(2)
    ended = desk.roll()
    assert ended.exit_code == 3
    assert "Nothing was touched" in ended.output
    assert not desk.stage.shelf.ids()


def test_a_roll_that_stops_between_two_nodes_gives_the_lock_back(desk: Desk) -> None:
    assert desk.type("roll", "--ami", desk.stage.new_ami, "--yes", "--confirm", "batch", answer="n\n").exit_code == 4
    assert desk.lock.holder() is None


def test_a_roll_that_stops_with_a_node_in_flight_leaves_the_lock_to_its_resume(desk: Desk) -> None:
    desk.stop()
    assert f"{who()}, whose process {os.getpid()} has ended and left its lock behind" in desk.type("status").output
    ended = desk.type("resume", "--yes")
    assert ended.exit_code == 0, ended.output
    assert f"this roll's lock is still held by {who()}" in ended.output
    assert desk.lock.holder() is None


@pytest.mark.parametrize(
    ("words", "answer", "code"),
    [
        (("--yes", "--owner", "bob@desk"), "", 0),
        (("--owner", "bob@desk"), "y\n", 0),
        ((), "y\nbob@desk\n", 0),
        ((), "y\ny\n", 3),
        ((), "y\n", 3),
        (("--yes", "--owner", "ann@laptop"), "", 3),
    ],
)
def test_a_colleague_resumes_a_roll_whose_owner_is_dead(
    desk: Desk, words: tuple[str, ...], answer: str, code: int
) -> None:
    roll_id = desk.stop()
    desk.taken_over(replace(BOB, roll=roll_id))
    ended = desk.type("resume", *words, answer=answer)
    assert ended.exit_code == code, ended.output
    assert "still held by bob@desk (process 4712" in ended.output
    assert bool(words) or "interrupt it at desk" in ended.output
    left = desk.lock.holder()
    assert (left and left.by) == (None if code == 0 else "bob@desk")


@pytest.mark.parametrize("command", ["resume", "abort"])
def test_a_yes_robs_nobody_of_whom_nothing_tells_whether_he_lives(desk: Desk, command: str) -> None:
    roll_id = desk.stop()
    owner = replace(BOB, roll=roll_id)
    desk.taken_over(owner)
    ended = desk.type(command, "--yes")
    assert ended.exit_code == 3
    assert "add --owner bob@desk once that process is dead" in ended.output
    assert desk.lock.holder() == owner


def test_a_yes_is_enough_where_a_heartbeat_is_watched_for(desk: Desk) -> None:
    roll_id = desk.stop()
    desk.taken_over(replace(BOB, roll=roll_id))
    beating = Beating(desk.lock)
    locks = replace(desk.locks, shared=lambda: nullcontext(beating))
    desk.stage.cluster = replace(desk.stage.cluster, lock=locks.hold)
    ended = desk.type("resume", "--yes")
    assert ended.exit_code == 0, ended.output
    assert "its heartbeat is watched" in ended.output
    assert desk.lock.holder() is None


@pytest.mark.parametrize(
    ("words", "answer"), [(("--yes", "--owner", "bob@desk"), ""), (("--no-revert",), "y\nbob@desk\n")]
)
def test_an_abort_takes_over_the_lock_of_its_roll(desk: Desk, words: tuple[str, ...], answer: str) -> None:
    roll_id = desk.stop()
    desk.taken_over(replace(BOB, roll=roll_id))
    ended = desk.type("abort", "--hold", *words, answer=answer)
    assert "still held by bob@desk (process 4712" in ended.output
    assert bool(answer) == ("interrupt it at desk" in ended.output)
    assert "roll-aborted" in desk.stage.shelf.journal(roll_id).read_text()
    assert desk.lock.holder() is None


def test_a_resume_leaves_the_lock_of_another_roll_alone(desk: Desk) -> None:
    desk.stop()
    desk.taken_over(BOB)
    assert desk.type("resume", "--yes").exit_code == 5
    assert desk.lock.holder() == BOB


def test_who_lost_the_lock_stops_before_the_next_act_and_leaves_it_alone(desk: Desk) -> None:
    with desk.locks.hold(CLAIM) as lease:
        held = desk.lock.holder()
        assert held
        desk.lock.remove(held)
        desk.lock.take(BOB)
        with pytest.raises(LeaseLost, match="bob@desk"):
            lease.confirm()
        with pytest.raises(LeaseLost):
            lease.check()
    assert desk.lock.holder() == BOB


def test_a_lock_that_cant_be_given_back_is_said_and_changes_no_exit_code(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    with desk.locks.hold(CLAIM):
        desk.unreadable()
    assert "note: the lock could not be given back" in capsys.readouterr().err
    held = desk.lock.holder()
    assert held
    assert desk.type("unlock", "--owner", held.by).exit_code == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_who_is_told_to_leave_while_it_takes_the_lock_gives_it_back(desk: Desk, number: signal.Signals) -> None:
    @contextmanager
    def slow() -> Iterator[MarathonLock]:
        with AdminRouter(desk.cluster.router.url, NoLogin(), Tls()) as router:
            yield MarathonLock(router, "sandbox", pause=0.5, fresh=0.0)

    def tell() -> None:
        while desk.lock.holder() is None:
            time.sleep(0.01)
        os.kill(os.getpid(), number)
        os.kill(os.getpid(), signal.SIGTERM)  # impatient

    before = [signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGHUP)]
    with ThreadPoolExecutor(1) as pool:
        told = pool.submit(tell)
        with pytest.raises(KeyboardInterrupt), replace(desk.locks, shared=slow).hold(CLAIM):
            raise AssertionError("it took the lock")
        told.result()
    assert desk.lock.holder() is None
    assert [signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGHUP)] == before


def test_who_is_told_to_leave_while_it_holds_the_lock_and_works_on_nothing_yet_gives_it_back(desk: Desk) -> None:
    with pytest.raises(KeyboardInterrupt), desk.locks.hold(CLAIM):
        os.kill(os.getpid(), signal.SIGTERM)
    assert desk.lock.holder() is None


@pytest.mark.parametrize(
    ("words", "answer", "code"),
    [
        ((), "bob@desk\n", 0),
        (("--owner", "bob@desk"), "", 0),
        ((), "bob\n", 3),
        ((), "", 3),
        (("--owner", "ann@laptop"), "", 3),
    ],
)
def test_unlock_asks_for_the_owners_name(desk: Desk, words: tuple[str, ...], answer: str, code: int) -> None:
    desk.lock.take(BOB)
    ended = desk.type("unlock", *words, answer=answer)
    assert ended.exit_code == code, ended.output
    assert "The lock of sandbox is held by bob@desk (process 4712, roll 20240102-cd34)" in ended.output
    assert desk.lock.holder() == (None if code == 0 else BOB)


def test_there_may_be_nothing_to_unlock(desk: Desk) -> None:
    ended = desk.type("unlock")
    assert (ended.exit_code, ended.output) == (0, "Nothing to do: nobody holds the lock.\n")


def test_the_lock_of_a_process_at_work_on_this_machine_is_not_taken_away(desk: Desk, tmp_path: Path) -> None:
    desk.lock.take(BOB)
    with LocalLock.take(tmp_path, "sandbox", BOB):
        ended = desk.type("unlock", "--owner", "bob@desk")
    assert ended.exit_code == 5
    assert "as soon as that process has ended" in ended.output
    assert desk.lock.holder() == BOB


def test_status_names_the_holder_and_does_without_an_answer(desk: Desk) -> None:
    roll_id = desk.stop()
    desk.taken_over(replace(BOB, roll=roll_id))
    assert "the cluster is being maintained by bob@desk" in desk.type("status").output
    assert json.loads(desk.type("status", "--json").stdout)["alive"] is True
    desk.unreadable()
    ended = desk.type("status")
    assert ended.exit_code == 0
    assert "who holds the lock is not known" in ended.output


@pytest.mark.parametrize(
    ("lock", "kind"), [("local", type(None)), ("marathon", MarathonLock), ("dynamodb://dcosmaint", DynamoDbLock)]
)
def test_the_configuration_says_where_the_lock_is(tmp_path: Path, lock: str, kind: type[Any]) -> None:
    text = SMALLEST.replace("{url: ", "{auth: {method: none}, url: ")
    config = read(tmp_path, f'    state: {{lock: "{lock}"}}\n', text).clusters["prod"]
    with wiring.shared_lock(config, "prod") as made:
        assert type(made) is kind
