"""R8: a steering cordon that can't be lifted now keeps neither the other ones nor the roll."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from dcosmaint.admission import Door
from dcosmaint.errors import DcosmaintError, NodeFailed, Retryable
from dcosmaint.lines import Cordoned
from dcosmaint.model import DEACTIVATION, Admission, Cordon, Policy, Verdict
from dcosmaint.planner import Case
from dcosmaint.ports import MesosActs
from dcosmaint.reporter import Event, Reporter
from dcosmaint.sandbox.world import Shape, build
from tests.rolls.stage import SMALL, Stage, cordoned, why

NOBODY = "no-agent-S9"


@dataclass
class Stubborn(MesosActs):
    """One agent's cordon can't be lifted."""

    port: MesosActs
    error: DcosmaintError
    agent: str = ""  # "" stands for the first one that is asked for

    def cordon(self, agent_id: str, how: Cordon) -> None:
        self.port.cordon(agent_id, how)

    def mark_gone(self, agent_id: str) -> None:
        self.port.mark_gone(agent_id)

    def uncordon(self, agent_id: str, how: Cordon) -> None:
        self.agent = self.agent or agent_id
        if agent_id == self.agent:
            raise self.error
        self.port.uncordon(agent_id, how)


@dataclass
class Heard(Reporter):
    warnings: list[str] = field(default_factory=list)

    def say(self, event: Event) -> None:
        self.warnings += [str(event.fields["why"])] if event.event == "warning" else []


def nobody_starts(answer: Admission, case: Case) -> Admission:
    return Admission((), (), (), Verdict.WAIT)


def lifted(agent: str, error: DcosmaintError) -> tuple[tuple[str, ...], list[str]]:
    """What is still steered after one look at two cordons of ours, the first of them stubborn, and what was said."""
    stage, heard = Stage(build(SMALL)), Heard()
    journal = stage.begin(stage.roll())
    agents = [node.agent_id for node in stage.survey().nodes]
    first = agent or agents[0]
    for cordon in (first, agents[1]):
        journal.append(Cordoned(cordon))
    stage.site.acts.mesos.cordon(agents[1], DEACTIVATION)
    site = replace(stage.site, acts=replace(stage.site.acts, mesos=Stubborn(stage.site.acts.mesos, error, first)))
    Door(journal, site, stage.hands, heard, nobody_starts).ask()
    assert not cordoned(stage.world)
    return journal.progress.steered, heard.warnings


def test_one_that_can_not_be_lifted_now_is_tried_again_and_the_others_are_lifted() -> None:
    left, warnings = lifted("", Retryable("no answer"))
    assert len(left) == 1
    assert warnings == ["no answer: it is tried again"]


def test_one_whose_agent_is_gone_is_given_up_with_the_command_that_lifts_it() -> None:
    left, warnings = lifted(NOBODY, Retryable("not registered"))
    assert left == ()
    assert f"`dcos node reactivate {NOBODY}`" in warnings[0]


def test_one_that_somebody_drains_is_left_to_them() -> None:
    left, warnings = lifted("", NodeFailed("drained by somebody else"))
    assert left == ()
    assert warnings == ["drained by somebody else"]


@pytest.mark.parametrize("seed", range(2))
def test_a_roll_goes_on_beside_somebody_elses_drain(seed: int) -> None:
    stage = Stage(build(Shape(seed=seed)), seed)
    journal = stage.begin(stage.roll(policy=Policy(batch_size=4, soak=20.0)))
    acts = replace(stage.site.acts, mesos=Stubborn(stage.site.acts.mesos, NodeFailed("drained by somebody else")))
    stage.run(journal, replace(stage.site, acts=acts))
    assert not [flight for flight in journal.progress.flights.values() if not flight.stopped], why(journal)
