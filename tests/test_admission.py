"""Who may start: fresh surveys, and surveys that fail (R2)."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise
from typing import Any, cast

import pytest

from dcosmaint.admission import ASK_EVERY, ASK_SETTLED
from dcosmaint.errors import DcosmaintError, Fatal, Retryable, Usage
from dcosmaint.journal import Journal
from dcosmaint.lines import Done, RollBegun, TakenOver, What
from dcosmaint.model import RENEWING, Admission, Member, Progress, Refusal, Terms, Verdict, Waits, Work
from dcosmaint.planner import Case, fewer
from dcosmaint.sandbox.world import build
from tests.driven import BARE, FIRST, QUICK, Drive
from tests.rolls.stage import PRIVATE, SMALL, Free


def test_r2_nobody_starts_while_the_cluster_cant_be_surveyed_and_flights_go_on() -> None:
    """Marathon is asked by every survey, and by none of the first steps."""
    drive = Drive(build(BARE))
    steps: list[str] = []

    def mute(at: float, what: What) -> None:
        if what == Done(FIRST, "cordon-agent"):
            drive.world.faults.api["marathon"] = 30
        if isinstance(what, Done) and drive.world.faults.api.get("marathon"):
            steps.append(what.step)

    drive.hear = mute
    assert drive.run() is Verdict.DONE
    assert "leave-balancers" in steps
    warnings = [str(event.fields["why"]) for event in drive.heard.named("warning")]
    assert "nobody starts while cluster sandbox can't be surveyed: marathon did not answer in time" in warnings


class Knowing:
    """Diagnostics that does not know one node, until it learns of it, and who asks while the journal is ours alone."""

    def __init__(self, port: Any, alone: Alone, unknown: str) -> None:
        self._port, self._alone, self.unknown = port, alone, unknown
        self.asked_alone = 0

    def red(self, private_ip: str) -> tuple[str, ...]:
        self.asked_alone += self._alone.depth
        if private_ip == self.unknown:
            raise Retryable(f"DC/OS diagnostics does not know the node {private_ip} yet (404)")
        red: tuple[str, ...] = self._port.red(private_ip)
        return red


class Alone:
    """The journal's own lock, and how often it was taken by whoever holds it now."""

    depth = 0

    def __enter__(self) -> None:
        self.depth += 1

    def __exit__(self, *_: object) -> None:
        self.depth -= 1


def test_r2_a_node_whose_health_cant_be_read_waits_alone_and_is_named() -> None:
    """It is the first in order, and would be the canary."""
    drive, alone = Drive(build(BARE), replace(QUICK, waits=Waits(stalled=1200.0))), Alone()
    health = Knowing(drive.site.health, alone, drive.world.node(FIRST).private_ip)
    drive.site = replace(drive.site, health=cast(Any, health))
    drive.begin()
    drive.journal.alone = alone
    assert drive.run() is Verdict.STUCK
    assert {line["node"] for line in drive.said("node-done")} == {f"{PRIVATE}[{n}]" for n in range(1, 5)}
    (stopped,) = drive.said("roll-stopped")
    assert stopped["why"].startswith(f"{FIRST}: its new node is to be measured by its health, and that can't be read")
    assert drive.said("failed", "held", "paused") == []
    assert health.asked_alone == 0
    health.unknown = ""
    drive.journal.append(TakenOver("me@here"))
    assert drive.run() is Verdict.DONE


def test_reasons_that_take_turns_are_said_once_each() -> None:
    drive, asked = Drive(build(BARE), work=Work.DRAIN), list[Case]()
    drive.roll = replace(drive.roll, targets=drive.roll.targets[:1])

    def wavering(planned: Admission, case: Case) -> Admission:
        asked.append(case)
        if len(asked) > 8:
            return planned
        why = [Refusal(rule, FIRST, f"{rule} {len(asked) % 2}") for rule in ("reason", "other")]
        return Admission((), (), tuple(why), Verdict.WAIT)

    assert drive.run(wavering) is Verdict.DONE
    warnings = [str(event.fields["why"]) for event in drive.heard.named("warning")]
    assert [warning for warning in warnings if "reason" in warning] == [
        f"nobody may start: reason {number} (1 node); other {number} (1 node)" for number in (1, 0)
    ]


def test_a_reason_that_stands_again_after_progress_is_said_again() -> None:
    drive, asked = Drive(build(BARE), work=Work.DRAIN), Counter[int]()
    drive.roll = replace(drive.roll, targets=drive.roll.targets[:2])

    def reluctant(planned: Admission, case: Case) -> Admission:
        ended = len(case.progress.ended)
        asked[ended] += not case.progress.flights
        if case.progress.flights or asked[ended] > 3 or ended == 2:
            return planned
        return Admission((), (), (Refusal("no-place", FIRST, "there is no room yet"),), Verdict.WAIT)

    assert drive.run(reluctant) is Verdict.DONE
    warnings = [str(event.fields["why"]) for event in drive.heard.named("warning")]
    assert warnings.count("nobody may start: there is no room yet (1 node)") == 2


def test_that_a_node_waits_for_those_in_flight_is_no_news() -> None:
    drive = Drive(build(BARE))
    assert drive.run() is Verdict.DONE
    assert drive.heard.named("warning") == []


def test_a_cluster_that_takes_long_to_survey_is_asked_seldom() -> None:
    """Five times as long as it took is left to it, beside what comes due."""
    drive = Drive(build(BARE), work=Work.DRAIN)
    marathon = drive.site.marathon

    class Slow:
        def __getattr__(self, name: str) -> Any:
            drive.world.advance(drive.world.now + 20.0)
            return getattr(marathon, name)

    def reluctant(planned: Admission, case: Case) -> Admission:
        if len(drive.heard.looks) > 3:
            return planned
        return Admission((), (), (Refusal("no-place", FIRST, "there is no room yet"),), Verdict.WAIT)

    drive.site = replace(drive.site, marathon=cast(Any, Slow()))
    drive.run(reluctant)
    asked = [look.at for look in drive.heard.looks[:4]]
    assert min(later - earlier for earlier, later in pairwise(asked)) >= 20.0 + 5 * 20.0


def test_a_survey_that_succeeds_in_between_gives_the_whole_patience_back() -> None:
    drive, asked = Drive(build(BARE), replace(QUICK, waits=Waits(stalled=100.0)), work=Work.DRAIN), list[float]()
    drive.roll = replace(drive.roll, targets=drive.roll.targets[:1])

    def now_and_then(planned: Admission, case: Case) -> Admission:
        asked.append(drive.hands.now())
        if len(asked) in (1, 6):
            raise Retryable("mesos did not answer in time")
        wait = (Refusal("no-place", FIRST, "there is no room yet", until=drive.hands.now() + 30.0),)
        return planned if len(asked) > 6 else Admission((), (), wait, Verdict.WAIT)

    assert drive.run(now_and_then) is Verdict.DONE
    assert asked[5] - asked[0] > 100.0


def test_a_moment_that_has_come_is_no_reason_to_ask_without_end() -> None:
    drive, ended = Drive(build(BARE), work=Work.DRAIN), list[float]()

    def reluctant(planned: Admission, case: Case) -> Admission:
        ended.append(drive.hands.now())
        if len(ended) > 3:
            return planned
        why = Refusal("soak", FIRST, "soaking", until=case.inventory.at)
        return Admission((), (), (why,), Verdict.WAIT)

    drive.run(reluctant)
    began = [look.at for look in drive.heard.looks[1:4]]
    assert min(later - earlier for earlier, later in zip(ended[:3], began, strict=True)) >= 1.0


class Read(Free):
    """The lock of the roll, and what its keeper was asked while the journal was ours alone."""

    def __init__(self, alone: Alone) -> None:
        self._alone, self.asked, self.asked_alone = alone, 0, 0

    def confirm(self) -> None:
        self.asked += 1
        self.asked_alone += self._alone.depth


def test_no_line_waits_for_what_is_asked_of_others() -> None:
    """The lock's keeper, and a Terraform state in a far place, answer when they like."""
    drive, alone = Drive(build(SMALL)), Alone()
    lease, terraform = Read(alone), drive.site.terraform
    asked: list[tuple[str, int]] = []

    class Far:
        def __getattr__(self, name: str) -> Any:
            asked.append((name, alone.depth))
            return getattr(terraform, name)

    drive.site = replace(drive.site, terraform=cast(Any, Far()))
    drive.begin()
    drive.lines.lines.clear()
    drive.journal = Journal(drive.lines, lease, drive.hands.now, cast(Any, alone))
    drive.journal.append(RollBegun(drive.roll))
    assert drive.run() is Verdict.DONE
    assert {name for name, _ in asked} >= {"placed", "child", "changes"}
    assert (lease.asked > 30, lease.asked_alone, [each for each in asked if each[1]]) == (True, 0, [])


def test_nobody_starts_who_was_not_read_because_the_journal_has_changed_meanwhile() -> None:
    """The one whose turn it is by then is asked about with the next survey, and starts after that."""
    drive = Drive(build(BARE), replace(QUICK, canary=0))
    health = drive.site.health
    excluded: list[str] = []

    class Late:
        """Diagnostics, during whose first answer somebody writes a line that takes the node's turn away."""

        def red(self, private_ip: str) -> tuple[str, ...]:
            if not excluded:
                gone = drive.roll.targets[0]
                excluded.append(gone)
                drive.journal.append(TakenOver("me@here", Terms(excluded=(gone,))))
            return health.red(private_ip)

    drive.site = replace(drive.site, health=cast(Any, Late()))
    assert drive.run() is Verdict.DONE
    assert FIRST not in {flight["node"]["address"] for line in drive.said("admit") for flight in line["flights"]}
    assert len(drive.said("node-done")) == 4


def test_r2_nobody_starts_while_the_health_of_more_nodes_cant_be_read_than_can_be_their_fault() -> None:
    drive = Drive(build(replace(BARE, nodes=7)))
    drive.world.faults.api["health"] = 10
    assert drive.run() is Verdict.DONE
    warnings = [str(event.fields["why"]) for event in drive.heard.named("warning")]
    assert "nobody starts while cluster sandbox can't be surveyed: health did not answer in time" in warnings


@pytest.mark.parametrize("work", RENEWING)
def test_units_that_are_red_when_a_node_starts_are_written_down_with_it(work: Work) -> None:
    drive = Drive(build(BARE), work=work)
    drive.world.node(FIRST).red = ("dcos-checks-poststart.service",)
    assert drive.run() is Verdict.DONE
    red = {flight["node"]["address"]: flight["red"] for line in drive.said("admit") for flight in line["flights"]}
    assert red.pop(FIRST) == ["dcos-checks-poststart.service"]
    assert set(map(str, red.values())) == {"[]"}


def test_r12_the_journal_keeps_no_start_flag_of_an_agent_that_nothing_is_compared_with() -> None:
    drive = Drive(build(BARE))
    secret = {"executor_environment_variables": '{"DB": "swordfish"}', "cgroups_enable_cfs": "true"}
    for agent in drive.world.ground.agents.values():
        agent.flags.update(secret)
    drive.run()
    flags = [flight["flags"] for line in drive.said("admit") for flight in line["flights"]]
    assert flags == [{"cgroups_enable_cfs": "true"}] * 5


def test_the_health_of_a_node_that_is_drained_is_nobodys_business() -> None:
    drive = Drive(build(BARE), work=Work.DRAIN)
    drive.roll = replace(drive.roll, targets=drive.roll.targets[:1])
    drive.world.faults.api["health"] = 10**6
    assert drive.run() is Verdict.DONE


def test_a_cluster_that_cant_be_surveyed_for_longer_than_anybody_should_wait_ends_the_process() -> None:
    drive = Drive(build(BARE), replace(QUICK, waits=Waits(stalled=1200.0)))
    drive.begin()
    drive.world.faults.api["marathon"] = 10**6
    with pytest.raises(Fatal, match="can't be surveyed: marathon did not answer in time"):
        drive.run()
    assert drive.said("admit") == []


@pytest.mark.parametrize("error", [Fatal("token expired: log in again"), Usage("the workspace is another one")])
def test_a_survey_that_no_waiting_mends_lets_those_in_flight_end_and_stops_the_roll(error: DcosmaintError) -> None:
    drive, broken = Drive(build(BARE)), []
    drive.hear = lambda at, what: broken.append(what) if what == Done(FIRST, "stop-docker") else None
    terraform = drive.site.terraform

    class Broken:
        """Terraform, whose code only surveys read, once the first node is being emptied."""

        def __getattr__(self, name: str) -> Any:
            if broken and name == "exposed":
                raise error
            return getattr(terraform, name)

    drive.site = replace(drive.site, terraform=cast(Any, Broken()))
    with pytest.raises(Fatal, match=str(error)):
        drive.run()
    (paused,) = drive.said("paused")
    assert paused["why"] == str(error)
    assert [line["node"] for line in drive.said("node-done")] == [FIRST]
    assert len(drive.said("admit")) == 1
    assert drive.journal.progress.flights == {}


def test_with_nobody_in_flight_a_survey_that_no_waiting_mends_ends_the_process_and_never_as_a_usage_error() -> None:
    drive = Drive(build(BARE))
    drive.begin()

    def wrong(*_: object) -> Admission:
        raise Usage("the workspace is another one")

    with pytest.raises(Fatal, match="the workspace is another one"):
        drive.run(wrong)
    assert drive.said("admit", "paused") == []


def test_the_planner_is_asked_about_a_survey_that_is_not_older_than_the_last_change() -> None:
    drive, asked = Drive(build(SMALL), replace(QUICK, strategy="window")), []

    def watching(answer: Admission, case: Case) -> Admission:
        asked.append(case.inventory.at - case.progress.at)
        return answer

    assert drive.run(watching) is Verdict.DONE
    assert min(asked) >= 0.0
    assert len(asked) > 10


def test_a_broker_that_somebody_else_lost_is_heard_of_with_the_next_look() -> None:
    drive = Drive(build(SMALL))
    drive.begin()
    drive.world.schedulers["kafka-events"].crash("kafka-1")
    drive.run()
    assert Member("kafka-events", "kafka-1") in drive.heard.looks[0].lost
    assert drive.heard.looks[-1].lost == frozenset()
    assert drive.heard.looks[-1].answer.verdict is Verdict.DONE


def test_the_cluster_is_surveyed_seldom_while_only_the_journal_can_change_the_answer() -> None:
    drive = Drive(build(replace(SMALL, resync=(900.0, 1800.0))))
    asked: list[tuple[float, Progress, Admission]] = []

    def watching(answer: Admission, case: Case) -> Admission:
        asked.append((case.inventory.at, case.progress, answer))
        return answer

    assert drive.run(watching) is Verdict.DONE
    again = [(a, b) for a, b in pairwise(asked) if a[1].room == b[1].room]
    settled = [(a, b) for a, b in again if a[2].settled]
    assert settled
    assert all(b[0] - a[0] >= ASK_SETTLED for a, b in settled)
    assert all((a[2].start, a[2].cordon) == (b[2].start, b[2].cordon) for a, b in settled)
    assert any(ASK_EVERY <= b[0] - a[0] < ASK_SETTLED for a, b in again if not a[2].settled)


def test_the_planner_is_not_asked_again_at_once_about_nodes_that_it_has_just_let_start() -> None:
    drive, asked = Drive(build(SMALL), replace(QUICK, strategy="window")), []

    def watching(answer: Admission, case: Case) -> Admission:
        asked.append((case.inventory.at, bool(answer.start), len(case.progress.ended)))
        return answer

    assert drive.run(watching) is Verdict.DONE
    waits = [b[0] - a[0] for a, b in pairwise(asked) if a[1] and a[2] == b[2]]
    assert min(waits) >= ASK_EVERY


def test_the_planner_is_asked_again_at_once_when_somebody_has_kept_back_a_node() -> None:
    """Who confirms nodes one by one, and has said yes, is not made to wait for the next survey that is due."""
    drive, asked = Drive(build(BARE), replace(QUICK, strategy="window", canary=0, max_in_flight=2)), []

    def one_by_one(answer: Admission, case: Case) -> Admission:
        asked.append((case.inventory.at, len(answer.start)))
        return fewer(answer, answer.start[:1], case)

    assert drive.run(one_by_one) is Verdict.DONE
    waits = [b[0] - a[0] for a, b in pairwise(asked) if a[1] > 1]
    assert waits
    assert max(waits) < ASK_EVERY / 2


def test_what_keeps_everybody_from_starting_for_long_is_asked_about_less_often() -> None:
    drive, asked = Drive(build(BARE), replace(QUICK, waits=Waits(register=3600.0))), list[float]()
    drive.begin()
    drive.world.vanish(drive.world.node(f"{PRIVATE}[4]").id)

    def watching(answer: Admission, case: Case) -> Admission:
        asked.append(case.inventory.at)
        return answer

    drive.world.advance(drive.world.now + 600.0)
    assert drive.run(watching) is Verdict.STUCK
    waits = [b - a for a, b in pairwise(asked[1:])]
    assert waits[0] < 2 * ASK_EVERY
    assert all(b >= a - 5.0 for a, b in pairwise(waits))
    assert ASK_SETTLED <= waits[-1] < ASK_SETTLED + 5.0
