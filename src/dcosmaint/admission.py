"""Who starts now: survey, ask the planner, write the answer down, steer. All of it on the executor's one thread."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from dcosmaint import planner
from dcosmaint.again import recurs
from dcosmaint.baselines import gather
from dcosmaint.cordons import Cordons
from dcosmaint.errors import DcosmaintError, Fatal, LoginLost, NodeFailed, Retryable, StartOver, Vanished
from dcosmaint.hands import Hands
from dcosmaint.journal import Journal, logged_acts
from dcosmaint.lines import Admitted, Paused
from dcosmaint.model import Admission, Inventory, Node, Verdict, Work, counted
from dcosmaint.planner.case import Case
from dcosmaint.planner.deadline import expired
from dcosmaint.planner.limits import apps
from dcosmaint.reporter import Event, Look, Reporter
from dcosmaint.site import Site
from dcosmaint.survey import survey

ASK_EVERY = 30.0
"""Seconds after which the planner is asked again although nothing changed in the journal: the cluster may have."""

ASK_SETTLED = 120.0
"""The same where the cluster can't change the answer, and at most: a survey costs the masters of a large cluster
something, so what has taken long is looked at less often (a tenth of the time since the newest line)."""

Agree = Callable[[Admission, Case], Admission]
"""Somebody between the planner and the door, who may take nodes out of its answer, or only listens."""

NOBODY = Admission((), (), (), Verdict.WAIT)


def as_planned(answer: Admission, case: Case) -> Admission:
    return answer


class Door:
    """The one way into flight."""

    def __init__(
        self, journal: Journal, site: Site, hands: Hands, reporter: Reporter, agree: Agree = as_planned
    ) -> None:
        self._journal, self._site, self._hands, self._reporter, self._agree = journal, site, hands, reporter, agree
        self._cordons = Cordons(journal, logged_acts(site.acts, journal).mesos, hands.now, self._warn)
        self._asked: tuple[object, ...] = ()
        self._failing: float | None = None  # since when there is no survey
        self._warned: set[str]  # what was said since the progress below
        self._told: tuple[object, ...] = ()
        self.answer = NOBODY
        self.due: float  # when the answer is too old, once there is one

    @property
    def why(self) -> str:
        """Why nobody else starts; where nobody is left who could, what became of those in flight."""
        progress = self._journal.progress
        stopped = (f"{address}: {flight.stopped}" for address, flight in progress.flights.items() if flight.stopped)
        return self.answer.why or "; ".join(stopped) or progress.paused

    def stale(self) -> bool:
        """Whether the answer was given to another progress, or too long ago."""
        return self._journal.progress.room != self._asked or self._hands.now() >= self.due

    def ask(self) -> None:
        """Ask the planner about a fresh survey. Whoever may start is in flight from now on."""
        began = self._hands.now()
        self._keep_the_deadline(began)
        self._asked = self._journal.progress.room
        try:
            inventory = survey(self._site, began)
            case = self._decide(inventory)
            self._reporter.looked(Look(began, case.lost, self.answer))
            self._cordons.steer(self.answer.cordon, inventory)
            self._failing = None
            self._explain()
        except DcosmaintError as error:  # unknown is unhealthy: nobody starts, what is in flight goes on
            self.answer = NOBODY
            if isinstance(error, Retryable):
                self._unanswered(error, began)
            else:  # waiting will not help, and leaving would not help those in flight
                self._wind_down(error)
        self.due = self._next(began)

    def _keep_the_deadline(self, now: float) -> None:
        """As if the operator had said stop at that moment, whether or not the cluster can be surveyed."""
        progress = self._journal.progress
        if not progress.paused and (why := expired(progress, now)):
            self._journal.append(Paused(why))

    def surveyed(self, address: str, why: StartOver) -> Node:
        """What a fresh survey says of a node in flight; what ran there as it was, where Mesos lists no agent.

        That EC2 knows its instance no more proves nothing here: the steps that begin again ask, each of them apart.
        Where its work dir is, the node has told before it was admitted, and may never tell again.
        Raises `Retryable` while nobody knows, or an app would be down without the node, and `NodeFailed` once it
        has begun too often.
        """
        flight = self._journal.progress.flights[address]
        if recurring := recurs(flight, str(why)):
            raise NodeFailed(recurring)
        old = flight.node
        inventory = survey(self._site, self._hands.now())
        node = next((node for node in inventory.nodes if node.instance.id == old.instance.id), old)
        state = "terminated" if isinstance(why, Vanished) else node.instance.state
        if node.agent and state != "terminated":
            self._spared(node, inventory)
        its = old.instance if state == "terminated" else node.instance  # EC2 forgets the address and volumes of one
        fresh = node if node.agent else old
        return replace(fresh, instance=replace(its, state=state), work_dir_apart=old.work_dir_apart)

    def _spared(self, node: Node, inventory: Inventory) -> None:
        """Raises `Retryable` while an app has all that is left of it on a node that is about to be emptied again."""
        case = Case(self._journal.roll, inventory, self._journal.progress)
        if case.roll.work is not Work.UNDRAIN and (refusal := apps(case, node)):
            raise Retryable(f"{node.address} takes work again, and {refusal.says}: spread it first")

    def _next(self, began: float) -> float:
        """A large cluster takes long to survey: it is not asked all the time, but at its deadline to the moment."""
        now, progress = self._hands.now(), self._journal.progress
        soon = [refusal.until for refusal in self.answer.refusals if refusal.until is not None]
        due = max(now + 1.0, min([now + max(self._pause(now), 5 * (now - began)), *soon]))
        return due if progress.until is None or progress.paused else min(due, max(now, progress.until))

    def _pause(self, now: float) -> float:
        """Nobody stays under a steering cordon for longer than it takes to see that it is not needed."""
        if self.answer.settled:
            return ASK_SETTLED
        progress = self._journal.progress
        return ASK_EVERY if progress.steered else min(ASK_SETTLED, max(ASK_EVERY, (now - progress.at) / 10))

    def _decide(self, inventory: Inventory) -> Case:
        """What takes time is asked before the journal is ours alone: steps write to it. Their lines count, though."""
        journal, known = self._journal, self._journal.progress
        read = gather(self._site, journal.roll, inventory, known)
        with journal.alone:
            case, same = Case(journal.roll, read.inventory, journal.progress), journal.progress is known
            planned = read.answer if same else planner.admit(case.roll, case.inventory, case.progress)
            answer = self._agree(planned, case)
            start = tuple(node for node in answer.start if node.address in read.flights)  # others: asked again at once
            self.answer = replace(answer, start=start)
            if start:
                journal.append(Admitted(tuple(read.flights[node.address] for node in start)))
            if start == planned.start and case.progress.room == self._asked:
                self._asked = journal.progress.room  # the answer knows of those that it lets start
        return case

    def _unanswered(self, error: Retryable, began: float) -> None:
        self._failing = began if self._failing is None else self._failing
        if self._hands.now() - self._failing > self._journal.roll.policy.waits.stalled:
            self._wind_down(Fatal(f"cluster {self._journal.roll.cluster} can't be surveyed: {error}"))
        else:
            self._warn(f"nobody starts while cluster {self._journal.roll.cluster} can't be surveyed: {error}")

    def _wind_down(self, error: DcosmaintError) -> None:
        """Nothing more starts. The last in flight ends before the process does; `Usage` is no word of a begun roll.

        Without a login nothing in flight could go on.
        """
        progress = self._journal.progress
        if isinstance(error, LoginLost) or len(progress.flights) == len(progress.stopped):
            raise error if isinstance(error, Fatal) else Fatal(str(error)) from error
        if not progress.paused:
            self._journal.append(Paused(str(error)))

    def _explain(self) -> None:
        """Why nothing goes on, where nothing does: a silent wait looks like a hang."""
        if self.answer.verdict is not Verdict.WAIT or self._journal.progress.flights:
            return
        others = (refusal.says for refusal in self.answer.refusals if refusal.rule != "image")  # that is on its way
        if reasons := Counter(others):
            self._warn(
                "nobody may start: " + "; ".join(f"{says} ({counted(n, 'node')})" for says, n in reasons.items())
            )

    def _warn(self, why: str) -> None:
        """Said once for one progress: reasons that take turns are no news, one that stands after a change is."""
        if (room := self._journal.progress.room) != self._told:
            self._told, self._warned = room, set()
        if why in self._warned:
            return
        self._warned.add(why)
        self._reporter.say(Event(self._hands.now(), "warning", fields={"why": why}))
