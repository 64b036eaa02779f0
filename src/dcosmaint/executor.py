"""The loop: admit, advance each pipeline, journal. It knows no policy and no step.

Which nodes start is `planner.admit`'s answer; what happens to each is `pipeline.py`'s; what has happened is the
journal's. So a kill at any line loses nothing: a new executor on the same journal is a resume.
"""

from __future__ import annotations

from dataclasses import replace

from dcosmaint.admission import Door
from dcosmaint.again import ahead
from dcosmaint.errors import LEFT, DcosmaintError, Fatal, Interrupted, LetGo, LoginLost, Retryable, StartOver, Usage
from dcosmaint.hands import Hands, Outcome, Result, Signal
from dcosmaint.journal import Journal, logged_acts
from dcosmaint.lines import Begun, Done, Failed, Held, NodeDone, Paused, Released, RollDone, RollStopped, What
from dcosmaint.model import Verdict, Waiting
from dcosmaint.pipeline import PIPELINES, Steps, prepare_image
from dcosmaint.reporter import Event, EventName, Reporter
from dcosmaint.seat import Seat
from dcosmaint.site import Site
from dcosmaint.steps.slots import Slots
from dcosmaint.steps.writer import Writer
from dcosmaint.turn import Agenda, Turn

PREPARE = ""  # the key of what happens once a roll


class Executor:
    """One process's work on one roll."""

    def __init__(self, journal: Journal, site: Site, hands: Hands, reporter: Reporter, door: Door) -> None:
        self._journal, self._site, self._hands, self._reporter, self._door = journal, site, hands, reporter, door
        acts = logged_acts(site.acts, journal)
        self._writer = Writer(site.terraform, acts.terraform, journal.roll.policy, hands.lock())
        self._turns: dict[str, Turn] = {}
        self._agenda = Agenda()

    def run(self) -> Verdict:
        """Drive the roll from wherever its journal stands until it is done or nothing more can be done."""
        self._board(PREPARE)
        while self._goes_on():
            for key in self._agenda.due(self._hands.now()):
                self._hands.send(key, self._turns[key].look)
            due = max(self._hands.now(), self._agenda.next(self._door.due))
            item = self._hands.next(due)
            self._mind_the_gap(due)
            self._take(item)
        return self._finish()

    def _goes_on(self) -> bool:
        if self._door.stale():
            self._door.ask()
        for address, flight in self._journal.progress.flights.items():
            if address not in self._turns and not flight.stopped:  # admitted just now, or in flight when we took over
                self._board(address)
        loose = bool(self._turns or self._journal.progress.steered)
        return loose or self._door.answer.verdict in (Verdict.GO, Verdict.WAIT)

    def _board(self, key: str) -> None:
        steps, done = self._steps(key)
        self._turns[key] = Turn(ahead(steps, done), self._hands.now())
        self._go_on(key)

    def _steps(self, key: str) -> tuple[Steps, tuple[str, ...]]:
        roll, progress = self._journal.roll, self._journal.progress
        site = replace(self._site, acts=logged_acts(self._site.acts, self._journal, key))
        if key == PREPARE:
            return prepare_image(self._journal, site), progress.prepared
        flight = progress.flights[key]
        seat = Seat(flight, roll, site, Slots(key, self._journal), self._writer)
        return PIPELINES[roll.work](seat), flight.done

    def _go_on(self, key: str) -> None:
        """To the next step, or to the end."""
        turn = self._turns[key]
        if not turn.over:
            self._say("step-begin", key)
            self._agenda.put(self._hands.now(), key)
        else:
            self._end(key, *([] if key == PREPARE else [NodeDone(key)]))

    def _take(self, item: Result | Signal | None) -> None:
        match item:
            case Signal.STOP:
                self._journal.append(Paused("the operator stopped the roll"))
            case Signal.LEAVE:
                raise Interrupted(LEFT)
            case Signal.ANSWERED:
                self._door.due = self._hands.now()
            case Result(_, LoginLost() as lost):
                raise lost  # said once, by whoever drives us: what is in flight stays as it is
            case Result(key, outcome):
                self._settle(key, outcome)

    def _settle(self, key: str, outcome: Outcome) -> None:
        turn, now = self._turns[key], self._hands.now()
        match outcome:
            case None:
                self._journal.append(Done(key, turn.end_step(now)))
                self._go_on(key)
            case Waiting():
                self._wait(key, news=turn.hear(outcome, now))
            case Retryable():
                patience = self._journal.roll.policy.waits.stalled
                self._wait(key, news=turn.retry(str(outcome), patience, now))
            case StartOver():
                self._start_over(key, outcome)
            case LetGo():
                self._end(key, Released(key))
            case Fatal() | Usage():  # the configuration's fault is no node's
                self._end(key, Paused(str(outcome)), Failed(key, turn.step, str(outcome)))
            case DcosmaintError():
                self._end(key, Failed(key, turn.step, str(outcome)))

    def _wait(self, key: str, *, news: bool) -> None:
        turn, now = self._turns[key], self._hands.now()
        if turn.impatient(now):
            self._end(key, Held(key, turn.step, f"no progress in {turn.waiting.patience:.0f} s: {turn.waiting}"))
            return
        if news:
            self._say("waiting", key, goal=turn.waiting.goal, left=turn.waiting.rest, since=turn.since)
        self._agenda.put(now + turn.pause(now), key)

    def _start_over(self, key: str, why: StartOver) -> None:
        """R15: again from the first step, with what a fresh survey says of the node."""
        try:
            self._journal.append(Begun(self._door.surveyed(key, why), str(why)))
            self._board(key)
        except DcosmaintError as error:
            self._take(Result(key, error))

    def _end(self, key: str, *lines: What) -> None:
        del self._turns[key]
        for line in lines:
            self._journal.append(line)

    def _mind_the_gap(self, due: float) -> None:
        """After a laptop's sleep nobody is late: nobody looked. Every patience starts anew. A long survey is none."""
        now = self._hands.now()
        for turn in self._turns.values() if now - due > 120.0 else ():
            turn.be_patient(now)

    def _say(self, event: EventName, key: str, **fields: object) -> None:
        self._reporter.say(Event(self._hands.now(), event, key, self._turns[key].step, fields=fields))

    def _finish(self) -> Verdict:
        answer = self._door.answer
        self._journal.append(RollDone() if answer.verdict is Verdict.DONE else RollStopped(self._door.why))
        return answer.verdict
