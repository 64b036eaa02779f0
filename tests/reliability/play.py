"""One case, played to its end: begun, killed, resumed, stopped, mended, resumed, and judged."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from dcosmaint import tighten
from dcosmaint.errors import DcosmaintError
from dcosmaint.journal import Journal, mend, read
from dcosmaint.lines import Aborting, RollAborted, RollBegun, TakenOver
from dcosmaint.model import Roll, Terms, Verdict, Work
from dcosmaint.rolls import reverts
from dcosmaint.sandbox.world import World, build
from dcosmaint.sandbox.world.faults.injector import Injector
from dcosmaint.sandbox.world.faults.table import FAULTS
from dcosmaint.sandbox.world.maintenance import MachineId, Planned
from tests.reliability.disk import Disk
from tests.reliability.draw import Case, Kill
from tests.reliability.ending import aborted, breaches, problems, tallied
from tests.reliability.orders import ordered
from tests.reliability.situations import Witness
from tests.rolls.mortal import Doer, Killed, Life, dies_in, mortal
from tests.rolls.people import empty, left_out, spread
from tests.rolls.stage import Free, Stage

LATEST = 60 * 86400.0
"""Virtual seconds after which a roll that still goes on is taken for one that never ends."""

MENDED = 3600.0
"""Seconds that people need to mend what went wrong."""

THEIRS = Planned((MachineId("db-1.example.com", "10.9.9.9"),), 1_795_394_378_123_456_789, 3_600_000_000_001)
"""Somebody else's maintenance window, which is there in the end as it was in the beginning."""

NEVER = Kill(0, acts=False, after=False, gap=0.0)
OTHER = "somebody@else"

DONE, ABORTED, KILLED = "done", "aborted", "killed"
"""How a process ends that does not say why it stops."""


class Endless(BaseException):
    """The roll goes on and on. No `except` of the tool's own may stop it."""


@dataclass
class Outcome:
    seed: int
    end: str = ""
    problems: tuple[str, ...] = ()
    stops: list[str] = field(default_factory=list)  # reasons, in order
    happened: Counter[str] = field(default_factory=Counter)
    met: Counter[str] = field(default_factory=Counter)
    replaced: int = 0
    virtual: float = 0.0


class Play:
    def __init__(self, case: Case, folder: Path) -> None:
        self.case = case
        self.path = folder / "roll.jsonl"
        self.world: World = build(case.shape)
        self.world.followers.every = case.follows
        self.world.maintenance.windows = (THEIRS,)
        self.injector = Injector(self.world, case.seed)
        self.outcome = Outcome(case.seed)
        self._kills = list(case.kills)
        self._killed_abort = case.abort.kill if case.abort else None
        self._lives = self._mended = 0
        self._aborts = False
        self._witness = Witness(self.world)
        self._roll: Roll
        self._journal: Journal

    def run(self) -> Outcome:
        """Play it. What is wrong with its end is in `problems`."""
        began = self.world.now
        try:
            self._roll = ordered(self.world, self.case, case_seed(self.case, 0))
            self._witness.began(self.case)
            if found := Stage(self.world, case_seed(self.case, 15)).blockers(self._roll):
                self._refused([finding.rule for finding in found])
            else:
                self._played()
        except (Endless, Exception) as error:  # whatever it is, the seed has to be told
            self.outcome.problems += (f"{type(error).__name__}: {error}",)
        self.outcome.happened = self.world.faults.happened
        self.outcome.met = self._witness.met
        self.outcome.virtual = self.world.now - began
        return self.outcome

    def _refused(self, rules: list[str]) -> None:
        self.outcome.end, self.outcome.stops = "refused", rules
        if len(self.world.log) > 1 and self.case.work is not Work.UNDRAIN:
            self.outcome.problems += ("a roll that was refused had touched something",)

    def _played(self) -> None:
        for name, seconds in self.case.loose:
            self.injector.let_loose(FAULTS[name], seconds)
        self._judge(self._live_on())

    def _live_on(self) -> str:
        """One life after the other until the roll is done or aborted, or stops although everything is mended."""
        while (how := self._live()) not in (DONE, ABORTED):
            if abort := self.case.abort:
                self._aborts = self._aborts or (how != KILLED) == abort.stopped
            if how == KILLED:
                continue
            self.outcome.stops.append(how)
            if self._mended > 1:
                break
            self._mended += 1
            self.injector.call_off()
            FAULTS["scheduler-restart"].mend(self.world)  # schedulers restart for other reasons as well
            spread(self.world, how)
            empty(self.world, how)
            self.world.advance(self.world.now + MENDED)
            self._witness.met["stopped-and-mended"] += not self._aborts
        return how

    def _kill(self) -> Kill:
        if self._aborts:
            kill, self._killed_abort = self._killed_abort, None
            return kill or NEVER
        return self._kills.pop(0) if self._kills else NEVER

    def _live(self) -> str:
        """One process on the roll. Returns done, aborted, killed, or why it stopped."""
        kill = self._kill()
        life = (Doer if kill.acts else Life)(kill.moment, after=kill.after)
        stage = Stage(self.world, case_seed(self.case, self._lives))
        self._lives += 1
        journal = Journal(Disk(self.path, life, lambda: self.world.faults.disk_full), Free(), stage.hands.now)
        self._journal = journal
        self.world.at(LATEST, self._endless(self._lives))
        try:
            line = self._take_up(journal)
            self._witness.follow(journal)
            journal.append(line)
            site = mortal(stage.site, life)
            verdict = stage.run(journal, dies_in(site, *kill.act) if kill.act else site)
            if isinstance(line, Aborting) and verdict is not Verdict.DONE:
                journal.append(RollAborted(OTHER))
                return ABORTED
        except Killed:
            self._note_kill(journal, life, kill)
            self.world.advance(self.world.now + kill.gap)
            return KILLED
        except DcosmaintError as error:
            return f"{type(error).__name__}: {error}"
        return DONE if verdict is Verdict.DONE else self._why(journal)

    def _why(self, journal: Journal) -> str:
        """What the roll's last line says, and what its nodes say."""
        said = json.loads(self.path.read_text().splitlines()[-1])
        stopped = [flight.stopped for flight in journal.progress.stopped]
        return "; ".join(dict.fromkeys([*stopped, said.get("why", ""), journal.progress.paused])).strip("; ")

    def _take_up(self, journal: Journal) -> RollBegun | TakenOver | Aborting:
        """Read what there is, and type what comes next. Who is told to leave a target out does so."""
        mend(self.path)
        lines = list(read(self.path))
        if not lines:
            return RollBegun(self._roll)
        journal.replay(lines)
        if self._aborts and (abort := self.case.abort):
            revert = abort.revert and bool(reverts(journal.roll, journal.progress))
            return Aborting(OTHER, hold=abort.hold, revert=revert)
        terms = left_out(self.outcome.stops[-1]) if self.outcome.stops else Terms()
        tighten.check(journal.roll, journal.progress, terms)
        return TakenOver(OTHER, terms)

    def _note_kill(self, journal: Journal, life: Life, kill: Kill) -> None:
        in_a_line = bool(self.path.read_bytes()) and not self.path.read_bytes().endswith(b"\n")
        acted = bool(life.marks) and life.marks[-1] == life.lived
        self._witness.killed(journal, after=kill.after and acted, in_a_line=in_a_line)

    def _endless(self, life: int) -> Callable[[], None]:
        def check() -> None:
            if self._lives == life and not self.outcome.end:
                raise Endless(f"life {life} goes on for {LATEST / 86400:.0f} days")

        return check

    def _judge(self, how: str) -> None:
        self.injector.call_off()
        self.world.advance(self.world.now + 2 * MENDED)
        outcome, journal, tally = self.outcome, self._journal, tallied(self.world, self._roll)
        outcome.end, outcome.replaced = self._end(how), tally.replaced
        self._witness.ended(journal, tally)
        if how == DONE:
            outcome.problems = tuple(problems(self.world, journal.roll, tally))
        elif how == ABORTED:
            outcome.problems = tuple(aborted(self.world, journal, tally))
        else:
            outcome.problems = (*breaches(tally, whole=False), f"no resume ends it: {how}")
        if THEIRS not in self.world.maintenance.windows:
            outcome.problems += ("somebody else's maintenance window is gone",)

    def _end(self, how: str) -> str:
        if how not in (DONE, ABORTED):
            return "stopped for good"
        if how == ABORTED:
            left = self._journal.progress.flights
            return "aborted, with nodes left as they were" if left else "aborted"
        if self.outcome.stops:
            return "done after people mended the cluster"
        return "done after a kill" if self._witness.met["killed"] else "done at once"


def case_seed(case: Case, life: int) -> int:
    """Of the ways that calls take in one of its lives."""
    return case.seed * 16 + life
