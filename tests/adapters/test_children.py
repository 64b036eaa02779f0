"""Children are real processes here; a parent that is killed is a real interpreter that gets SIGKILL."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from dcosmaint.adapters.children import Children
from dcosmaint.adapters.programs import Program, ProgramFailed, run
from dcosmaint.errors import Fatal, Retryable, Usage
from dcosmaint.model import Child

COUNTS_SIGNALS = """
trap 'echo said INT' INT
echo ready
while [ ! -e "$1" ]; do sleep 0.05; done
echo over
"""


class Plain:
    """A program that talks in whole lines."""

    def says(self, line: str) -> str:
        return line

    def error(self, lines: Sequence[str]) -> str:
        return "; ".join(lines)


def the_shell(cwd: Path, script: str, *args: str, **env: str) -> Program:
    return Program(("sh", "-c", script, "sh", *args), cwd, {"PATH": os.environ["PATH"], **env})


def the_child(children: Children, *whats: str) -> Child:
    child = children.newest(Plain(), *whats)
    assert child
    return child


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end, "it did not come to hold within 30 s"
        time.sleep(0.02)


def ended(children: Children) -> Child:
    until(lambda: not the_child(children).running)
    return the_child(children)


@pytest.fixture
def children(tmp_path: Path) -> Iterator[Children]:
    """Children none of whom survives the test."""
    children = Children(tmp_path / "children")
    yield children
    child = children.newest(Plain())
    if child and child.running:
        os.killpg(os.getpgid(child.pid), signal.SIGKILL)
        until(lambda: not the_child(children).running)


def begin(children: Children, program: Program, what: str = "apply", subject: Sequence[str] = ()) -> None:
    children.begin(children.room(what), program, subject)


def test_a_child_is_known_by_what_it_is_and_what_it_was_begun_for(children: Children, tmp_path: Path) -> None:
    begin(children, the_shell(tmp_path, "echo one; echo two; exit 3"), "plan", ["a.b[0]", 'a.b["x"]'])
    child = ended(children)
    assert (child.what, child.subject, child.code) == ("plan", ("a.b[0]", 'a.b["x"]'), 3)
    assert (child.says, child.error) == ("two", "one; two")


def test_a_child_that_ends_well_has_no_error(children: Children, tmp_path: Path) -> None:
    begin(children, the_shell(tmp_path, "echo fine"))
    assert (ended(children).code, ended(children).error) == (0, "")


def test_a_running_child_has_no_code_and_its_pid_is_the_programs_own(children: Children, tmp_path: Path) -> None:
    begin(children, the_shell(tmp_path, "echo $$; exec sleep 60"))
    until(lambda: the_child(children).says != "")
    child = the_child(children)
    assert (child.running, child.code, child.says) == (True, None, str(child.pid))


def test_a_child_reads_nothing_and_has_a_session_of_its_own(children: Children, tmp_path: Path) -> None:
    begin(children, the_shell(tmp_path, "cat; ps -o sid= -p $$"))
    assert int(ended(children).says) != os.getsid(0)


def test_a_child_sees_its_environment_and_its_folder(children: Children, tmp_path: Path) -> None:
    begin(children, the_shell(tmp_path, 'echo "$WORD in $(pwd)"', WORD="a b"))
    assert ended(children).says == f"a b in {tmp_path}"


def test_a_child_that_was_killed_with_its_keeper_has_no_code_and_says_so(children: Children, tmp_path: Path) -> None:
    begin(children, the_shell(tmp_path, "echo half; exec sleep 60"))
    until(lambda: the_child(children).says == "half")
    os.killpg(os.getpgid(the_child(children).pid), signal.SIGKILL)
    child = ended(children)
    assert child.code is None
    assert child.error == "it ended without an exit code: it was killed, or this machine went down. half"


def test_a_program_that_outlives_its_keeper_still_runs(children: Children, tmp_path: Path) -> None:
    begin(children, the_shell(tmp_path, "exec sleep 60"))
    child = the_child(children)
    os.kill(os.getpgid(child.pid), signal.SIGKILL)
    time.sleep(0.2)
    assert the_child(children).running


def test_a_pid_that_was_taken_again_is_not_taken_for_ours(children: Children, tmp_path: Path) -> None:
    begin(children, the_shell(tmp_path, "exec sleep 60"))
    room = children.newest_room()
    assert room
    record = room / "record.json"
    kept = record.read_text()
    record.write_text(kept.replace('"born": "', '"born": "another boot/'))
    assert not the_child(children).running
    record.write_text(kept)
    assert the_child(children).running


def test_the_newest_child_of_a_kind_is_the_one_asked_for(children: Children, tmp_path: Path) -> None:
    for what in ("plan", "apply", "plan"):
        begin(children, the_shell(tmp_path, f"echo {what}"), what)
        ended(children)
    assert the_child(children).what == "plan"
    assert the_child(children, "apply").says == "apply"
    assert children.newest(Plain(), "bake") is None


def test_no_child_is_begun_beside_one_that_runs(children: Children, tmp_path: Path) -> None:
    begin(children, the_shell(tmp_path, "exec sleep 60"))
    with pytest.raises(Retryable, match=r"apply .* still runs"):
        begin(children, the_shell(tmp_path, "true"))


def test_one_sigint_is_sent_and_never_a_second(children: Children, tmp_path: Path) -> None:
    stop = tmp_path / "stop"
    begin(children, the_shell(tmp_path, COUNTS_SIGNALS, str(stop)))
    until(lambda: the_child(children).says == "ready")
    children.interrupt("apply", group=False)
    until(lambda: the_child(children).says == "said INT")
    children.interrupt("apply", group=False)
    Children(tmp_path / "children").interrupt("apply", group=False)
    time.sleep(0.3)  # one that was sent would be said by then
    stop.touch()
    assert ended(children).code == 0
    room = children.newest_room()
    assert room
    assert (room / "output").read_text().split("\n") == ["ready", "said INT", "over", ""]


@pytest.mark.parametrize(("group", "codes"), [(False, "0"), (True, "130")])
def test_the_whole_group_gets_the_sigint_only_where_that_is_wanted(
    children: Children, tmp_path: Path, group: bool, codes: str
) -> None:
    begin(
        children,
        the_shell(tmp_path, "trap : INT; sh -c 'trap \"exit 130\" INT; echo ready; sleep 1; exit 0'; echo $?"),
    )
    until(lambda: the_child(children).says == "ready")
    children.interrupt(group=group)
    assert (ended(children).says, ended(children).code) == (codes, 0)


def test_an_interrupt_of_nobody_does_nothing(children: Children, tmp_path: Path) -> None:
    children.interrupt("apply", group=True)
    begin(children, the_shell(tmp_path, "true"))
    ended(children)
    children.interrupt("apply", group=True)
    assert the_child(children).code == 0


def test_a_program_that_is_missing_is_named_before_anything_is_begun(children: Children, tmp_path: Path) -> None:
    with pytest.raises(Usage, match="no-such-program is not on PATH"):
        begin(children, Program(("no-such-program",), tmp_path, {}))
    with pytest.raises(Usage, match="is not a folder"):
        begin(children, the_shell(tmp_path / "nowhere", "true"))
    assert children.newest(Plain()) is None


def test_a_folder_that_can_not_be_made_is_fatal(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Fatal, match="Nothing was begun"):
        Children(tmp_path / "file").room("apply")


PARENT = """
import os, sys
from pathlib import Path
from dcosmaint.adapters.children import Children
from dcosmaint.adapters.programs import Program
children = Children(Path(sys.argv[1]))
argv = ("sh", "-c", 'while [ ! -e "$1" ]; do sleep 0.05; done; echo done; exit 7', "sh", sys.argv[2])
children.begin(children.room("apply"), Program(argv, Path(sys.argv[1]), dict(os.environ)), ["a.b[1]"])
os.kill(os.getpid(), 9)
"""

PARENT_THAT_DIES_TOO_SOON = """
import os, sys
from pathlib import Path
from dcosmaint.adapters.children import Children
from dcosmaint.adapters.programs import Program
from dcosmaint.adapters.spawn import spawn
room = Children(Path(sys.argv[1])).room("apply")
with spawn(Program(("touch", sys.argv[2]), Path(sys.argv[1]), dict(os.environ)), room):
    os.kill(os.getpid(), 9)
"""


def kill_in(parent: str, *args: Path) -> None:
    done = subprocess.run([sys.executable, "-c", parent, *map(str, args)], check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL


def test_a_child_survives_the_kill_of_its_parent_and_is_found_again(children: Children, tmp_path: Path) -> None:
    stop = tmp_path / "stop"
    kill_in(PARENT, tmp_path / "children", stop)
    child = the_child(children)
    assert (child.running, child.subject) == (True, ("a.b[1]",))
    stop.touch()
    assert (ended(children).code, ended(children).says) == (7, "done")


def test_a_parent_that_dies_before_the_record_is_on_disk_has_begun_nothing(children: Children, tmp_path: Path) -> None:
    touched = tmp_path / "touched"
    kill_in(PARENT_THAT_DIES_TOO_SOON, tmp_path / "children", touched)
    (room,) = (tmp_path / "children").iterdir()
    until((room / "code").exists)
    assert children.newest(Plain()) is None
    assert not touched.exists()


def test_a_short_program_gives_its_stdout(tmp_path: Path) -> None:
    assert run(the_shell(tmp_path, "echo out; echo err >&2"), 30) == "out\n"


def test_a_short_program_that_fails_is_quoted_with_its_code(tmp_path: Path) -> None:
    with pytest.raises(ProgramFailed, match=r"ended with 4 and said:\n    one\n    two$") as caught:
        run(the_shell(tmp_path, "echo one >&2; echo two >&2; exit 4"), 30)
    assert caught.value.code == 4
    with pytest.raises(ProgramFailed, match=r"\(none\)"):
        run(the_shell(tmp_path, "exit 4"), 30)


def test_half_an_answer_of_a_program_that_was_killed_is_not_quoted(tmp_path: Path) -> None:
    program = the_shell(tmp_path, "printf 'the state of hunter%s' 2; kill -9 $$")
    with pytest.raises(ProgramFailed) as caught:
        run(program, 30)
    assert "hunter2" not in f"{caught.value} {caught.value!r} {caught.value.said}"
    with pytest.raises(ProgramFailed, match="hunter2"):
        run(program, 30, quotes=True)


def test_a_program_past_its_deadline_is_killed_with_all_it_started(tmp_path: Path) -> None:
    began = time.monotonic()
    with pytest.raises(Retryable, match=r"did not end within 0\.3 s"):
        run(the_shell(tmp_path, "sleep 60 & sleep 60"), 0.3)
    assert time.monotonic() - began < 20


def test_values_of_the_environment_are_never_shown(tmp_path: Path) -> None:
    program = the_shell(tmp_path, "exit 1", AWS_SECRET_ACCESS_KEY="hunter2")
    with pytest.raises(ProgramFailed) as caught:
        run(program, 30)
    assert "hunter2" not in f"{program!r} {program} {caught.value} {caught.value!r}"


def test_a_disk_without_room_for_what_a_child_reads_is_fatal_and_names_the_file(
    children: Children, tmp_path: Path
) -> None:
    room = children.room("plan")
    (room / "values").symlink_to("/dev/full")
    with pytest.raises(Fatal, match=r"values can't be written: No space left on device. Nothing was begun"):
        children.write(room, "values", "x" * 10_000)
    assert children.newest(Plain()) is None
