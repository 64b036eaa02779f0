"""Programs that outlive us: terraform and packer, begun once and then only asked.

Each child has a room, a folder of its own: `record.json` (who it is), `output` (what it says), `code` (how it ended),
`interrupted` (that it was). A child is begun in its own session, so that a Ctrl-C in our terminal never reaches it,
and its exit code is kept by a small shell of its own, so that it is known even where we died in between.

The order makes a kill of ours harmless at any moment: the child is forked and waits, its record is on disk, and only
then it is told to go. If we die before that, its pipe ends and it gives up without having begun.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

from dcosmaint.adapters.logins import login_lost
from dcosmaint.adapters.processes import Process
from dcosmaint.adapters.programs import Program
from dcosmaint.adapters.spawn import Waiting, spawn
from dcosmaint.errors import Fatal, Retryable
from dcosmaint.model import Child
from dcosmaint.redaction import redacted

TAIL = 1 << 20
"""Bytes of a child's output that are read: an apply of a hundred nodes says less."""


class Words(Protocol):
    """How one program talks."""

    def says(self, line: str) -> str:
        """The line as progress for people, or "" where it is none."""
        ...

    def error(self, lines: Sequence[str]) -> str:
        """Why it failed, from all that it said."""
        ...


@dataclass(frozen=True)
class _Record:
    """One child, as its room keeps it."""

    room: Path
    what: str
    subject: tuple[str, ...]
    program: Process
    keeper: Process  # the shell that leads its session and keeps its exit code

    @property
    def running(self) -> bool:
        return self.program.alive or (self.keeper.alive and self.code is None)

    @property
    def code(self) -> int | None:
        try:
            return int((self.room / "code").read_text())
        except FileNotFoundError:
            return None

    def lines(self) -> list[str]:
        with suppress(FileNotFoundError), (self.room / "output").open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - TAIL))
            return file.read().decode(errors="replace").splitlines()
        return []

    def clean(self) -> None:
        """Take secrets out of what an ended child has said, once. The next look does it where this one can't."""
        output, cleaned = self.room / "output", self.room / "cleaned"
        with suppress(OSError):
            if not cleaned.exists():
                aside = self.room / "output.new"
                aside.touch(mode=0o600)
                aside.write_text(redacted(output.read_text(errors="replace")))
                aside.replace(output)
                cleaned.touch()


class Children:
    """The children of one program, in one folder; the newest one counts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()
        self._spawned: set[int] = set()

    def room(self, what: str) -> Path:
        """A new folder for a child that is about to begin; what it reads and writes may lie there too."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            number = max((_number(room) for room in self._folder.iterdir()), default=0) + 1
            room = self._folder / f"{number:04}-{what}"
            room.mkdir(mode=0o700)
        except OSError as error:
            raise Fatal(f"No room for {what} in {self._folder}: {error.strerror}. Nothing was begun.") from error
        return room

    def write(self, room: Path, name: str, text: str) -> Path:
        """Put a file that the child is to read into its room. Nobody but its owner may read it."""
        path = room / name
        try:
            path.touch(mode=0o600)
            path.write_text(text)
        except OSError as error:
            raise Fatal(f"{path} can't be written: {error.strerror}. Nothing was begun.") from error
        return path

    def begin(self, room: Path, program: Program, subject: Sequence[str]) -> None:
        """Start the program, in the room that was made for it. Returns once it runs."""
        program.check()
        self._refuse_second(program)
        try:
            with spawn(program, room) as waiting:
                self._spawned.add(waiting.keeper.pid)
                _keep(room, waiting, subject)
                waiting.go()
        except OSError as error:
            raise Fatal(f"`{program}` can't be begun in {room}: {error.strerror}. Nothing was begun.") from error

    def _refuse_second(self, program: Program) -> None:
        record = self._newest()
        if record and record.running:
            raise Retryable(f"{record.what} (pid {record.program.pid}) still runs: `{program}` is not begun beside it.")

    def newest(self, words: Words, *whats: str) -> Child | None:
        """The child that was begun last, of those kinds or of any, as the process table and its room have it now."""
        record = self._newest(*whats)
        if record is None:
            return None
        running = record.running
        code = None if running else record.code
        if not running:
            record.clean()
        lines = record.lines()
        error = "" if running or code == 0 else _error(words, lines, code)
        return Child(
            what=record.what,
            pid=record.program.pid,
            running=running,
            code=code,
            subject=record.subject,
            says=redacted(next(filter(None, map(words.says, reversed(lines))), "")),
            error=redacted(error),
            login_lost=login_lost(error),
        )

    def newest_room(self, *whats: str) -> Path | None:
        """Where that child lives."""
        record = self._newest(*whats)
        return record.room if record else None

    def interrupt(self, *whats: str, group: bool) -> None:
        """One SIGINT for the newest child of those kinds, to the program alone or to its whole group.

        Never a second one, by whomever: a second SIGINT makes terraform leave without saving its state.
        """
        record = self._newest(*whats)
        if record is None or not record.program.alive:
            return
        # The mark comes first: where we die between the two, no SIGINT is sent, which is better than two.
        with suppress(FileExistsError, ProcessLookupError):
            (record.room / "interrupted").touch(exist_ok=False)
            if group:
                os.killpg(record.keeper.pid, signal.SIGINT)
            else:
                os.kill(record.program.pid, signal.SIGINT)

    def _newest(self, *whats: str) -> _Record | None:
        self._reap()
        return next((record for record in self._records() if not whats or record.what in whats), None)

    def _records(self) -> Iterator[_Record]:
        """Newest first. A room without a record holds a child that never began."""
        rooms = self._folder.iterdir() if self._folder.is_dir() else iter(())
        for room in sorted(rooms, key=_number, reverse=True):
            with suppress(FileNotFoundError, NotADirectoryError):
                yield _read(room)

    def _reap(self) -> None:
        """Wait for what has ended among our own, and for nobody else's: another pid's code is not ours to take."""
        for pid in sorted(self._spawned):
            with suppress(ChildProcessError):
                if os.waitpid(pid, os.WNOHANG) == (0, 0):
                    continue
            self._spawned.discard(pid)


def _keep(room: Path, waiting: Waiting, subject: Sequence[str]) -> None:
    """Write the record aside, move it into place, and have both on disk."""
    record = {"subject": list(subject), "program": asdict(waiting.program), "keeper": asdict(waiting.keeper)}
    aside = room / "record.new"
    with aside.open("w") as file:
        json.dump(record, file)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(room / "record.json")
    for folder in (room, room.parent):
        _sync(folder)


def _sync(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _read(room: Path) -> _Record:
    kept = json.loads((room / "record.json").read_text())
    what = room.name.partition("-")[2]
    return _Record(room, what, tuple(kept["subject"]), Process(**kept["program"]), Process(**kept["keeper"]))


def _number(room: Path) -> int:
    number = room.name.partition("-")[0]
    return int(number) if number.isdigit() else 0


def _error(words: Words, lines: Sequence[str], code: int | None) -> str:
    said = words.error(lines)
    if code is None:
        return f"it ended without an exit code: it was killed, or this machine went down. {said}".rstrip()
    return said or f"it ended with {code}"
