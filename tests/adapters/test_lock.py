"""R9: one roll per cluster, whatever becomes of the one that holds the lock."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dcosmaint.adapters.holder import Holder
from dcosmaint.adapters.lock import LocalLock, holder, lock_file
from dcosmaint.errors import LeaseLost, Locked, Usage

ANN = Holder("ann@laptop", 4711, "20240102-ab12", 1704193445.0)
BOB = Holder("bob@desk", 4712, "20240102-cd34", 1704193450.0)

TAKE = """
import sys
from pathlib import Path
from dcosmaint.adapters.holder import Holder
from dcosmaint.adapters.lock import LocalLock
held = LocalLock.take(Path(sys.argv[1]), "prod", Holder("eve@elsewhere", 1, "roll-9", 0.0))
print("taken", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def lock(tmp_path: Path) -> Iterator[LocalLock]:
    with LocalLock.take(tmp_path, "prod", ANN) as held:
        yield held


def test_a_second_roll_is_told_who_holds_the_lock_and_what_now(lock: LocalLock, tmp_path: Path) -> None:
    with pytest.raises(Locked) as refused:
        LocalLock.take(tmp_path, "prod", BOB)
    said = str(refused.value)
    assert (
        "prod is being maintained by ann@laptop (process 4711, roll 20240102-ab12) since 2024-01-02 11:04:05 UTC"
        in said
    )
    assert "Nothing was touched" in said
    assert "`dcosmaint status`" in said
    lock.check()


def test_another_cluster_has_a_lock_of_its_own(lock: LocalLock, tmp_path: Path) -> None:
    with LocalLock.take(tmp_path, "stage/eu", BOB) as other:
        other.check()
    lock.check()
    assert holder(tmp_path, "prod") == ANN


def test_a_released_lock_is_nobodys_and_can_be_taken(tmp_path: Path) -> None:
    with LocalLock.take(tmp_path, "prod", ANN):
        assert holder(tmp_path, "prod") == ANN
    assert holder(tmp_path, "prod") is None
    with LocalLock.take(tmp_path, "prod", BOB) as again:
        again.check()


def test_who_released_it_has_lost_it(tmp_path: Path) -> None:
    lock = LocalLock.take(tmp_path, "prod", ANN)
    lock.release()
    lock.release()
    with pytest.raises(LeaseLost):
        lock.check()


def test_a_removed_file_loses_the_lease(lock: LocalLock, tmp_path: Path) -> None:
    lock_file(tmp_path, "prod").unlink()
    with pytest.raises(LeaseLost, match="removed or replaced"):
        lock.check()


def test_a_replaced_file_loses_the_lease_and_is_left_to_its_new_holder(lock: LocalLock, tmp_path: Path) -> None:
    lock_file(tmp_path, "prod").unlink()
    with LocalLock.take(tmp_path, "prod", BOB) as other:
        with pytest.raises(LeaseLost, match="removed or replaced"):
            lock.check()
        lock.release()
        other.check()
        assert holder(tmp_path, "prod") == BOB


def test_a_lock_that_the_system_took_away_loses_the_lease(lock: LocalLock, tmp_path: Path) -> None:
    path = lock_file(tmp_path, "prod")
    ours = next(int(fd.name) for fd in Path("/proc/self/fd").iterdir() if fd.exists() and fd.samefile(path))
    fcntl.flock(ours, fcntl.LOCK_UN)
    with pytest.raises(LeaseLost, match="no longer ours"):
        lock.check()


def test_a_file_that_nobody_locks_stops_nobody(tmp_path: Path) -> None:
    lock_file(tmp_path, "prod").write_text("left behind")
    assert holder(tmp_path, "prod") is None
    with LocalLock.take(tmp_path, "prod", ANN) as held:
        held.check()


def test_a_holder_that_has_not_said_its_name_still_holds(lock: LocalLock, tmp_path: Path) -> None:
    os.truncate(lock_file(tmp_path, "prod"), 0)
    with pytest.raises(Locked, match="somebody who has not said who it is"):
        LocalLock.take(tmp_path, "prod", BOB)


def test_a_killed_process_lets_go(tmp_path: Path) -> None:
    command = [sys.executable, "-c", TAKE, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "taken\n"
        with pytest.raises(Locked, match="eve@elsewhere"):
            LocalLock.take(tmp_path, "prod", ANN)
        process.send_signal(signal.SIGKILL)
        process.wait()
        with LocalLock.take(tmp_path, "prod", ANN) as held:
            held.check()


def test_a_child_process_does_not_keep_the_lock(tmp_path: Path) -> None:
    lock = LocalLock.take(tmp_path, "prod", ANN)
    with subprocess.Popen(["sleep", "30"], close_fds=False) as child:
        lock.release()
        with LocalLock.take(tmp_path, "prod", BOB):
            assert holder(tmp_path, "prod") == BOB
        child.terminate()


def test_a_folder_that_cant_be_used_is_the_configurations_fault(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("in the way")
    with pytest.raises(Usage, match=r"state/prod\.lock can't be taken: .*state\.journal"):
        LocalLock.take(tmp_path / "state", "prod", ANN)
